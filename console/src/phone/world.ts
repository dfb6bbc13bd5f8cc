// The simulated world behind the phone: the demo's, or a rehearsal's. Both have the same doors below their base.
import { useCallback, useEffect, useRef, useState } from "react";
import { raw } from "../api/client";
import { listen, type StreamStatus } from "../api/stream";

export type Heard = { text: string; audio?: string; at: string };
export type Message = { channel: string; at: string; from?: string; subject?: string; text: string; link?: string; buttons?: string[]; out?: boolean };
export type Patient = {
  number: string; name: string; email?: string; birth_year?: number; state: string; caller_id?: string; since?: string;
  heard: Heard[]; pressed?: string; behaviour: string; by_hand: boolean; messages: Message[];
};
export type Sample = { title: string; body: string };
export type World = { now: string; time_zone: string; next_at?: string; phones: Patient[]; events: Sample[] };

export const inCall = (p: Patient) => p.state === "ringing" || p.state === "talking";

// onDesk is the phone to look at: the chosen one, else one that rings or talks, else the one with the newest message.
export function onDesk(phones: Patient[], chosen: string): Patient | undefined {
  const newest = (p: Patient) => p.messages.at(-1)?.at ?? "";
  return phones.find((p) => p.number === chosen) ?? phones.find(inCall) ?? [...phones].sort((a, b) => newest(b).localeCompare(newest(a)))[0];
}

// samplesOf are the events that may be fired for a patient.
export function samplesOf(events: Sample[], number: string): { name: string; body: string }[] {
  return events.flatMap(({ body }) => {
    const event = JSON.parse(body) as { component: string; event: string; recipient?: { phone?: string } };
    return event.recipient?.phone === number ? [{ name: `${event.component} · ${event.event}`, body }] : [];
  });
}

// safeLink opens response pages of this server only, whatever a message says.
export function safeLink(link: string): string | undefined {
  const at = URL.canParse(link, location.href) ? new URL(link, location.href).pathname : "";
  return /^\/(.*\/)?r\/[A-Za-z0-9_-]+$/.test(at) && !at.includes("..") ? at : undefined;
}

// keyOf is the phone's key for a key of the keyboard.
export const keyOf = (e: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): string | undefined =>
  !e.ctrlKey && !e.metaKey && !e.altKey && /^[0-9*#]$/.test(e.key) ? e.key : undefined;

// useWorld follows the world at base. status "refused" means that there is none any more.
export function useWorld(base: string) {
  const [world, setWorld] = useState<World>();
  const [came, setCame] = useState(0);
  const [status, setStatus] = useState<StreamStatus>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const stop = new AbortController();
    void listen(`${base}/stream`, (name, state) => {
      if (name !== "state") return;
      setWorld(state as World);
      setCame(Date.now());
    }, setStatus, stop.signal);
    return () => stop.abort();
  }, [base]);
  // act does something there; what went wrong is kept until the next one works. It says whether it worked.
  // One follows the other: keys that are pressed quickly arrive in their order.
  const before = useRef<Promise<boolean>>(Promise.resolve(true));
  const act = useCallback((path: string, body?: string): Promise<boolean> => {
    const one = async () => {
      try {
        await raw(`${base}/${path}`, { method: "POST", body, headers: body === undefined ? {} : { "Content-Type": "application/json" } });
        setError(undefined);
        return true;
      } catch (e) {
        setError(e);
        return false;
      }
    };
    return (before.current = before.current.then(one));
  }, [base]);
  return { world, came, status, error, act };
}

export type Act = ReturnType<typeof useWorld>["act"];

// useClock is the world's time now, moving between two states of it.
export function useClock(now: string, came: number): string {
  const [, beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => beat((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return new Date(Date.parse(now) + Math.max(0, Date.now() - came)).toISOString();
}
