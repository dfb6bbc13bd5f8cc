// The console stands within a second of the first visit, from the binary, with nothing cached. Under the load of other work a
// clock says little: then the work that the page itself costs is what counts.
import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import { test } from "node:test";
import { stand, visit } from "./browser.mjs";

const { demo, chrome } = stand();

// load visits the front page for the first time. shown is when its content stood, cpu what the page's thread worked for it, in ms.
async function load() {
  const { page, context } = await visit(chrome.browser, demo.url);
  const debug = await context.newCDPSession(page);
  await debug.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.addInitScript(() => {
    new MutationObserver((_, watch) => {
      if (!document.querySelector("main h1") || document.querySelector(".mantine-Skeleton-root")) return;
      watch.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (window.shownAt = performance.now())));
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(demo.url);
  await page.waitForFunction(() => window.shownAt);
  const shown = await page.evaluate(() => window.shownAt);
  const sent = await page.evaluate(() => performance.getEntriesByType("resource").reduce((sum, r) => sum + r.transferSize, 0));
  const { metrics } = await debug.send("Performance.getMetrics");
  await context.close();
  return { shown, sent, cpu: 1000 * metrics.find((m) => m.name === "TaskDuration").value };
}

test("the first load shows the dashboard within a second", { timeout: 120_000 }, async () => {
  await load(); // the browser's own start
  const loads = [];
  while (loads.length < 10 && !loads.some((l) => l.shown <= 500)) loads.push(await load());
  const best = Math.min(...loads.map((l) => l.shown));
  const cpu = Math.min(...loads.map((l) => l.cpu));
  const busy = loadavg()[0] > availableParallelism() / 2;
  console.log(`# first load: content after ${Math.round(best)} ms, ${Math.round(cpu)} ms of the page's own work, ${Math.round(loads[0].sent / 1000)} kB${busy ? `; load ${loadavg()[0].toFixed(1)}` : ""}`);
  assert.ok(cpu <= 1000, `the page works for ${cpu} ms`);
  assert.ok(best <= (busy ? 5000 : 1000), `content after ${best} ms`);
  assert.ok(loads[0].sent > 50_000 && loads[0].sent <= 500_000, `${loads[0].sent} bytes came, with the data`);
});
