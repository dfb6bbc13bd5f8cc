// The phone: on the demo's front page and in a rehearsal. A call is answered, heard and answered by keyboard; what the
// patient gets as messages opens; nothing of it reaches the server's own activities from a rehearsal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();

// call fires the chosen patient's event, picks up and waits for the first words. By keyboard alone.
async function call(page) {
  await page.getByRole("button", { name: "Fire", exact: true }).focus();
  await page.keyboard.press("Enter");
  const phone = page.getByRole("group", { name: /^Phone of/ });
  await phone.getByText("Ringing").waitFor({ timeout: 30_000 });
  assert.deepEqual(await violations(page), [], "while it rings");
  await phone.getByRole("button", { name: "Answer" }).focus();
  await page.keyboard.press("Enter");
  await phone.getByRole("log").locator("p").first().waitFor({ timeout: 30_000 });
  return phone;
}

test("the demo's front page: an event is fired, the phone rings, a key on the keyboard confirms the appointment", { timeout: 120_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  const sounds = [];
  page.on("response", (r) => /\/demo\/audio\/.*\.wav$/.test(r.url()) && sounds.push(r.status()));
  await page.goto(demo.url);
  await settled(page);
  await page.getByLabel("Patient", { exact: true }).selectOption("+12025550130");
  const phone = await call(page);
  assert.ok(await phone.evaluate((el) => el.contains(document.activeElement)), "the focus left the phone when its button went");
  await page.keyboard.press("0"); // the question whether a person listens
  await phone.getByText(/pressed 0|pressed\s*0/).waitFor();
  await phone.getByText(/press 1/i).first().waitFor({ timeout: 60_000 });
  assert.deepEqual(await violations(page), [], "in a call");
  await page.keyboard.press("1");
  await page.getByText("Confirm", { exact: true }).first().waitFor({ timeout: 30_000 });
  assert.ok(sounds.length > 0 && sounds.every((s) => s < 400), `sounds: ${sounds}`);
  await phone.getByText("What was said in the call").waitFor({ timeout: 30_000 });
  await clean(tab);
});

test("a patient who cannot be called gets messages, and their link opens a page to answer on", { timeout: 120_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url, { language: "en", scheme: "dark" });
  const { page } = tab;
  await page.goto(demo.url);
  await settled(page);
  await page.getByLabel("Patient", { exact: true }).selectOption("+12025550114");
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("If nobody ever answered:").waitFor();
  await page.getByRole("button", { name: "Fire", exact: true }).click();
  await page.getByText(/^Taken/).waitFor();
  const link = page.getByRole("link", { name: /Open the link/ }).first();
  for (let tries = 0; tries < 40 && !(await link.isVisible()); tries++) {
    const jump = page.getByRole("button", { name: "Jump to what is due next" });
    if (await jump.isEnabled()) await jump.click();
    await link.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  const answer = await page.context().request.get(new URL(await link.getAttribute("href"), demo.url).href);
  assert.equal(answer.status(), 200);
  await clean(tab);
});

test("a rehearsal is begun, called and ended; what came of it is not among the activities", { timeout: 150_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url, { width: 390, height: 844 });
  const { page } = tab;
  await page.goto(`${demo.url}/rehearsal`);
  await settled(page);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Begin the rehearsal" }).click();
  await page.waitForURL(/\/rehearsal\/[a-z0-9]+$/, { timeout: 40_000 });
  await page.getByLabel("Patient", { exact: true }).selectOption("+12025550130");
  const sounds = [];
  page.on("response", (r) => /\/api\/v1\/rehearsals\/.*\/audio\/.*\.wav$/.test(r.url()) && sounds.push(r.status()));
  const phone = await call(page);
  await phone.getByRole("button", { name: "Key 0" }).click();
  await phone.getByText(/pressed\s*0/).waitFor();
  await phone.getByRole("button", { name: "Hang up" }).click();
  await phone.getByText("What was said in the call").waitFor({ timeout: 30_000 });
  assert.ok(sounds.length > 0 && sounds.every((s) => s < 400), `sounds: ${sounds}`);
  // The call was not answered: the patient calls back, is asked who it is, hears the message and confirms. By keyboard.
  await phone.getByRole("button", { name: "Call back" }).focus();
  await page.keyboard.press("Enter");
  await phone.getByRole("log").getByText(/year of birth/).waitFor({ timeout: 30_000 });
  assert.deepEqual(await violations(page), [], "in a call that the patient made");
  assert.ok(await phone.evaluate((el) => el.contains(document.activeElement)), "the focus left the phone when its button went");
  assert.ok(await phone.getByText("born in 1980").isVisible(), "nobody says which year to key in");
  for (const digit of "1980") await page.keyboard.press(digit);
  await phone.getByRole("log").getByText(/press 1/i).first().waitFor({ timeout: 60_000 });
  await page.keyboard.press("1");
  await phone.getByText(/confirmed/i).first().waitFor({ timeout: 30_000 });
  await phone.getByText("What was said in the call").waitFor({ timeout: 30_000 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "too wide for a phone");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "End the rehearsal" }).click();
  await page.waitForURL(/\/rehearsal$/);
  await page.goBack();
  await page.getByText("This rehearsal has ended").waitFor({ timeout: 30_000 });
  await clean(tab);
});
