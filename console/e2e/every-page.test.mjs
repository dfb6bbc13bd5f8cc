// Every page in both colours and both directions: no violation of WCAG 2.2 AA, no foreign request, no error;
// and on a phone nothing sticks out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, stand, violations, visit } from "./browser.mjs";
import { looks, pages } from "./pages.mjs";

const { demo, chrome } = stand();

for (const look of looks) {
  test(`every page is accessible, ${look.name}`, { timeout: 120_000 }, async () => {
    const { page, context, foreign, errors } = await visit(chrome.browser, demo.url, look);
    const wrong = [];
    for (const { name, path } of pages) {
      await page.goto(demo.url + path);
      await settled(page);
      for (const v of await violations(page)) wrong.push(`${name}: ${v}`);
    }
    await context.close();
    assert.deepEqual(wrong, []);
    assert.deepEqual(foreign, [], "requests to third parties");
    assert.deepEqual(errors, [], "errors in the console");
  });
}

test("on a phone 360 px wide nothing sticks out of any page", { timeout: 60_000 }, async () => {
  const { page, context } = await visit(chrome.browser, demo.url, { width: 360, height: 740 });
  const wide = [];
  for (const { name, path } of pages) {
    await page.goto(demo.url + path);
    await settled(page);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) wide.push(`${name} is ${over} px too wide`);
    assert.ok(await page.getByRole("button", { name: "Pause all" }).isVisible(), `${name}: the kill switch is out of reach`);
  }
  await context.close();
  assert.deepEqual(wide, []);
});
