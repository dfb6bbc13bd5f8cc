// Voice prompts as an admin makes them: written, recorded with a microphone, uploaded and refused, listened to, brought
// back, inactivated with its warning; and two people at the same prompt.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

let folder;
const { demo, chrome } = stand({ browserOptions: () => {
  folder = mkdtempSync(path.join(tmpdir(), "curlew-voice-"));
  writeFileSync(path.join(folder, "voice.wav"), wav(voice(6, 48_000), 48_000));
  return { args: [`--use-file-for-fake-audio-capture=${folder}/voice.wav`] };
} });
after(() => rmSync(folder, { recursive: true, force: true }));

// voice is like speech to a level meter: vowels of a low voice, four syllables a second, a pause after each second.
function voice(seconds, rate, level = 0.2) {
  return Float32Array.from({ length: seconds * rate }, (_, i) => {
    const at = i / rate;
    const syllable = at % 1 > 0.8 ? 0 : Math.sin(Math.PI * 4 * at) ** 2;
    const vowel = [1, 2, 3, 4, 5, 6, 8].reduce((sum, n) => sum + Math.sin(2 * Math.PI * 140 * n * (at + 0.001 * Math.sin(7 * at))) / n, 0);
    return level * syllable * vowel;
  });
}

function wav(samples, rate, channels = 1) {
  const file = Buffer.alloc(44 + 2 * channels * samples.length);
  file.write("RIFF", 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * channels * rate, 28);
  file.writeUInt16LE(2 * channels, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(file.length - 44, 40);
  samples.forEach((s, i) => {
    for (let c = 0; c < channels; c++) file.writeInt16LE(Math.round(s * 32767), 44 + 2 * (channels * i + c));
  });
  return file;
}

const ask = (method, at, body, headers = {}) =>
  fetch(`${demo.url}/api/v1${at}`, { method, headers: { Authorization: `Bearer ${demo.key}`, "Content-Type": "application/json", ...headers }, body: body && JSON.stringify(body) });

const english = (page) => page.getByRole("region", { name: "English" });
const saved = (page) => page.getByRole("status").getByText("Saved.").waitFor();

test("a text is written with a variable, heard, recorded by microphone, saved, played, and its older version brought back", { timeout: 90_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/prompts`);
  await page.getByLabel("Search").fill("token");
  await page.getByRole("link", { name: "Token number" }).click();
  const card = english(page);
  await card.getByLabel("Text").fill("You are number");
  await card.getByRole("button", { name: "Insert data.token_number" }).press("Enter");
  assert.equal(await card.getByLabel("Text").inputValue(), "You are number {{data.token_number}}");
  await card.getByRole("button", { name: "Hear the text" }).click();
  await card.getByRole("button", { name: "Stop playing" }).waitFor();
  await page.getByLabel("Counter or desk").fill("Counter 3");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await saved(page);

  await card.getByRole("button", { name: "Record in English" }).click();
  await card.getByText("3 / 120 s").waitFor();
  assert.deepEqual(await violations(page), []);
  await card.getByRole("button", { name: "Stop" }).click();
  await card.getByRole("button", { name: "Listen" }).click();
  await card.getByRole("button", { name: "Stop playing" }).waitFor();
  await card.getByRole("button", { name: "Use this recording" }).click();
  await card.getByText("The recording fits").waitFor();
  await card.getByText("8 kHz").waitFor();
  await card.getByLabel("Text").fill("You are next.");
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  const kept = await (await ask("GET", "/prompts/token_number")).json();
  assert.match(kept.languages.en.audio, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(kept.fields, { counter: "Counter 3" });
  await page.reload();
  await card.getByRole("button", { name: "Play" }).click();
  await card.getByRole("button", { name: "Stop playing" }).waitFor();
  await card.getByRole("button", { name: "Stop playing" }).click();

  await page.getByRole("button", { name: /Version 1/ }).click();
  await page.getByText("You are number {{data.token_number}}").waitFor();
  await page.getByRole("button", { name: "Take it back into the form" }).click();
  assert.equal(await card.getByLabel("Text").inputValue(), "You are number {{data.token_number}}");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: /Version 3/ }).waitFor();
  await page.getByRole("button", { name: "Delete prompt" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete prompt" }).click();
  await page.getByRole("heading", { name: "Voice Prompt Configuration" }).waitFor();
  assert.equal((await ask("GET", "/prompts/token_number")).status, 404);
  await clean(tab);
});

test("an upload that cannot be used says why; stereo at 44.1 kHz is converted; one on its way can be cancelled", { timeout: 60_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/prompts/goodbye`);
  const card = english(page);
  await settled(page);
  const choose = (name, buffer) => card.locator('input[type="file"]').setInputFiles({ name, mimeType: "audio/wav", buffer });
  await choose("silence.wav", wav(voice(2, 8000, 0), 8000));
  await card.getByText(/100 % of it is silence: record it again/).waitFor();
  assert.deepEqual(await violations(page), []);
  await choose("prompt.wav", Buffer.from("PK\u0003\u0004 a zip in disguise"));
  await card.getByText(/a ZIP archive, not WAV/).waitFor();
  const film = path.join(folder, "film.wav");
  writeFileSync(film, "");
  truncateSync(film, 33 << 20);
  await card.locator('input[type="file"]').setInputFiles(film);
  await card.getByText(/larger than 32 MB/).waitFor();
  await choose("studio.wav", wav(voice(2, 44_100), 44_100, 2));
  await card.getByText("Converted from WAV to 8 kHz mono WAV.").waitFor();
  await card.getByRole("button", { name: "Remove" }).click();
  await page.route("**/api/v1/recordings", () => undefined); // a server that never answers
  await choose("slow.wav", wav(voice(2, 8000), 8000));
  await card.getByRole("button", { name: "Cancel" }).click();
  await card.getByRole("button", { name: "Record in English" }).waitFor();
  assert.equal(await card.getByRole("alert").count(), 0, "a cancelled upload is no mistake");
  await clean(tab);
});

test("a prompt in use warns before it is inactivated and is not deleted", { timeout: 40_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/prompts/greeting`);
  await page.getByRole("switch", { name: "Active" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  const sure = page.getByRole("dialog", { name: "Inactivate a prompt in use?" });
  await sure.getByRole("link", { name: "Appointment reminder" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await sure.getByRole("button", { name: "Inactivate" }).click();
  await page.getByText(/plays this prompt: its calls go on without it/).waitFor();
  await page.getByRole("button", { name: "Delete prompt" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete prompt" }).click();
  await page.getByRole("dialog").getByText("used by configuration Appointment reminder").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
  await page.getByRole("switch", { name: "Active" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  await clean(tab);
});

test("what somebody else saved meanwhile is shown beside one's own and not overwritten unseen", { timeout: 40_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/prompts/no_input`);
  const text = english(page).getByLabel("Text");
  await text.fill("Mine.");
  const theirs = await (await ask("GET", "/prompts/no_input")).json();
  theirs.languages.en.text = "Theirs.";
  assert.equal((await ask("PUT", "/prompts/no_input", theirs)).status, 200);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("Theirs.").waitFor();
  assert.equal(await text.inputValue(), "Mine.");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Save mine over it" }).click();
  await saved(page);
  assert.equal((await (await ask("GET", "/prompts/no_input")).json()).languages.en.text, "Mine.");
  await text.fill("Hello {{data.nothing}}.");
  await page.getByRole("button", { name: "Save" }).click();
  await english(page).locator('[aria-invalid="true"]').waitFor();
  await clean(tab);
});

test("a hospital's own category is added with its field, refused at the field that is wrong, and deleted", { timeout: 40_000 }, async () => {
  const tab = await visit(chrome.browser, demo.url);
  const { page } = tab;
  await page.goto(`${demo.url}/prompts`);
  await page.getByRole("button", { name: "Add a category" }).click();
  const form = page.getByRole("dialog", { name: "Add a category" });
  await form.getByLabel("Name", { exact: false }).first().fill("Parking hint!");
  await form.getByRole("button", { name: "Save" }).click();
  await form.locator('[aria-invalid="true"]').waitFor();
  await form.getByLabel("Name", { exact: false }).first().fill("parking_hint");
  await form.getByLabel("Title").fill("Where to park");
  await form.getByRole("button", { name: "Add a field" }).click();
  await form.getByRole("group", { name: "Fields" }).getByLabel("Name").fill("garage");
  await form.getByLabel("English").fill("Park in {{field.garage}}.");
  assert.deepEqual(await violations(page), []);
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Where to park" }).waitFor();
  await page.getByRole("textbox", { name: "garage" }).fill("garage B");
  await english(page).getByRole("button", { name: "Hear the text" }).click();
  await english(page).getByRole("button", { name: "Stop playing" }).waitFor();
  await page.getByRole("button", { name: "Delete category" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete category" }).click();
  await page.getByRole("heading", { name: "Voice Prompt Configuration" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Where to park" }).count(), 0);
  await clean(tab);
});

for (const look of [{ language: "en", scheme: "dark", width: 390, height: 844 }, { language: "ar" }, { language: "hi", scheme: "dark" }]) {
  test(`a prompt's own page is accessible: ${JSON.stringify(look)}`, { timeout: 30_000 }, async () => {
    const tab = await visit(chrome.browser, demo.url, look);
    await tab.page.goto(`${demo.url}/prompts/voicemail`);
    await settled(tab.page);
    await tab.page.locator("textarea").first().waitFor();
    assert.ok((await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "it is too wide");
    assert.deepEqual(await violations(tab.page), []);
    if (look.language !== "en") {
      await tab.page.goto(`${demo.url}/prompts`);
      await settled(tab.page);
      const names = await tab.page.locator('main a[href^="/prompts/"]').allTextContents();
      assert.ok(names.length > 30);
      assert.deepEqual(names.filter((n) => /^[\x20-\x7e]+$/.test(n)), [], "categories without a name in the reader's language");
    }
    await clean(tab);
  });
}
