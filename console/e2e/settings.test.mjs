// The settings page: what is wrong lands on its field, two tabs do not overwrite each other, and a config file shows
// what it would change before it does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();

async function settings() {
  const tab = await visit(chrome.browser, demo.url);
  await tab.page.goto(`${demo.url}/settings`);
  await settled(tab.page);
  await tab.page.getByLabel("Currency").waitFor();
  return tab;
}

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();

test("a mistake lands on its field and keeps what was typed; the right value is saved", { timeout: 60_000 }, async () => {
  const tab = await settings();
  const { page } = tab;
  await page.getByLabel("Time zone").fill("Riyadh");
  await page.getByLabel("Ended activities are kept for").fill("PT1H");
  await save(page);
  await page.locator('input[aria-invalid="true"]').first().waitFor();
  for (const label of ["Time zone", "Ended activities are kept for"]) assert.equal(await page.getByLabel(label).getAttribute("aria-invalid"), "true", label);
  assert.equal(await page.getByLabel("Time zone").inputValue(), "Riyadh", "what was typed is gone");
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("Time zone").fill("Asia/Riyadh");
  await page.getByLabel("Ended activities are kept for").fill("P400D");
  await save(page);
  await page.getByText("Saved.", { exact: true }).waitFor();
  await page.reload();
  await settled(page);
  assert.equal(await page.getByLabel("Ended activities are kept for").inputValue(), "P400D");
  await clean(tab);
});

test("of two tabs the second sees both versions and chooses", { timeout: 60_000 }, async () => {
  const [first, second] = [await settings(), await settings()];
  await second.page.getByLabel("Currency").fill("AED");
  await first.page.getByLabel("Currency").fill("USD");
  await save(first.page);
  await first.page.getByText("Saved.", { exact: true }).waitFor();
  await save(second.page);
  const told = second.page.getByRole("alert").filter({ hasText: "Somebody else saved this meanwhile" });
  await told.getByRole("row", { name: "/facility/currency AED USD" }).waitFor();
  assert.deepEqual(await violations(second.page), []);
  await told.getByRole("button", { name: "Take theirs" }).click();
  await told.waitFor({ state: "detached" });
  assert.equal(await second.page.getByLabel("Currency").inputValue(), "USD");
  await first.context.close();
  await clean(second);
});

test("the configuration goes out as a file; coming back it shows what it changes before it does", { timeout: 60_000 }, async () => {
  const tab = await settings();
  const { page } = tab;
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export" }).click()]);
  const config = JSON.parse(readFileSync(await download.path(), "utf8"));
  const give = (text) => page.locator('input[type="file"]').setInputFiles({ name: "curlew.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await give(JSON.stringify({ ...config, colour: 1 }));
  await page.getByText("The file was refused; nothing was changed").waitFor();
  config.facility.phone = "+966112345678";
  await give(JSON.stringify(config));
  await page.getByRole("row", { name: /changed.*\/facility.*phone/ }).waitFor();
  assert.equal(await page.getByLabel("Phone").inputValue() === "+966112345678", false, "a plan changed the settings");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Apply these changes" }).click();
  await page.getByText("The file is applied.").waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((i) => i.value === "+966112345678"));
  await clean(tab);
});

test("what the retention no longer keeps is removed at once, after a question", { timeout: 60_000 }, async () => {
  const tab = await settings();
  const { page } = tab;
  await page.getByRole("button", { name: "Remove what is too old" }).click();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("dialog").getByRole("button", { name: "Remove what is too old" }).click();
  await page.getByText("Done: 0 rows removed.").waitFor();
  await clean(tab);
});

test("what the config file owns is marked as such, what was made by hand is not", { timeout: 60_000 }, async () => {
  const tab = await settings();
  const { page } = tab;
  const note = page.getByText("This comes from the configuration file.");
  await note.waitFor();
  const made = await fetch(`${demo.url}/api/v1/pbxs`, {
    method: "POST", headers: { Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "by-hand", active: false, esl: { host: "127.0.0.1", port: 8021, password: "${env:NONE}" }, callback: { host: "127.0.0.1", port: 8084 }, gateways: [] }),
  });
  assert.equal(made.status, 201, await made.text());
  for (const [at, owned] of [["/pbxs/main", true], ["/prompts/greeting", true], ["/pbxs/by-hand", false]]) {
    const told = page.waitForResponse((r) => r.url().endsWith("/config/applied") && r.ok());
    await page.goto(demo.url + at);
    await Promise.all([told, settled(page)]);
    if (owned) await note.waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).waitFor();
    assert.equal(await note.count(), owned ? 1 : 0, at);
    assert.deepEqual(await violations(page), []);
  }
  await page.goto(`${demo.url}/pbxs`);
  await settled(page);
  await page.getByText("Config file", { exact: true }).first().waitFor();
  await clean(tab);
});
