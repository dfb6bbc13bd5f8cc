// The whole story on a server that knows nothing yet: connect a PBX, define prompts, create a configuration, fire an event,
// watch the call, see the answer, see the fall-back. On the way the server restarts and takes nothing of what was typed.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { binary, clean, freePort, open, settled, start, violations, visit } from "./browser.mjs";

const account = { sid: "ACstory0000000000000000000000000000", token: "storytoken000000000000000000000000" };
const world = { children: [] };

const sim = (...args) => world.children.push(spawn(binary, ["sim", ...args], { stdio: "ignore" }));

// serve starts the server, again on the same database and the same address.
const serve = async () => {
  world.server = await start(["serve", "--config", world.config, "--db", world.db, "--data", world.folder, "--listen", `127.0.0.1:${world.web}`, "--esl-listen", `127.0.0.1:${world.callback}`], world.url);
};

before(async () => {
  world.folder = mkdtempSync(path.join(tmpdir(), "curlew-story-"));
  world.db = path.join(world.folder, "c.db");
  [world.web, world.callback, world.esl, world.twilio] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  world.url = `http://127.0.0.1:${world.web}`;
  world.config = path.join(world.folder, "curlew.json");
  writeFileSync(world.config, JSON.stringify({
    facility: { name: "City Hospital", time_zone: "Asia/Riyadh", languages: ["en"], public_base_url: world.url },
    pbxs: [], prompts: [], configurations: [],
    channels: { twilio: { account_sid: account.sid, auth_token: "${env:STORY_TOKEN}", base_url: `http://127.0.0.1:${world.twilio}`, sms_from: "+12025550199" } },
  }));
  process.env.STORY_TOKEN = account.token;
  sim("freeswitch", "--listen", `127.0.0.1:${world.esl}`, "--password", "of-the-story", "--gateways", "trunk1", "--ring-time", "300ms", "--key-delay", "300ms");
  sim("twilio", "--listen", `127.0.0.1:${world.twilio}`, "--account-sid", account.sid, "--auth-token", account.token, "--inbound", `${world.url}/webhooks/twilio/inbound`);
  world.key = /c\w+_\S+/.exec(execFileSync(binary, ["keys", "--db", world.db, "create", "story", "--scopes", "admin"]).toString())[0];
  world.chrome = await open();
  await serve();
});

after(async () => {
  await world.chrome?.close();
  await world.server?.stop();
  for (const child of world.children) child.kill("SIGTERM");
  rmSync(world.folder, { recursive: true, force: true });
});

async function connectPBX(page) {
  await page.getByRole("link", { name: "PBX Configuration" }).click();
  await page.getByText("Connect a PBX", { exact: true }).last().click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("main");
  await page.getByLabel("Event socket host").fill("127.0.0.1");
  await page.getByLabel("Event socket port").fill(String(world.esl));
  await page.getByLabel("Event socket password").fill("of-the-story");
  await page.getByLabel("Curlew's host as FreeSWITCH sees it").fill("127.0.0.1");
  await page.getByLabel("Curlew's port").fill(String(world.callback));
  await page.getByRole("button", { name: "Add a gateway" }).click();
  await page.getByLabel("Name in FreeSWITCH").fill("trunk1");
  await page.getByLabel("Caller ID number").fill("+12025550199");
  await page.getByLabel("Numbers it may dial begin with").first().fill("+1202555");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Connected", { exact: true }).waitFor();
  await page.getByText("trunk1: healthy").waitFor();
}

async function definePrompts(page) {
  for (const [name, text] of [["Greeting", "Hello, this is {{facility.name}}."], ["Menu of keys", "{{action.phrase}}, press {{action.key}}."]]) {
    await page.getByRole("link", { name: "Voice Prompt Configuration" }).click();
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await settled(page);
    const box = page.getByRole("textbox", { name: /Text/ }).first();
    await box.fill(text);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved.", { exact: true }).waitFor();
  }
}

async function createConfiguration(page) {
  await page.getByRole("link", { name: "Outbound Configuration" }).click();
  await page.getByRole("link", { name: "New configuration" }).click();
  await page.getByLabel("Name").fill("Booked");
  await page.getByRole("button", { name: "Begin the draft" }).click();
  await page.getByRole("heading", { name: "Booked" }).waitFor();
  await page.getByRole("radiogroup", { name: "When" }).getByText("At once").click();
  await page.getByRole("textbox", { name: "From" }).first().fill("00:00");
  await page.getByRole("textbox", { name: "To", exact: true }).first().fill("24:00");
  await page.getByRole("button", { name: "SMS" }).last().click();
  await page.getByRole("region", { name: "2. SMS" }).waitFor();
  await page.getByRole("status").filter({ hasText: /^Draft saved$/ }).waitFor();
}

const patient = (digits) => ({
  id: `story-${digits}`, component: "Appointment", event: "Booked", occurred_at: new Date().toISOString(),
  subject: { id: `A-${digits}`, time: new Date(Date.now() + 26 * 3600_000).toISOString() },
  recipient: { id: `P-${digits}`, name: "Amina Yusuf", phone: `+120255501${digits}`, language: "en" }, data: {},
});

async function fire(digits) {
  const answer = await fetch(`${world.url}/api/v1/events`, { method: "POST", headers: { Authorization: `Bearer ${world.key}`, "Content-Type": "application/json" }, body: JSON.stringify(patient(digits)) });
  assert.equal(answer.status, 202, await answer.text());
}

test("from nothing to a patient's answer, and to the fall-back", { timeout: 180_000 }, async () => {
  const tab = await visit(world.chrome.browser, world.url);
  const { page } = tab;
  await page.goto(world.url);
  await page.getByText("API key", { exact: true }).click();
  await page.locator('input[type="password"]').fill(world.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Four steps to the first call.").waitFor();
  assert.deepEqual(await violations(page), []);
  await connectPBX(page);
  await definePrompts(page);
  await createConfiguration(page);

  await world.server.stop();
  await page.getByRole("region", { name: "2. SMS" }).getByRole("textbox").first().fill("City Hospital: please answer {{link}}");
  await page.getByRole("alert").filter({ hasText: "The server does not answer" }).waitFor();
  await serve();
  await page.getByText("Everything fits: it can be activated.").waitFor({ timeout: 30_000 });
  await page.getByRole("group", { name: "Messages as a phone shows them" }).getByText(/^City Hospital: please answer http/).waitFor({ timeout: 30_000 });
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Review and activate" }).click();
  await page.getByRole("button", { name: "Activate the draft" }).click();
  await page.getByText("The configuration is active").waitFor();

  await page.getByRole("link", { name: "IVR Activities" }).click();
  await settled(page);
  await fire("01");
  const first = page.getByRole("row").filter({ hasText: "Phone call" }).filter({ hasText: "Completed" });
  await first.waitFor({ timeout: 60_000 });
  await first.getByRole("button").first().click();
  await page.getByText("Confirm", { exact: true }).first().waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "IVR Logs" }).click();
  await settled(page);
  await page.getByText(/NORMAL_CLEARING|Answered/).first().waitFor();

  await page.getByRole("link", { name: "IVR Activities" }).click();
  await fire("13");
  const second = page.getByRole("row").filter({ hasText: "SMS" }).filter({ hasText: "Completed" });
  await second.waitFor({ timeout: 60_000 });
  await second.getByRole("button").first().click();
  await page.getByText("Declined").first().waitFor();
  await page.getByText("Confirm", { exact: true }).first().waitFor();
  await clean(tab);
});
