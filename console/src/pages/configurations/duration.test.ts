import { expect, it } from "vitest";
import { parted, spell } from "./duration";

it("a duration is a number and a unit, and the same again when spelt", () => {
  for (const text of ["PT45S", "PT15M", "PT24H", "P1D", "P2W", "PT0M"]) {
    const p = parted(text)!;
    expect(spell(p.n, p.unit)).toBe(text);
  }
});

it("a day is a calendar day, 24 hours are not", () => {
  expect(parted("P1D")).toEqual({ n: 1, unit: "days" });
  expect(parted("PT24H")).toEqual({ n: 24, unit: "hours" });
});

it("hours with minutes are minutes", () => expect(parted("PT1H30M")).toEqual({ n: 90, unit: "minutes" }));

it("what one number cannot say is left as it is", () => {
  for (const text of ["P1DT2H", "P1M", "P", "PT", "1 day", "", undefined]) expect(parted(text)).toBeUndefined();
});
