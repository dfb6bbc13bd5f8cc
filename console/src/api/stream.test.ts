import { afterEach, describe, expect, it, vi } from "vitest";
import { listen, parser, type StreamStatus } from "./stream";

describe("parser", () => {
  it("puts events together however the network cut them", () => {
    const got: unknown[] = [];
    const feed = parser((name, data, id) => got.push([name, data, id]));
    for (const c of ": hello\n\nid: 7\nevent: transaction\ndata: {\"id\":\"a\"}\n\nevent: pause\ndata: {}\n\n") feed(c);
    expect(got).toEqual([["transaction", { id: "a" }, "7"], ["pause", {}, ""]]);
  });
});

describe("listen", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("comes back after a restart and asks for what it missed", async () => {
    const asked: (string | null)[] = [];
    const stop = new AbortController();
    const answers = [() => new Response("id: 41\nevent: pause\ndata: {}\n\n"), () => { throw new TypeError("down"); }, () => (stop.abort(), new Response(""))];
    vi.stubGlobal("fetch", async (r: Request) => (asked.push(r.headers.get("Last-Event-ID")), answers.shift()!()));
    const seen: StreamStatus[] = [];
    vi.useFakeTimers();
    const done = listen("/api/v1/stream", () => undefined, (s) => seen.push(s), stop.signal);
    await vi.runAllTimersAsync();
    await done;
    vi.useRealTimers();
    expect(asked).toEqual([null, "41", "41"]);
    expect(seen.slice(0, 2)).toEqual(["on", "off"]);
  });

  it("ends when the key is refused", async () => {
    vi.stubGlobal("fetch", async () => new Response("{}", { status: 401 }));
    const seen: StreamStatus[] = [];
    await listen("/api/v1/stream", () => undefined, (s) => seen.push(s), new AbortController().signal);
    expect(seen).toEqual(["refused"]);
  });
});
