// One event stream for the whole console: what it names is read anew. While it is away, queries poll.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { useSession } from "../session";
import { listen, type StreamStatus } from "./stream";

export type LiveStatus = StreamStatus | "connecting";

const Live = createContext<LiveStatus>("connecting");

// touched says which queries, by the first word of their keys, a notice makes stale.
export const touched: Record<string, string[]> = {
  transaction: ["activities", "activity", "stats", "logs"],
  attempt: ["activities", "activity", "stats", "logs", "pbx-status"],
  pbx: ["pbxs", "pbx-status"],
  settings: ["pbxs", "prompts", "configurations", "config"],
  document: ["pbxs", "prompts", "configurations", "config"],
  pause: ["pauses", "pbx-status"],
  result: ["results"],
  test_call: ["test-calls", "pbx-status"],
};

// gathering collects notices so that a busy day reads each list at most once in this many milliseconds.
const gathering = 700;

export function LiveProvider({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const queries = useQueryClient();
  const { who, expired } = useSession();
  const away = !who || expired;
  useEffect(() => {
    if (away) return;
    void queries.invalidateQueries(); // signed in, again perhaps: what was refused meanwhile is asked anew
    const stop = new AbortController();
    const stale = new Set<string>();
    let all = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      if (all) void queries.invalidateQueries();
      else for (const name of stale) void queries.invalidateQueries({ queryKey: [name] });
      stale.clear();
      all = false;
    };
    let before: StreamStatus | undefined;
    void listen(
      "/api/v1/stream",
      (kind) => {
        const names = touched[kind];
        if (names) for (const name of names) stale.add(name);
        else all = true;
        timer ??= setTimeout(flush, gathering);
      },
      (now) => {
        if (now === "on" && before === "off") void queries.invalidateQueries(); // it was away: what it missed is unknown
        before = now;
        setStatus(now);
      },
      stop.signal,
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [away, queries]);
  return <Live.Provider value={status}>{children}</Live.Provider>;
}

export const useLiveStatus = () => useContext(Live);

// usePolling is the refetchInterval of a live list: none while the stream tells, 5 s below it.
export function usePolling(): number | false {
  return useLiveStatus() === "on" ? false : 5000;
}
