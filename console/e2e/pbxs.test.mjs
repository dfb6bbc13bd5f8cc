// The PBX page: what is wrong lands on its field, what is saved is seen live, two tabs do not overwrite each other,
// and a server that restarts takes nothing of what was typed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, freePort, settled, stand, startDemo, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();

test("the demo's PBX is connected, its gateway healthy; a gateway is drained and resumed", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/pbxs`);
  await page.getByText("Connected", { exact: true }).waitFor();
  await page.getByRole("link", { name: "main" }).click();
  await page.getByRole("button", { name: "Drain trunk1" }).click();
  await page.getByText("trunk1: draining").waitFor();
  await page.getByRole("button", { name: "Resume trunk1" }).click();
  await page.getByText("trunk1: healthy").waitFor();
  await clean(tab);
});

test("a test call is placed, heard step by step, answered by its phone and hung up; a mistake lands on its field", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/pbxs/main`);
  await page.getByLabel("Number to call").fill("12");
  await page.getByRole("button", { name: "Call now" }).click();
  await page.getByText(/is no E.164 number/).waitFor();
  assert.equal(await page.getByLabel("Number to call").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Number to call").fill("+12025550101");
  await page.getByLabel("What is played").selectOption("Appointment reminder");
  await page.getByRole("combobox", { name: "Gateway", exact: true }).selectOption("trunk2");
  await page.getByRole("button", { name: "Call now" }).click();
  const said = page.getByRole("list", { name: "What happens on the call" });
  await said.getByText("Answer saved").waitFor({ timeout: 30_000 });
  await page.getByText(/^The call to .+ through trunk2 is over$/).waitFor({ timeout: 30_000 });
  await said.getByText("ended normally", { exact: false }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("Number to call").fill("+12025550100");
  await page.getByRole("button", { name: "Call now" }).click();
  await page.getByText(/^Calling .+ through trunk2$/).waitFor();
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.getByText(/^The call to .+00 through trunk2 is over$/).waitFor({ timeout: 30_000 });
  await page.getByText("Earlier test calls: 1").waitFor();
  await page.mouse.move(0, 0); // a time under the pointer shows its tooltip
  await clean(tab);
  const activities = await (await fetch(`${demo.url}/api/v1/activities`, { headers: { Authorization: `Bearer ${demo.key}` } })).json();
  assert.equal(activities.items.length, 0, "a test call became somebody's activity");
});

test("mistakes land on their fields; a PBX that cannot be reached is saved and says so; it is deleted", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/pbxs`);
  await page.getByRole("link", { name: "Connect a PBX" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("main");
  await page.getByLabel("Event socket host").fill("127.0.0.1");
  await page.getByLabel("Event socket password").fill("not-the-shipped-one");
  await page.getByLabel("Curlew's host as FreeSWITCH sees it").fill("127.0.0.1");
  await save(page);
  await page.getByText("taken", { exact: true }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Name", exact: true }).getAttribute("aria-invalid"), "true", "a conflict lands on its field");
  await page.getByLabel("Event socket host").fill("");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("second");
  await page.getByRole("button", { name: "Add a gateway" }).click();
  await page.getByLabel("Name in FreeSWITCH").fill("trunk9");
  await page.getByLabel("Caller ID number").fill("12");
  await save(page);
  for (const label of ["Event socket host", "Caller ID number"]) {
    await page.getByLabel(label).and(page.locator(`[aria-invalid="true"]`)).waitFor();
  }
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("Event socket host").fill("127.0.0.1");
  await page.getByLabel("Event socket port").fill(String(await freePort()));
  await page.getByLabel("Event socket password").fill("not-the-shipped-one");
  await page.getByLabel("Curlew's host as FreeSWITCH sees it").fill("127.0.0.1");
  await page.getByLabel("Caller ID number").fill("+12025550199");
  await page.getByLabel("Numbers it may dial begin with").first().fill("+1202");
  await page.keyboard.press("Enter");
  await save(page);
  await page.getByRole("heading", { name: "second" }).waitFor();
  await page.getByText("Not connected", { exact: true }).waitFor();
  await page.getByText(/connection refused/).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("link", { name: "second" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "main" }).waitFor();
  await clean(tab);
});

test("of two tabs the second sees both versions and chooses", { timeout: 60_000 }, async () => {
  const first = await visit(chrome.browser, demo.url);
  const second = await visit(chrome.browser, demo.url);
  for (const { page } of [first, second]) {
    await page.goto(`${demo.url}/pbxs/main`);
    await settled(page);
    await page.getByLabel("Kept for incoming calls").fill("40");
  }
  await save(first.page);
  await first.page.getByText("Saved.", { exact: true }).waitFor();
  await second.page.getByLabel("Kept for incoming calls").fill("50");
  await save(second.page);
  const told = second.page.getByRole("alert").filter({ hasText: "Somebody else saved this meanwhile" });
  await told.getByRole("row", { name: "/reserve_inbound 50 40" }).waitFor();
  assert.deepEqual(await violations(second.page), []);
  await told.getByRole("button", { name: "Save mine over it" }).click();
  await second.page.getByText("Saved.", { exact: true }).waitFor();
  await first.page.reload();
  await settled(first.page);
  assert.equal(await first.page.getByLabel("Kept for incoming calls").inputValue(), "50 %");
  await first.context.close();
  await clean(second);
});

test("a restart of the server keeps what was typed, and the page reconnects by itself", { timeout: 90_000 }, async () => {
  const port = await freePort();
  let own = await startDemo(port);
  const tab = await visit(chrome.browser, own.url);
  const { page } = tab;
  try {
    await page.goto(`${own.url}/pbxs/main`);
    await settled(page);
    await page.getByLabel("Kept for incoming calls").fill("35");
    await own.stop();
    await save(page);
    await page.getByRole("alert").first().waitFor();
    assert.equal(await page.getByLabel("Kept for incoming calls").inputValue(), "35 %", "what was typed is gone");
    own = await startDemo(port);
    await page.getByText("Connected", { exact: true }).first().waitFor({ timeout: 30_000 });
    assert.equal(await page.getByLabel("Kept for incoming calls").inputValue(), "35 %", "what was typed is gone");
  } finally {
    await tab.context.close();
    await own.stop();
  }
});
