// Pictures of every page for docs/screenshots: node e2e/screenshots.mjs [PAGE…]
import path from "node:path";
import { open, screenshots, settled, startDemo, visit } from "./browser.mjs";
import { looks, pages } from "./pages.mjs";

const only = process.argv.slice(2);
const demo = await startDemo();
const chrome = await open();
const folder = process.env.SHOTS || screenshots();
try {
  for (const look of looks.filter((l) => l.name !== "rtl-dark")) {
    const { page } = await visit(chrome.browser, demo.url, look);
    for (const { name, path: at } of pages) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(demo.url + at);
      await settled(page);
      await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined); // the event stream never idles
      await page.screenshot({ path: path.join(folder, `${name}-${look.name}.png`) });
    }
  }
} finally {
  await chrome.close();
  await demo.stop();
}
