// Forecast and Reports with something in them: charts with their summary and table, filters, a span that is refused at
// its field, the file; accessible in both directions and on a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand({ ready: async () => {
  const headers = { Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json" };
  const state = await (await fetch(`${demo.url}/demo/state`, { headers })).json();
  const event = state.events.map((e) => e.body).find((b) => b.includes("+12025550101"));
  assert.equal((await fetch(`${demo.url}/demo/fire`, { method: "POST", headers, body: event })).status, 202);
  for (let tries = 0; tries < 200; tries++) {
    const { items } = await (await fetch(`${demo.url}/api/v1/activities?state=completed`, { headers })).json();
    const ended = items.length && (await (await fetch(`${demo.url}/api/v1/activities/${items[0].id}`, { headers })).json()).attempts.every((a) => a.ended_at);
    if (ended) return; // the answer is there before its confirmation has been heard
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("the patient who presses 1 has not answered");
} });

test("the forecast says in words, in a picture and in a table whether the lines clear what is due", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await visit(chrome.browser, demo.url);
  await page.goto(`${demo.url}/reports`);
  await settled(page);
  await page.getByText("Nothing is due in the next 24 hours").waitFor();
  await page.getByText("Calls of the next 24 hours: the numbers as a table").click();
  assert.equal(await page.locator("figure table tbody tr").count(), 24);
  assert.deepEqual(await violations(page), []);
  await context.close();
  assert.deepEqual(errors, []);
});

for (const look of [{ language: "en", scheme: "dark" }, { language: "ar", scheme: "light", width: 390, height: 844 }]) {
  test(`a report of what happened is accessible, ${look.language} ${look.scheme}`, { timeout: 60_000 }, async () => {
    const { page, context, errors, foreign } = await visit(chrome.browser, demo.url, look);
    await page.goto(`${demo.url}/reports?tab=reports`);
    await settled(page);
    await page.locator("figure").waitFor();
    assert.deepEqual(await violations(page), []);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "too wide");
    await context.close();
    assert.deepEqual([...errors, ...foreign], []);
  });
}

test("the report counts the answer, refuses a span at its field, narrows to a configuration and is a file", { timeout: 60_000 }, async () => {
  const { page, context } = await visit(chrome.browser, demo.url);
  await page.goto(`${demo.url}/reports?tab=reports`);
  await settled(page);
  await page.getByText("1 of 1 calls").waitFor();
  await page.getByText(/NORMAL_CLEARING/).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export CSV" }).click()]);
  const text = readFileSync(await file.path(), "utf8");
  assert.match(text, /^of,name,transactions/);
  assert.match(text, /\naction,confirm,/);
  await page.getByLabel("From").fill("2027-01-01");
  await page.getByText("Choose a first day that is not after the last.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Show" }).isDisabled());
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("From").fill("2026-01-01");
  await page.getByLabel("To", { exact: true }).fill("2026-01-02");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByText("Nothing happened in these days").waitFor();
  await context.close();
});
