// The typed way to the server. Every answer is either data with its ETag or an error that says what to do.
import createClient from "openapi-fetch";
import { session } from "../session";
import { Refused, Unreachable } from "./problems";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export const api = createClient<paths>({ baseUrl: location.origin, cache: "no-store", fetch: reach });

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new Unreachable(cause);
  }
}

api.use({
  onRequest({ request }) {
    const { key } = session.now();
    if (key) request.headers.set("Authorization", `Bearer ${key}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) session.expire();
    return response;
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

export type Taken<T> = { data: T; etag: string };

// taken waits for an answer and throws Refused for every one that is none.
export async function taken<T>(answer: Promise<Answer<T>>): Promise<Taken<T>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new Refused(response.status, (error as object | undefined) ?? {});
  return { data: data as T, etag: response.headers.get("ETag") ?? "" };
}

// data is taken without the ETag.
export async function data<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await taken(answer)).data;
}

// raw asks for what the typed client does not describe: files, streams, the demo.
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const { key } = session.now();
  if (key) headers.set("Authorization", `Bearer ${key}`);
  const response = await reach(new Request(new URL(path, location.origin), { cache: "no-store", ...init, headers }));
  if (response.status === 401) session.expire();
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
  return response;
}

// ifMatch is the header that keeps two tabs from overwriting each other.
export const ifMatch = (etag: string) => ({ header: { "If-Match": etag } });
