// The key with which this tab speaks to the server. It lives in sessionStorage: closing the tab forgets it.
import { useSyncExternalStore } from "react";
import { demoKey } from "./meta";

export type Session = {
  key: string;
  // expired: the server no longer takes the key. What is on the screen stays, a dialog asks for a new one.
  expired: boolean;
};

const slot = "curlew-key";
const listeners = new Set<() => void>();
let current: Session = { key: demoKey || sessionStorage.getItem(slot) || "", expired: false };

function become(next: Session) {
  current = next;
  for (const tell of listeners) tell();
}

export const session = {
  now: (): Session => current,
  signIn(key: string) {
    sessionStorage.setItem(slot, key);
    become({ key, expired: false });
  },
  signOut() {
    sessionStorage.removeItem(slot);
    become({ key: "", expired: false });
  },
  expire() {
    if (current.key && !current.expired) become({ ...current, expired: true });
  },
  subscribe(tell: () => void) {
    listeners.add(tell);
    return () => listeners.delete(tell);
  },
};

export const useSession = () => useSyncExternalStore(session.subscribe, session.now);
