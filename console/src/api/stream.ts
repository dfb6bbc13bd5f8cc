// Server-sent events over fetch: EventSource can send no key.
import { raw } from "./client";
import { Refused } from "./problems";

export type StreamStatus = "on" | "off" | "refused";

// parser takes text as it comes and calls each for every whole event.
export function parser(each: (name: string, data: unknown, id: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    rest += chunk.replaceAll("\r\n", "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      let name = "message";
      let data = "";
      let id = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data += line.slice(6);
        else if (line.startsWith("id: ")) id = line.slice(4);
      }
      if (data) each(name, JSON.parse(data), id);
    }
  };
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

// listen follows a stream until signal aborts: it comes back by itself after a restart of the server and
// asks for what it missed. Only a refused key, or a stream that is gone, ends it.
export async function listen(
  path: string,
  each: (name: string, data: unknown) => void,
  status: (s: StreamStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = "";
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 10_000)) {
    try {
      const response = await raw(path, { signal, headers: last ? { "Last-Event-ID": last } : {} });
      status("on");
      pause = 500;
      const feed = parser((name, data, id) => {
        if (id) last = id;
        each(name, data);
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) feed(part.value);
    } catch (error) {
      if (error instanceof Refused && [401, 403, 404].includes(error.status)) {
        status("refused");
        return;
      }
    }
    if (signal.aborted) return;
    status("off");
    await wait(pause, signal);
  }
}
