// The first page stays small: index.html's own scripts and styles, what they import, and the dashboard.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "./browser.mjs";

const dist = path.join(root, "console/dist");
const limit = 400_000;

test("the first page is at most 400 kB gzipped", () => {
  const manifest = JSON.parse(readFileSync(path.join(dist, "assets/manifest.json"), "utf8"));
  const files = new Set();
  const add = (key) => {
    const part = manifest[key];
    if (!part || files.has(part.file)) return;
    files.add(part.file);
    for (const css of part.css ?? []) files.add(css);
    for (const other of part.imports ?? []) add(other);
  };
  add("index.html");
  for (const key of ["src/pages/dashboard/index.tsx", "src/i18n/en/shell.json", "src/i18n/en/words.json", "src/i18n/en/dashboard.json"]) {
    assert.ok(manifest[key], `${key} is not in the build's manifest`);
    add(key);
  }
  let total = 0;
  for (const file of files) total += statSync(path.join(dist, `${file}.gz`)).size;
  console.log(`# first page: ${files.size} files, ${Math.round(total / 1000)} kB gzipped`);
  assert.ok(files.size > 5, "the manifest names too few files to be true");
  assert.ok(total <= limit, `${total} bytes`);
});
