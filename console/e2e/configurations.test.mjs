// The Outbound Configuration page: the draft saves itself and is checked while one types, strings are put in order by mouse,
// keyboard and button, the cascade is seen, heard and read before it is activated, and nothing typed is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();
const reminder = "/configurations/Appointment%20reminder";

async function opened(path, base = demo) {
  const tab = await visit(chrome.browser, base.url);
  await tab.page.goto(base.url + path);
  await settled(tab.page);
  return tab;
}

const saved = (page) => page.getByRole("status").filter({ hasText: /^Draft saved$/ }).waitFor();
const playing = (page) => page.getByRole("list", { name: "Voice Play Sequence" }).getByRole("listitem");
const played = async (page) => (await playing(page).allInnerTexts()).map((s) => s.replace(/\s+/g, " ").trim());
const api = (path, method = "GET", base = demo) => fetch(base.url + path, { method, headers: { Authorization: `Bearer ${base.key}` } });
const discarded = () => api(`/api/v1${reminder}/draft`, "DELETE");

test("strings are put in order by mouse, by keyboard and by button; the draft saves itself", { timeout: 90_000 }, async () => {
  const tab = await opened(reminder);
  const { page } = tab;
  assert.deepEqual(await played(page), ["1. Greeting", "2. Patient's name", "3. Date of the appointment", "4. Time of the appointment", "5. Menu of keys"]);
  await page.getByRole("button", { name: "Drag Time of the appointment" }).last().dragTo(playing(page).nth(1), { steps: 12 });
  await page.getByText("Time of the appointment plays at place 2 of 5.").waitFor({ state: "attached" });
  assert.equal((await played(page))[1], "2. Time of the appointment");

  await page.getByRole("button", { name: "Drag Time of the appointment" }).last().focus();
  await page.keyboard.press("Space");
  await page.getByText("Time of the appointment is over Time of the appointment.").waitFor({ state: "attached" });
  await page.keyboard.press("ArrowDown");
  await page.getByText("Time of the appointment is over Patient's name.").waitFor({ state: "attached" });
  await page.keyboard.press("Space");
  await page.getByText("Time of the appointment plays at place 3 of 5.").waitFor({ state: "attached" });

  await page.getByRole("button", { name: "Play Time of the appointment later" }).click();
  await page.getByRole("button", { name: "Drag Greeting" }).first().dragTo(playing(page).nth(4), { steps: 12 });
  await page.getByText("Greeting plays at place 5 of 6.").waitFor({ state: "attached" });
  await playing(page).nth(4).getByRole("button", { name: "Take Greeting out" }).click();
  assert.deepEqual(await played(page), ["1. Greeting", "2. Patient's name", "3. Date of the appointment", "4. Time of the appointment", "5. Menu of keys"]);

  await page.getByRole("button", { name: "Take Greeting out" }).click();
  await saved(page);
  const kept = await (await api(`/api/v1${reminder}/draft`)).json();
  assert.deepEqual(kept.configuration.steps[0].sequence, ["patient_name", "appointment_date", "appointment_time", "action_menu"]);
  const inForce = await (await api(`/api/v1${reminder}`)).json();
  assert.equal(inForce.steps[0].sequence[0], "greeting", "the draft changed what is in force");
  await clean(tab);
  await discarded();
});

test("what is wrong is said on its field while one types, and heard and read once it is right", { timeout: 90_000 }, async () => {
  const tab = await opened(reminder);
  const { page } = tab;
  const calls = page.getByRole("region", { name: "1. Phone call" });
  await calls.getByRole("button", { name: "Add Doctor's name" }).click();
  await playing(page).last().getByText("there is no prompt for doctor_name").waitFor();
  await calls.getByLabel("Caller ID number").fill("12");
  await page.getByRole("button", { name: "1. Phone call › Caller ID number: is no E.164 number" }).waitFor();
  assert.equal(await calls.getByLabel("Caller ID number").getAttribute("aria-invalid"), "true");
  assert.ok(await page.getByText("It can be heard once everything fits").isVisible());
  assert.deepEqual(await violations(page), []);
  await calls.getByLabel("Caller ID number").fill("");
  await calls.getByLabel("Own rule for how a try ended").selectOption("busy");
  await saved(page);
  assert.deepEqual((await (await api(`/api/v1${reminder}/draft`)).json()).configuration.steps[0].retry.by_disposition, { busy: { max_attempts: 3, interval: "PT10M" } });
  await playing(page).last().getByRole("button", { name: /Take .* out/ }).click();

  await page.getByRole("button", { name: /^3\. SMS/ }).click();
  const sms = page.getByRole("region", { name: "3. SMS" });
  await sms.getByRole("textbox").first().fill("{{facility.name}}: {{subject.colour}} {{link}}");
  await page.getByRole("button", { name: /3\. SMS › Text.*subject\.colour/ }).waitFor();
  await sms.getByRole("textbox").first().fill("Come to {{facility.name}}: {{link}}");
  await page.getByText("Everything fits: it can be activated.").waitFor();
  const phone = page.getByRole("group", { name: "Messages as a phone shows them" });
  await phone.getByText(/^Come to City Hospital: /).waitFor();
  const said = page.getByRole("list", { name: "What is said" });
  await said.getByText("Hello, this is City Hospital.").waitFor();
  await page.getByRole("button", { name: /^Play the call/ }).click();
  await page.getByRole("button", { name: "Stop playing" }).waitFor();
  await clean(tab);
  await discarded();
});

test("a draft is compared, activated, and gone back from", { timeout: 90_000 }, async () => {
  const tab = await opened(reminder);
  const { page } = tab;
  await page.getByLabel("How long before").first().fill("48");
  await page.getByRole("region", { name: "1. Phone call" }).getByLabel("Retries", { exact: true }).fill("1");
  await saved(page);
  await page.getByRole("button", { name: "Review and activate" }).click();
  const dialog = page.getByRole("dialog", { name: "What activating changes" });
  await dialog.getByRole("row", { name: /When › .*PT24H.*PT48H/ }).waitFor();
  await dialog.getByRole("row", { name: /1\. Phone call › Retry policy › Retries .*3.*2/ }).waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole("button", { name: "Activate the draft" }).click();
  await page.getByText("The configuration is active").waitFor();
  await page.getByRole("button", { name: /^Version 2.*in force/ }).waitFor();
  assert.equal((await (await api(`/api/v1${reminder}`)).json()).when.offset, "PT48H");
  await page.getByRole("button", { name: /^Version 1/ }).click();
  await page.getByRole("list", { name: "Where it differs from what you see above" }).getByText("PT24H").waitFor();
  await page.getByRole("button", { name: "Go back to it now" }).click();
  await page.getByRole("button", { name: /^Version 3.*in force/ }).waitFor();
  await page.getByText("24 h before").waitFor();
  assert.equal((await (await api(`/api/v1${reminder}`)).json()).when.offset, "PT24H");
  await clean(tab);
});

test("a new configuration by SMS with a fall-back by mail: begun, activated, inactivated, deleted", { timeout: 90_000 }, async () => {
  const tab = await opened("/configurations");
  const { page } = tab;
  await page.getByRole("link", { name: "New configuration" }).click();
  await page.getByLabel("Name").fill("Appointment reminder");
  await page.getByText("There is a configuration or a draft of this name already.").waitFor();
  await page.getByLabel("Name").fill("Report is ready");
  await page.getByLabel("Component").first().click();
  await page.getByRole("option", { name: "Lab report" }).click();
  await page.getByText("SMS", { exact: true }).click();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Begin the draft" }).click();
  await page.getByRole("heading", { name: "Report is ready" }).waitFor();
  await page.getByText("Never active").waitFor();
  assert.equal(await page.getByText("Voice Play Sequence").count(), 0, "a mode without a call shows a call's fields");
  await page.getByRole("button", { name: "E-mail" }).last().click();
  await page.getByRole("region", { name: "2. E-mail" }).getByLabel("For every language").first().fill("Your report");
  await page.getByText("Everything fits: it can be activated.").waitFor();
  await page.getByText("Your report", { exact: true }).last().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Review and activate" }).click();
  await page.getByRole("button", { name: "Activate the draft" }).click();
  await page.getByText("The configuration is active").waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByText("The configuration is active. Inactivate it first.").waitFor();
  await dialog.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Inactivate", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Inactivate" }).click();
  await page.getByRole("button", { name: "Activate", exact: true }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Outbound Configuration" }).waitFor();
  await page.getByRole("link", { name: "Report is ready" }).waitFor({ state: "detached" });
  await clean(tab);
});

test("a change of mode keeps what both have, and brings back what the other had", { timeout: 60_000 }, async () => {
  const tab = await opened(reminder);
  const { page } = tab;
  const mode = page.getByRole("radiogroup", { name: "Mode" });
  await mode.getByText("SMS").click();
  await page.getByRole("region", { name: "1. SMS" }).getByRole("group", { name: "Confirm" }).waitFor();
  assert.equal(await page.getByText("Voice Play Sequence").count(), 0);
  await mode.getByText("Phone call").click();
  assert.equal((await played(page)).length, 5, "the sequence is gone");
  await clean(tab);
  await discarded();
});

test("of two tabs that change one draft the second sees both and chooses", { timeout: 60_000 }, async () => {
  const [first, second] = [await opened(reminder), await opened(reminder)];
  await second.page.getByLabel("How long before").first().waitFor();
  await second.context.setOffline(true); // what the first does is not seen while the second types
  await first.page.getByLabel("How long before").first().fill("30");
  await saved(first.page);
  await second.page.getByLabel("How long before").first().fill("36");
  await second.context.setOffline(false);
  const told = second.page.getByRole("alert").filter({ hasText: "Somebody else saved this meanwhile" });
  await told.getByRole("row", { name: "/when/offset PT36H PT30H" }).waitFor({ timeout: 20_000 });
  assert.deepEqual(await violations(second.page), []);
  await told.getByRole("button", { name: "Save mine over it" }).click();
  await saved(second.page);
  assert.equal((await (await api(`/api/v1${reminder}/draft`)).json()).configuration.when.offset, "PT36H");
  await first.context.close();
  await clean(second);
  await discarded();
});
