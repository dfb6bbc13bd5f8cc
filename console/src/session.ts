// Who uses this tab. The browser holds the session's cookie, out of reach of scripts; the demo's page is given a key.
import { useSyncExternalStore } from "react";
import { demoKey } from "./meta";

export type Who = { name: string; user: boolean; scopes: string[] };

export type Session = {
  key: string; // the demo's, empty otherwise
  who?: Who;
  asking: boolean; // whether the cookie still holds is being asked
  // expired: the session ended. What is on the screen stays, a dialog asks to sign in again.
  expired: boolean;
};

const everything: Who = { name: "demo", user: false, scopes: ["admin"] };
const listeners = new Set<() => void>();
let current: Session = demoKey ? { key: demoKey, who: everything, asking: false, expired: false } : { key: "", asking: true, expired: false };

function become(next: Session) {
  current = next;
  for (const tell of listeners) tell();
}

export const session = {
  now: (): Session => current,
  signIn(who: Who) {
    become({ key: "", who, asking: false, expired: false });
  },
  signOut() {
    become({ key: "", asking: false, expired: false });
  },
  expire() {
    if (current.who && !current.expired) become({ ...current, expired: true });
  },
  subscribe(tell: () => void) {
    listeners.add(tell);
    return () => listeners.delete(tell);
  },
};

// resume asks once whether the browser's cookie still holds.
export async function resume(): Promise<void> {
  if (current.key) return;
  try {
    const response = await fetch("/api/v1/session", { cache: "no-store" });
    if (response.ok) return session.signIn((await response.json()) as Who);
  } catch {
    // the server is away: the sign-in says so when it is tried
  }
  session.signOut();
}

export const useSession = () => useSyncExternalStore(session.subscribe, session.now);

// may reports whether the scopes cover what is asked: an operator also reads.
export const may = (scopes: readonly string[], scope: string): boolean =>
  scopes.includes("admin") || scopes.includes(scope) || (scope === "read" && scopes.includes("operator"));

export const useMay = (scope: "admin" | "operator" | "read") => may(useSession().who?.scopes ?? [], scope);
