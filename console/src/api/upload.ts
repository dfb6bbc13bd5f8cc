// Sends a file and tells how much of it has left: fetch cannot.
import { session } from "../session";
import { Refused, Unreachable } from "./problems";

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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
