// A session that ends in the middle of a form: what was typed stays, and is saved once somebody has signed in again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, settled, stand, violations, visit } from "./browser.mjs";

const { demo, chrome } = stand();

const forms = {
  settings: { path: "/settings", field: (p) => p.getByLabel("Currency"), value: "AED", save: (p) => p.getByRole("button", { name: "Save", exact: true }).first().click(), saved: (p) => p.getByText("Saved.", { exact: true }).first() },
  PBX: { path: "/pbxs/main", field: (p) => p.getByLabel("Kept for incoming calls"), value: "45 %", save: (p) => p.getByRole("button", { name: "Save", exact: true }).click(), saved: (p) => p.getByText("Saved.", { exact: true }) },
  prompt: { path: "/prompts/greeting", field: (p) => p.getByRole("textbox", { name: /Text/ }).first(), value: "Good morning, this is {{facility.name}}.", save: (p) => p.getByRole("button", { name: "Save", exact: true }).click(), saved: (p) => p.getByText("Saved.", { exact: true }) },
  configuration: { path: "/configurations/Appointment%20reminder", field: (p) => p.getByLabel("How long before").first(), value: "26", save: async () => {}, saved: (p) => p.getByRole("status").filter({ hasText: /^Draft saved$/ }) },
};

for (const [name, form] of Object.entries(forms)) {
  test(`the session ends in the middle of the ${name} form: nothing typed is lost`, { timeout: 60_000 }, async () => {
    const tab = await visit(chrome.browser, demo.url);
    const { page } = tab;
    await page.goto(demo.url + form.path);
    await settled(page);
    await form.field(page).waitFor();
    await page.route("**/api/v1/**", (route) => (route.request().method() === "PUT" ? route.fulfill({ status: 401, contentType: "application/problem+json", body: '{"type":"about:blank","title":"Unauthorized","status":401}' }) : route.fallback()));
    await form.field(page).fill(form.value);
    await form.save(page);
    const again = page.getByRole("dialog", { name: "Your session has ended" });
    await again.waitFor();
    assert.deepEqual(await violations(page), []);
    await page.unroute("**/api/v1/**");
    await again.getByText("API key", { exact: true }).click();
    await again.locator('input[type="password"]').fill(demo.key);
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "detached" });
    assert.equal(await form.field(page).inputValue(), form.value, "what was typed is gone");
    await form.save(page);
    await form.saved(page).waitFor();
    await clean(tab);
  });
}
