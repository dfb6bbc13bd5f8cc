import { describe, expect, it } from "vitest";

const files = import.meta.glob<Record<string, unknown>>("./*/*.json", { eager: true, import: "default" });

function keys(node: unknown, at = ""): string[] {
  if (typeof node === "string") return [at];
  return Object.entries(node as object).flatMap(([k, v]) => keys(v, at ? `${at}.${k}` : k));
}

const slots = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
const leaf = (node: unknown, path: string) => path.split(".").reduce<unknown>((n, k) => (n as Record<string, unknown>)[k], node) as string;

describe("texts", () => {
  const english = Object.keys(files).filter((f) => f.startsWith("./en/"));
  it("exist for every page", () => expect(english.length).toBeGreaterThan(12));
  for (const file of english) {
    for (const language of ["ar", "hi"]) {
      const other = file.replace("/en/", `/${language}/`);
      it(`${other} says all that ${file} says, with the same slots`, () => {
        expect(keys(files[other]).sort()).toEqual(keys(files[file]).sort());
        for (const key of keys(files[file])) {
          expect(leaf(files[other], key).trim(), key).not.toBe("");
          expect(slots(leaf(files[other], key)), key).toEqual(slots(leaf(files[file], key)));
        }
      });
    }
  }
});
