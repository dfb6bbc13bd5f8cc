// Pictures of every page for docs/screenshots, in light, dark and right to left: node e2e/screenshots.mjs [PAGE…]
import { writeFileSync } from "node:fs";
import path from "node:path";
import { open, screenshots, settled, startDemo, visit } from "./browser.mjs";
import { looks, pages } from "./pages.mjs";

const only = process.argv.slice(2);
const demo = await startDemo();
const chrome = await open();
const folder = process.env.SHOTS || screenshots();
const key = /curlew-key" content="([^"]+)/.exec(await (await fetch(demo.url)).text())[1];
const post = (at, body) => fetch(demo.url + at, { method: "POST", headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A morning of the demo, so that the pages have something to show.
for (const digits of ["01", "02", "09", "11", "12", "13", "14", "16", "17", "19", "20", "22", "00", "15"]) {
  await post("/api/v1/events", {
    id: `shot-${digits}`, component: "Appointment", event: "Booked", occurred_at: "2026-12-01T06:00:00Z", subject: { id: `A-47${digits}`, time: "2026-12-02T10:30:00+03:00" },
    recipient: { id: `P-${digits}`, name: "Amina Yusuf", phone: `+120255501${digits}`, email: `p${digits}@example.org`, language: "en" }, data: { doctor: "Dr. Rao", department: "Cardiology" },
  });
}
for (let i = 0; i < 10; i++) {
  await post("/demo/clock/jump");
  await pause(1500);
}
await post("/api/v1/opt-outs", { address: "+12025550150", channel: "sms" });
try {
  for (const look of looks.filter((l) => l.name !== "rtl-dark")) {
    const { page, context } = await visit(chrome.browser, demo.url, look);
    const camera = await context.newCDPSession(page);
    for (const { name, path: at } of pages) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(demo.url + at);
      await settled(page);
      await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined); // the event stream never idles
      const { data } = await camera.send("Page.captureScreenshot", { format: "webp", quality: 65 });
      writeFileSync(path.join(folder, `${name}-${look.name}.webp`), Buffer.from(data, "base64"));
    }
  }
} finally {
  await chrome.close();
  await demo.stop();
}
