// Lists of a million rows: only what is on the screen is in the document, scrolling reads page by page, and a live notice
// reads the first page and the one on the screen again, however many were read. The pages come from the test, the notices from
// the real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stand, visit } from "./browser.mjs";

const { demo, chrome } = stand();

const million = 1_000_000;
const activity = (n) => ({
  id: `t-${n}`, configuration: "Reminder", component: "Appointment", event: "Booked", subject_id: `A-${n}`, recipient: { id: `P-${n}`, phone_masked: "+1202•••01", language: "en" },
  state: n % 7 ? "completed" : "queued", reason: "due", channel: "ivr", step: 0, due_at: "2026-12-01T07:00:00Z", created_at: "2026-12-01T07:00:00Z", expires_at: "2026-12-02T07:00:00Z", attempts: [], response: null,
});
const line = (n) => ({ at: "2026-12-01T07:00:00Z", kind: "answered", transaction: `t-${n}`, attempt: `a-${n}`, data: { n } });

// pages answers as the server does, newest first; reads collects the cursors that were asked for.
async function pages(page, path, row) {
  const reads = [];
  await page.route(new RegExp(`/api/v1/${path}\\?`), (route) => {
    const query = new URL(route.request().url()).searchParams;
    const from = Number(query.get("cursor") ?? million);
    reads.push(query.get("cursor") ?? "first");
    const items = Array.from({ length: Math.min(100, from) }, (_, i) => row(from - 1 - i));
    return route.fulfill({ json: { items, next: from > 100 ? String(from - 100) : undefined } });
  });
  return reads;
}

let fired = 0;
async function notice() {
  const id = `long-${fired++}`;
  const event = { id, component: "Appointment", event: "Booked", occurred_at: "2026-12-01T06:00:00Z", subject: { id, time: "2026-12-03T09:30:00+03:00" },
    recipient: { id: "P-1", name: "Amina", phone: "+12025550101", language: "en" }, data: { doctor: "Dr. Rao", department: "Cardiology" } };
  const answer = await fetch(`${demo.url}/api/v1/events`, { method: "POST", headers: { Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json" }, body: JSON.stringify(event) });
  assert.equal(answer.status, 202);
}

for (const [path, name, row] of [["activities", "activities", activity], ["logs", "logs", line]]) {
  test(`${name}: a million rows scroll, and a notice reads two pages whatever was scrolled through`, { timeout: 90_000 }, async () => {
    const { page, context, errors } = await visit(chrome.browser, demo.url);
    const reads = await pages(page, path, row);
    await page.goto(`${demo.url}/${path}`);
    const table = page.locator(".table");
    await table.getByRole("row").nth(5).waitFor();
    while (new Set(reads).size < 25) { // 2,500 rows down
      const before = reads.length;
      await table.evaluate((t) => t.scrollTo(0, t.scrollHeight));
      await page.waitForFunction(() => true);
      for (let wait = 0; reads.length === before && wait < 100; wait++) await page.waitForTimeout(50);
      assert.ok(reads.length > before, `scrolling stopped reading after ${reads.length} pages`);
    }
    const shown = await table.getByRole("row").count();
    assert.ok(shown < 80, `${shown} rows are in the document`);
    await page.waitForTimeout(1500); // what was under way is read
    reads.length = 0;
    await notice();
    for (let wait = 0; reads.length === 0 && wait < 200; wait++) await page.waitForTimeout(50);
    await page.waitForTimeout(2000);
    assert.ok(reads.includes("first"), "the notice refreshed nothing");
    const pagesRead = new Set(reads);
    assert.ok(pagesRead.size <= 3, `a notice read ${pagesRead.size} pages again: ${[...pagesRead]}`);
    const top = await table.evaluate((t) => t.scrollTop);
    assert.ok(top > 50_000, `the notice scrolled the list back to ${top}`);
    await context.close();
    assert.deepEqual(errors, [], "errors in the console");
  });
}

test("a search for what is rare goes on through empty pages until it is found", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await visit(chrome.browser, demo.url);
  const reads = [];
  await page.route(/api\/v1\/activities\?/, (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 5);
    reads.push(from);
    return route.fulfill({ json: { items: from === 1 ? [activity(7)] : [], next: from > 1 ? String(from - 1) : undefined } });
  });
  await page.goto(`${demo.url}/activities?q=A-7`);
  await page.getByRole("button", { name: /A-7$/ }).waitFor();
  assert.deepEqual([...new Set(reads)], [5, 4, 3, 2, 1]);
  assert.equal(await page.getByText("Nothing matches").count(), 0);
  await context.close();
  assert.deepEqual(errors, [], "errors in the console");
});

test("what came while one looks at the top appears there, and a filter begins anew", { timeout: 60_000 }, async () => {
  const { page, context, errors } = await visit(chrome.browser, demo.url);
  await page.goto(`${demo.url}/activities`);
  await page.getByRole("heading", { name: "IVR Activities" }).waitFor();
  const id = `long-${fired}`;
  await notice();
  await page.getByRole("button", { name: new RegExp(`${id}$`) }).waitFor();
  await page.getByLabel("Search").fill("no such patient");
  await page.getByText("Nothing matches").waitFor();
  await page.getByLabel("Search").fill(id);
  await page.getByRole("button", { name: new RegExp(`${id}$`) }).waitFor();
  await context.close();
  assert.deepEqual(errors, [], "errors in the console");
});
