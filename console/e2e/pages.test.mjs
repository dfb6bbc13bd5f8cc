// No page is forgotten: what the navigation knows is looked at by the tests and shown in docs/screenshots.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "./browser.mjs";
import { looks, pages } from "./pages.mjs";

test("every page of the navigation is looked at", () => {
  const source = readFileSync(path.join(root, "console/src/routes.ts"), "utf8");
  const routes = [...source.matchAll(/^ {2}route\("([^"]*)"/gm)].map((m) => `/${m[1]}`);
  assert.ok(routes.length > 12, "routes.ts is read wrongly");
  for (const at of routes) assert.ok(pages.some((p) => p.path === at), `${at} is missing in e2e/pages.mjs`);
});

test("every page has its pictures, and the README shows some", () => {
  const folder = path.join(root, "docs/screenshots");
  const wanted = pages.flatMap((p) => looks.filter((l) => l.name !== "rtl-dark").map((l) => `${p.name}-${l.name}.webp`));
  assert.deepEqual(readdirSync(folder).sort(), wanted.sort(), "make screenshots");
  const gallery = readFileSync(path.join(root, "docs/screenshots.md"), "utf8");
  for (const name of wanted) assert.ok(gallery.includes(`screenshots/${name}`), `docs/screenshots.md lacks ${name}`);
  const shown = [...readFileSync(path.join(root, "README.md"), "utf8").matchAll(/docs\/screenshots\/[\w-]+\.webp/g)].map((m) => m[0]);
  assert.ok(shown.length >= 3, "the README shows no picture");
  for (const picture of shown) assert.ok(existsSync(path.join(root, picture)), picture);
});
