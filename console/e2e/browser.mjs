// The browser and the real binary that every end-to-end test uses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
export const root = path.resolve(import.meta.dirname, "../..");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const binary = process.env.CURLEW || path.join(root, "bin/curlew");

// freePort is outside the range from which the system takes the near ends of connections: nobody takes it meanwhile.
export const freePort = async () => {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createServer();
    const free = await new Promise((done) => server.once("error", () => done(false)).listen(port, "127.0.0.1", () => server.close(() => done(true))));
    if (free) return port;
  }
};

// start runs curlew with args and returns once it answers at url. stop ends it.
export async function start(args, url) {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run make build`);
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const out of [child.stdout, child.stderr]) out.on("data", (d) => (said += d));
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const until = Date.now() + 20_000;
  while (Date.now() < until && child.exitCode === null) {
    const ok = await fetch(`${url}/readyz`).then((r) => r.ok, () => false);
    if (ok) return { url, stop, said: () => said };
    await new Promise((r) => setTimeout(r, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`curlew ${args.join(" ")} did not come up: ${said}`);
}

export async function startDemo(port) {
  port ??= await freePort();
  return start(["demo", "--listen", `127.0.0.1:${port}`], `http://127.0.0.1:${port}`);
}

// open starts Chromium; every request to another host is recorded in foreign.
export async function open({ args = [] } = {}) {
  const profile = mkdtempSync(path.join(tmpdir(), "curlew-browser-"));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required", `--crash-dumps-dir=${profile}`, ...args],
  });
  const close = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { browser, close };
}

// visit opens a tab on a clean profile. It collects what must not happen: foreign requests and errors in the console.
export async function visit(browser, url, { language = "en", scheme = "light", width = 1280, height = 800, ...rest } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, timezoneId: "Europe/Berlin", locale: "en-GB", reducedMotion: "reduce", permissions: ["microphone"], ...rest });
  await context.addInitScript((code) => localStorage.setItem("curlew-language", localStorage.getItem("curlew-language") ?? code), language);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const foreign = [];
  const errors = [];
  page.on("request", (r) => {
    if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url())) foreign.push(r.url());
  });
  page.on("console", (m) => {
    if (m.type() === "error" && !/Failed to load resource/.test(m.text())) errors.push(m.text());
  });
  page.on("pageerror", (e) => errors.push(String(e)));
  return { page, context, foreign, errors };
}

// settled waits until the page shows its content: a heading, and nothing that loads.
export async function settled(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector('main [role="status"] .mantine-Skeleton-root'));
  await page.evaluate(() => document.fonts.ready);
}

// violations runs axe over the page and returns one line per finding.
export async function violations(page) {
  // A dialog has its name a moment after it has opened; one that never has is axe's to find.
  await page.locator(`[role="dialog"]:not([aria-labelledby]):not([aria-label])`).first().waitFor({ state: "detached", timeout: 2_000 }).catch(() => undefined);
  // The policy lets no script in; axe is evaluated by the debugger instead.
  await page.evaluate(`if (!window.axe) { ${axe} }`);
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations: v } = await window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return v.map((x) => `${x.id}: ${x.help} – ${x.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.failureSummary?.split("\n")[1]?.trim() ?? ""})`).join(" | ")}`);
  });
  return found;
}

// stand runs the demo and a browser for the tests of a file, which find both filled in. browserOptions are asked for first,
// ready is called last.
export function stand({ browserOptions = () => ({}), ready = async () => {} } = {}) {
  const demo = {};
  const chrome = {};
  before(async () => {
    const [running, browser] = await Promise.all([startDemo(), open(browserOptions())]);
    Object.assign(chrome, browser);
    Object.assign(demo, running, { key: /curlew-key" content="([^"]+)/.exec(await (await fetch(running.url)).text())?.[1] });
    assert.ok(demo.key, "the demo's page hands out its key");
    await ready();
  });
  after(async () => {
    await chrome.close?.();
    await demo.stop?.();
  });
  return { demo, chrome };
}

// clean asserts that nothing happened that must not, and closes the tab.
export async function clean({ page, context, foreign, errors }) {
  assert.deepEqual(await violations(page), []);
  await context.close();
  assert.deepEqual(foreign, [], "requests to third parties");
  assert.deepEqual(errors, [], "errors in the console");
}

export function screenshots() {
  const folder = path.join(root, "docs/screenshots");
  mkdirSync(folder, { recursive: true });
  return folder;
}
