import { describe, expect, it } from "vitest";
import { bare, fieldFault, has, inserted, matching, speaks, whole, type Category } from "./model";

const greeting: Category = { name: "greeting", role: "sequence", own: false, default_text: { en: "Hello." } };

describe("prompts", () => {
  it("say what a call in a language finds, and that an inactive one falls back to the shipped words", () => {
    const p = whole({ category: "greeting", active: true, languages: { en: { text: "Hi", audio: "sha256:1" }, ar: { audio: "a.wav" }, hi: { text: " " } } });
    expect(["en", "ar", "hi"].map((l) => has(greeting, p, l))).toEqual(["both", "recorded", "missing"]);
    expect(has(greeting, { ...p, active: false }, "en")).toBe("shipped");
    expect(has(greeting, undefined, "ar")).toBe("missing");
  });
  it("are saved without what is empty", () => {
    const p = { category: "g", active: true, languages: { en: { text: " ", audio: "" }, ar: { text: "x" } }, fields: { counter: "", desk: "3" } };
    expect(bare(p)).toEqual({ category: "g", active: true, languages: { ar: { text: "x" } }, fields: { desk: "3" } });
  });
  it("speak a text with a variable, whatever was recorded", () => {
    expect(speaks("Hello {{recipient.name}}.")).toBe(true);
    expect(speaks("Hello.")).toBe(false);
    expect(speaks(undefined)).toBe(false);
  });
  it("take a variable at the caret, with a space before it", () => {
    expect(inserted("Dear .", "recipient.name", 5)).toBe("Dear {{recipient.name}}.");
    expect(inserted("Dear", "recipient.name")).toBe("Dear {{recipient.name}}");
  });
  it("check a field by its type", () => {
    expect(fieldFault({ name: "n", type: "digits" }, "92 000")).toBeUndefined();
    expect(fieldFault({ name: "n", type: "digits" }, "call us")).toBe("digits");
    expect(fieldFault({ name: "n", type: "date" }, "1.12.2026")).toBe("date");
    expect(fieldFault({ name: "n", type: "number" }, "12.5")).toBeUndefined();
    expect(fieldFault({ name: "n", type: "text", required: true }, "")).toBe("required");
  });
  it("are found by any of their words", () => {
    expect(matching(greeting, "Begrüßung", undefined, "hello begr")).toBe(true);
    expect(matching(greeting, "Begrüßung", undefined, "goodbye")).toBe(false);
  });
});
