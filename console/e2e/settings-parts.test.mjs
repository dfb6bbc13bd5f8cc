// The parts of the settings: calls, what follows when one fails, messages, the hospital's system. What the server refuses
// lands on its field, secrets stay out of sight, and nothing typed is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();
const timeout = { timeout: 60_000 };

async function part(name, look) {
  const tab = await visit(chrome.browser, demo.url, look);
  await tab.page.goto(`${demo.url}/settings?part=${name}`);
  await settled(tab.page);
  await tab.page.locator("form").waitFor();
  return tab;
}

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();
const saved = (page) => page.getByText("Saved.", { exact: true }).waitFor();
const ask = async (at) => (await fetch(`${demo.url}/api/v1/settings/${at}`, { headers: { Authorization: `Bearer ${demo.key}` } })).text();

test("calls: found by keyboard alone, a span that is too long is refused at its field, the right one is saved", timeout, async () => {
  const tab = await part("hospital");
  const { page } = tab;
  await page.getByRole("tab", { name: "Hospital", exact: true }).focus();
  await page.keyboard.press("ArrowRight");
  const ring = page.getByLabel("It rings for", { exact: true });
  await ring.fill("500");
  await save(page);
  await page.locator('input[aria-invalid="true"]').first().waitFor();
  assert.equal(await ring.getAttribute("aria-invalid"), "true");
  assert.equal(await ring.inputValue(), "500", "what was typed is gone");
  assert.deepEqual(await violations(page), []);
  await ring.fill("40");
  await save(page);
  await saved(page);
  assert.deepEqual(JSON.parse(await ask("call")).ring_timeout, "PT40S");
  await clean(tab);
});

test("messages: no secret is shown, a mistake is told while typing, and the session's end loses nothing", timeout, async () => {
  assert.doesNotMatch(await ask("channels"), /demotoken/);
  const tab = await part("channels");
  const { page } = tab;
  assert.equal(await page.getByLabel("Auth token", { exact: true }).inputValue(), "");
  assert.doesNotMatch(await page.content(), /demotoken/);
  const from = page.getByLabel("WhatsApp number", { exact: true });
  await from.fill("0112345678");
  await page.getByText("A number with + and country code").waitFor();
  assert.deepEqual(await violations(page), []);
  await from.fill("+966112345678");
  await page.route("**/api/v1/**", (route) => (route.request().method() === "PUT" ? route.fulfill({ status: 401, contentType: "application/problem+json", body: '{"status":401}' }) : route.fallback()));
  await save(page);
  const again = page.getByRole("dialog", { name: "Your session has ended" });
  await again.waitFor();
  await page.unroute("**/api/v1/**");
  await again.getByText("API key", { exact: true }).click();
  await again.locator('input[type="password"]').fill(demo.key);
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.waitFor({ state: "detached" });
  assert.equal(await from.inputValue(), "+966112345678", "what was typed is gone");
  await save(page);
  await saved(page);
  const now = JSON.parse(await ask("channels")).twilio;
  assert.deepEqual([now.whatsapp_from, now.auth_token], ["+966112345678", "********"]);
  await clean(tab);
});

test("the hospital's system: a receiver without a secret is refused at its field; of two tabs the second chooses", timeout, async () => {
  const [first, second] = [await part("webhooks"), await part("webhooks")];
  const { page } = first;
  await page.getByRole("button", { name: "Add a receiver" }).click();
  const fresh = page.getByRole("group", { name: "Receiver 2" });
  await fresh.getByLabel("Web address").fill("https://ward.example.org/results");
  await fresh.getByLabel("Receiver's name").fill("ward");
  await save(page);
  const ward = page.getByRole("group", { name: "ward" });
  await ward.locator('input[aria-invalid="true"]').waitFor();
  assert.equal(await ward.getByLabel("Signing secret", { exact: false }).first().getAttribute("aria-invalid"), "true");
  assert.deepEqual(await violations(page), []);
  await ward.getByLabel("Signing secret", { exact: false }).first().fill("${env:WARD}");
  await second.page.getByLabel("Source", { exact: true }).fill("ward");
  await save(page);
  await saved(page);
  await save(second.page);
  const told = second.page.getByRole("alert").filter({ hasText: "Somebody else saved this meanwhile" });
  await told.waitFor();
  assert.deepEqual(await violations(second.page), []);
  await told.getByRole("button", { name: "Take theirs" }).click();
  await told.waitFor({ state: "detached" });
  await second.page.getByRole("group", { name: "ward" }).waitFor();
  await first.context.close();
  await clean(second);
});

test("when a call fails: a shipped line is changed, one that fits every call is refused, and the way back leads to the default", timeout, async () => {
  const tab = await part("outcomes");
  const { page } = tab;
  await page.getByRole("button", { name: "Change: the line was busy (USER_BUSY)" }).click();
  const rule = page.getByRole("group", { name: "Rule 1" });
  await rule.getByLabel("Then").selectOption("next_channel");
  await save(page);
  await saved(page);
  await page.getByRole("row", { name: /the line was busy \(USER_BUSY\) Go on to the next channel Busy Your rule/ }).waitFor();
  await page.getByRole("row", { name: /the line was busy \(USER_BUSY\) Try again later Busy Replaced by your rule/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  const cause = rule.getByLabel("Cause of the network (Q.850)");
  await cause.fill("");
  await rule.getByText("this matches every call").waitFor();
  await save(page);
  await rule.getByText("matches every call. name a cause").waitFor();
  await page.getByRole("button", { name: "Back to the shipped default" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Back to the shipped default" }).click();
  await save(page);
  await saved(page);
  assert.deepEqual(JSON.parse(await ask("cause-matrix")).cause_matrix, []);
  await clean(tab);
});

test("every part is for everyone: right to left and dark, at a phone's width", timeout, async () => {
  for (const look of [{ language: "ar", scheme: "light", width: 390 }, { language: "hi", scheme: "dark", width: 390 }]) {
    const tab = await part("calls", look);
    const { page } = tab;
    await page.getByRole("tab").nth(4).waitFor();
    for (let i = 1; i < 5; i++) {
      const tabOf = page.getByRole("tab").nth(i);
      await tabOf.click();
      await page.getByRole("tabpanel", { name: await tabOf.innerText(), exact: true }).locator("form").waitFor();
      assert.deepEqual(await violations(page), [], `part ${i} in ${look.language}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `part ${i} in ${look.language} is ${wider} px wider than the screen`);
    }
    await tab.context.close();
  }
});
