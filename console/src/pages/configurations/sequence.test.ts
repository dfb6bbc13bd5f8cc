import { expect, it } from "vitest";
import { identified, placed } from "./sequence";

const sequence = ["greeting", "name", "greeting", "menu"];

it("a string that plays twice has two ids", () => expect(identified(sequence).map((i) => i.id)).toEqual(["greeting#0", "name#0", "greeting#1", "menu#0"]));

it("a new string lands where it is let go, or at the end", () => {
  expect(placed(sequence, "new:date", "greeting#1")).toEqual({ sequence: ["greeting", "name", "date", "greeting", "menu"], name: "date", place: 2 });
  expect(placed(sequence, "new:date", "sequence")?.place).toBe(4);
});

it("one that plays moves, the others close up", () => {
  expect(placed(sequence, "menu#0", "greeting#0")?.sequence).toEqual(["menu", "greeting", "name", "greeting"]);
  expect(placed(sequence, "greeting#0", "sequence")?.sequence).toEqual(["name", "greeting", "menu", "greeting"]);
});

it("let go over itself or over nothing it changes nothing", () => {
  expect(placed(sequence, "name#0", "name#0")).toBeUndefined();
  expect(placed(sequence, "name#0", "nowhere")).toBeUndefined();
});
