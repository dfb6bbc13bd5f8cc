// The patients' response pages in every language and state: no violation of WCAG 2.2 AA, no third party, no script
// needed, and the same answer by keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();

const headers = () => ({ Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json" });
const state = async () => (await fetch(`${demo.url}/demo/state`, { headers: headers() })).json();

let fired = 0;
async function fire(event, subject, language, hours) {
  const at = Date.parse((await state()).now);
  const time = (h) => new Date(at + h * 3600_000).toISOString();
  const body = {
    id: `patient-${fired++}`, component: "Appointment", event, occurred_at: time(0),
    subject: { id: subject, time: time(hours), slots: [{ id: "s1", time: time(hours + 24) }, { id: "s2", time: time(hours + 26) }] },
    recipient: { id: `P-${subject}`, name: "Amina Yusuf", phone: "+12025550130", email: "p30@example.org", language, channels: ["email"] },
    data: { doctor: "Dr. Rao", department: "Cardiology" },
  };
  const res = await fetch(`${demo.url}/demo/fire`, { method: "POST", headers: headers(), body: JSON.stringify(body) });
  assert.ok(res.ok, await res.text());
}

// link waits for the newest message beyond seen and returns its response link.
async function link(seen) {
  for (let tries = 0; tries < 100; tries++) {
    const links = (await state()).phones.flatMap((p) => p.messages.map((m) => m.link).filter(Boolean));
    const fresh = links.filter((l) => !seen.has(l));
    if (fresh.length) {
      links.forEach((l) => seen.add(l));
      return fresh.at(-1);
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error("no message with a link came");
}

const seen = new Set();
for (const [language, direction] of [["en", "ltr"], ["ar", "rtl"], ["hi", "ltr"]]) {
  test(`every state of a response page is accessible, ${language}`, { timeout: 60_000 }, async () => {
    const subject = `A-${language}`;
    await fire("Booked", subject, language, 23);
    const address = await link(seen);
    for (const scheme of ["light", "dark"]) {
      const { page, context, foreign, errors } = await visit(chrome.browser, demo.url, { scheme, width: 360, height: 740 });
      const wrong = [];
      const look = async (name) => {
        for (const v of await violations(page)) wrong.push(`${name}, ${scheme}: ${v}`);
        assert.equal(await page.evaluate(() => document.documentElement.dir), direction);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${name} is too wide`);
        assert.equal(await page.locator("script").count(), 0);
      };
      await page.goto(address);
      await look("open");
      await page.locator("button[value=cancel]").click();
      await look("cancel asks once more");
      await page.goto(address);
      if (scheme === "light") { // answered already when it is dark
        await page.locator("button[value=confirm]").focus();
        await page.keyboard.press("Enter");
        await page.waitForURL(/done=1/);
      }
      await look("answered");
      assert.deepEqual(wrong, []);
      assert.deepEqual(foreign, [], "requests to third parties");
      assert.deepEqual(errors, [], "errors in the console");
      await context.close();
    }
    await fire("Rescheduled", subject, language, 47);
    const { page, context } = await visit(chrome.browser, demo.url, {});
    await page.goto(address);
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.locator("button").count(), 0, "a superseded link has nothing to answer");
    await context.close();
  });
}

test("without JavaScript a patient cancels in two steps and may change it", { timeout: 30_000 }, async () => {
  await fire("Booked", "A-plain", "en", 23);
  const { page, context } = await visit(chrome.browser, demo.url, { javaScriptEnabled: false });
  await page.goto(await link(seen));
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Yes, cancel" }).click();
  await page.getByText("Thank you. Your answer was saved.").waitFor();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Your answer: Confirm").waitFor();
  await context.close();
});

test("an unknown link says so accessibly", { timeout: 30_000 }, async () => {
  const { page, context } = await visit(chrome.browser, demo.url, {});
  const res = await page.goto(`${demo.url}/r/${"A".repeat(22)}`);
  assert.equal(res.status(), 404);
  assert.deepEqual(await violations(page), []);
  await context.close();
});
