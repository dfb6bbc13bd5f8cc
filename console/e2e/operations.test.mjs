// The pages of daily work with something in them: an activity with its reasons, its log as a timeline, opt-outs,
// people and keys; and the sign-in with a session that ends in the middle of typing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { clean, freePort, root, settled, stand, start, violations, visit } from "./browser.mjs";

const binary = process.env.CURLEW || path.join(root, "bin/curlew");
const { demo, chrome } = stand();

async function fire(digits) {
  const event = {
    id: `evt-${digits}`, component: "Appointment", event: "Booked", occurred_at: "2026-12-01T06:00:00Z",
    subject: { id: `A-9${digits}`, time: "2026-12-01T20:30:00+03:00" },
    recipient: { id: `P-${digits}`, name: "Amina", phone: `+120255501${digits}`, email: `p${digits}@example.org`, language: "en" },
    data: { doctor: "Dr. Rao", department: "Cardiology" },
  };
  const answer = await fetch(`${demo.url}/api/v1/events`, { method: "POST", headers: { Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json" }, body: JSON.stringify(event) });
  assert.equal(answer.status, 202);
}

test("an activity appears by itself, says what became of it, and its log is a timeline in plain words", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/activities`);
  await settled(page);
  await fire("01");
  await fire("11");
  await page.getByRole("button", { name: /A-901/ }).waitFor();
  await page.getByRole("row", { name: /A-901.*Completed.*Confirm/ }).waitFor({ timeout: 40_000 });
  await page.getByRole("button", { name: /A-911/ }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Busy", { exact: true }).waitFor();
  await drawer.getByText("Why not yet?").waitFor();
  await drawer.getByText("Waits for the next try").first().waitFor();
  assert.deepEqual(await violations(page), []);
  await drawer.getByRole("button", { name: "Cancel this activity" }).click();
  await page.getByRole("dialog", { name: "Cancel this activity?" }).getByRole("button", { name: "Cancel this activity" }).click();
  await drawer.getByText("Cancelled", { exact: true }).first().waitFor();
  await drawer.getByRole("link", { name: "Log of this activity" }).click();
  await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
  await page.getByText("the line was busy").waitFor();
  await clean(tab);
});

test("the filter narrows the list and stands in the address", { timeout: 30_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  await tab.page.goto(`${demo.url}/activities?state=cancelled`);
  await tab.page.getByRole("button", { name: /A-911/ }).waitFor();
  assert.equal(await tab.page.getByRole("button", { name: /A-901/ }).count(), 0);
  await tab.page.getByLabel("Search").fill("nobody at all");
  await tab.page.getByText("Nothing matches").waitFor();
  await clean(tab);
});

test("an opt-out with a mistake is refused at its field; a file with one by its line; a right one is kept and deleted", { timeout: 40_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/opt-outs`);
  await page.getByRole("button", { name: "Add an opt-out" }).first().click();
  await page.getByLabel("Number or e-mail").fill("0800 FLOWERS");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").locator('[aria-invalid="true"]').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByLabel("Number or e-mail").fill("+12025550142");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row", { name: /\+12025550142/ }).waitFor();
  await page.getByRole("button", { name: "Import CSV" }).click();
  await page.locator('input[type="file"]').setInputFiles({ name: "o.csv", mimeType: "text/csv", buffer: Buffer.from("address\n+12025550143\nnonsense\n") });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("Line 3").waitFor();
  await page.locator('input[type="file"]').setInputFiles({ name: "o.csv", mimeType: "text/csv", buffer: Buffer.from("address\n+12025550143\n") });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("1 opt-outs imported.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("button", { name: "Delete the opt-out of +12025550143" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("row", { name: /\+12025550143/ }).waitFor({ state: "detached" });
  await clean(tab);
});

test("an import of 50,000 opt-outs shows how far it is, and cancelled leaves nothing", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  const file = Buffer.from(`address\n${Array.from({ length: 50_000 }, (_, i) => `+1999${String(i).padStart(7, "0")}`).join("\n")}\n`);
  const imported = async () => (await (await fetch(`${demo.url}/api/v1/opt-outs?limit=500`, { headers: { Authorization: `Bearer ${demo.key}` } })).json()).items.filter((o) => o.address.startsWith("+1999")).length;
  await page.goto(`${demo.url}/opt-outs`);
  await page.getByRole("button", { name: "Import CSV" }).click();
  await page.locator('input[type="file"]').setInputFiles({ name: "o.csv", mimeType: "text/csv", buffer: file });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText(/^\d+ of 50000 rows$/).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Cancelled. Nothing of the file was kept.").waitFor();
  assert.deepEqual(await violations(page), []);
  for (const until = Date.now() + 20_000; (await imported()) > 0; await new Promise((r) => setTimeout(r, 100))) assert.ok(Date.now() < until, "a cancelled import left rows");
  await clean(tab);
});

test("a key is shown once; a person signs in, finds what the role allows, and goes on where the session ended", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  await tab.page.goto(`${demo.url}/users`);
  await tab.page.getByRole("tab", { name: "API keys" }).click();
  await tab.page.getByRole("button", { name: "Add an API key" }).first().click();
  await tab.page.getByLabel("Name").fill("desk");
  await tab.page.getByRole("button", { name: "Add", exact: true }).click();
  await tab.page.getByText(/^c(k|urlew)_/).waitFor();
  await clean(tab);

  const folder = mkdtempSync(path.join(tmpdir(), "curlew-e2e-"));
  const db = path.join(folder, "c.db");
  const password = execFileSync(binary, ["users", "--db", db, "create", "amina", "--role", "operator"]).toString().trim();
  const [web, esl] = [await freePort(), await freePort()];
  const env = Object.fromEntries([...JSON.stringify(demoConfig()).matchAll(/\$\{env:([A-Z_]+)\}/g)].map(([, name]) => [name, "x"]));
  Object.assign(process.env, env);
  const server = await start(["serve", "--config", path.join(root, "examples/demo.json"), "--db", db, "--data", folder, "--listen", `127.0.0.1:${web}`, "--esl-listen", `127.0.0.1:${esl}`], `http://127.0.0.1:${web}`);
  try {
    const desk = await visit(chrome.browser, server.url);
    const { page } = desk;
    await page.goto(`${server.url}/opt-outs`);
    await page.getByRole("textbox", { name: "Name" }).fill("amina");
    await page.locator('input[type="password"]').fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Name and password do not fit.").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.locator('input[type="password"]').fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Opt-outs" }).first().waitFor();
    assert.equal(await page.getByRole("link", { name: "Audit" }).count(), 0, "an operator finds no audit");
    await page.getByRole("button", { name: "Add an opt-out" }).first().click();
    await page.getByLabel("Number or e-mail").fill("+12025550150");
    await desk.context.clearCookies();
    await page.getByRole("button", { name: "Save" }).click();
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.waitFor();
    assert.equal(await page.getByLabel("Number or e-mail").inputValue(), "+12025550150", "what was typed is gone");
    await again.getByRole("textbox", { name: "Name" }).fill("amina");
    await again.locator('input[type="password"]').fill(password);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: /\+12025550150/ }).waitFor();
    await clean(desk);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

function demoConfig() {
  return JSON.parse(execFileSync("cat", [path.join(root, "examples/demo.json")]).toString());
}
