// The page's way to the server: requests with the key, event streams over fetch (EventSource can send no
// key), and elements made without markup in strings.

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;

export const demo = meta("curlew-demo") === "true";

let key = meta("curlew-key") || sessionStorage.getItem("curlew-key") || "";

export function useKey(text) {
  key = text.trim();
  sessionStorage.setItem("curlew-key", key);
}

export function forgetKey() {
  key = "";
  sessionStorage.removeItem("curlew-key");
}

export const hasKey = () => key !== "";

// Refused carries the problem that the server answered with.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `status ${status}`);
    this.status = status;
    this.errors = problem.errors || [];
  }
}

async function ask(method, path, body, signal) {
  const headers = { Authorization: `Bearer ${key}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const res = await fetch(path, { method, headers, body, signal, cache: "no-store" });
  if (res.ok) return res;
  const problem = await res.json().catch(() => ({}));
  throw new Refused(res.status, problem);
}

export async function call(method, path, body) {
  const res = await ask(method, path, body);
  return res.status === 204 ? null : res.json();
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

// listen reads an event stream for good: it comes back after the server or the network went away.
// status is told "on" and "off"; a refusal ends it.
export async function listen(path, each, status) {
  for (let pause = 500; ; pause = Math.min(pause * 2, 10000)) {
    try {
      const res = await ask("GET", path);
      status("on");
      pause = 500;
      await events(res.body, each);
    } catch (err) {
      if (err instanceof Refused && (err.status === 401 || err.status === 403)) {
        status("refused");
        return;
      }
    }
    status("off");
    await wait(pause);
  }
}

async function events(stream, each) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      let name = "message";
      let data = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data += line.slice(6);
      }
      if (data) each(name, JSON.parse(data));
    }
  }
}

// h makes an element. Properties beginning with "on" are listeners, the rest are attributes; children
// are elements or texts, never markup.
export function h(tag, properties, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== ""));
  return el;
}

export const byId = (id) => document.getElementById(id);

let zone; // of the facility, in the demo

export function useZone(name) {
  zone = name || undefined;
}

const format = (options) => (text) => {
  if (!text) return "";
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }).format(new Date(text));
};

export const moment = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
export const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const words = (code) => (code || "").replaceAll("_", " ");
