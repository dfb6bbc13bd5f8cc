// Sends a file and tells how much of it has left: fetch cannot.
import { session } from "../session";
import { raw } from "./client";
import { Refused, Unreachable, type Fault } from "./problems";

export function send<T>(method: "PUT" | "POST", path: string, body: Blob, type: string, progress: (share: number) => void, signal: AbortSignal, headers: Record<string, string> = {}): Promise<{ data: T; etag: string }> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    const { key } = session.now();
    if (key) request.setRequestHeader("Authorization", `Bearer ${key}`);
    request.setRequestHeader("Content-Type", type);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    request.onerror = () => fail(new Unreachable(undefined));
    request.onabort = () => fail(new DOMException("cancelled", "AbortError"));
    request.onload = () => {
      const answer: unknown = parsed(request.responseText);
      if (request.status === 401) session.expire();
      if (request.status >= 200 && request.status < 300) done({ data: answer as T, etag: request.getResponseHeader("ETag") ?? "" });
      else fail(new Refused(request.status, (answer as object | undefined) ?? {}));
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

export type Step = { done: number; total?: number };

// work asks for something that takes a while and tells each step of it; ending the signal cancels it on the server, too.
export async function work<T>(path: string, body: BodyInit | undefined, type: string, step: (s: Step) => void, signal: AbortSignal): Promise<T> {
  const answer = await raw(path, { method: "POST", body, signal, headers: { Accept: "application/x-ndjson", ...(body === undefined ? {} : { "Content-Type": type }) } });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (kept + part.value).split("\n");
    kept = lines.pop() ?? "";
    for (const line of lines) {
      const said = JSON.parse(line) as { done?: number; total?: number; result?: T; problem?: { status: number; detail?: string; title?: string; errors?: Fault[] | null } };
      if (said.problem) throw new Refused(said.problem.status, said.problem);
      if (said.result !== undefined) return said.result;
      step({ done: said.done ?? 0, total: said.total });
    }
  }
  throw new Unreachable(undefined); // the server went away before it said how it ended
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
