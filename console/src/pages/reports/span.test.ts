import { describe, expect, it } from "vitest";
import { ceiling } from "../../parts/Chart";
import { lastDays, lasting, midnight, nextDate, share, wrong } from "./span";

describe("the days of a report", () => {
  it("begin at the hospital's midnight, also on the day the clocks change", () => {
    expect(midnight("2026-12-01", "Asia/Riyadh").toISOString()).toBe("2026-11-30T21:00:00.000Z");
    expect(midnight("2026-03-29", "Europe/Berlin").toISOString()).toBe("2026-03-28T23:00:00.000Z");
    expect(midnight("2026-03-30", "Europe/Berlin").toISOString()).toBe("2026-03-29T22:00:00.000Z");
    expect(midnight("2026-11-02", "America/New_York").toISOString()).toBe("2026-11-02T05:00:00.000Z");
  });
  it("count today", () => expect(lastDays(7, Date.parse("2026-12-01T22:00:00Z"), "Asia/Riyadh")).toEqual({ from: "2026-11-26", to: "2026-12-02" }));
  it("go on over the end of a month", () => expect(nextDate("2026-02-28")).toBe("2026-03-01"));
  it("are refused backwards and beyond what a report reads", () => {
    expect(wrong({ from: "2026-12-02", to: "2026-12-01" })).toBe("spanOrder");
    expect(wrong({ from: "2026-01-01", to: "2026-12-01" })).toBe("spanLong");
    expect(wrong({ from: "2026-12-01", to: "2026-12-01" })).toBeUndefined();
  });
});

it("shares of nothing are no number, durations are in the unit people would say", () => {
  expect([share(1, 3), share(0, 0)]).toEqual(["33 %", "–"]);
  expect([lasting(12.4), lasting(180), lasting(9000)]).toEqual([[12, "s"], [3, "min"], [2.5, "h"]]);
});

it("the axis ends at a round number above every bar", () => expect([0, 5, 7, 21, 100, 640].map(ceiling)).toEqual([5, 5, 10, 50, 100, 1000]));
