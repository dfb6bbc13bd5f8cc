import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { byAttempt, factsOf } from "./line";

const words: Record<string, string> = { "logs:cause.USER_BUSY": "busy", "logs:fact.cause": "Cause", "logs:fact.heard": "Heard" };
const t = ((key: string, other: string) => words[key] ?? other) as unknown as TFunction;

describe("a log line", () => {
  it("says causes in words and keeps the network's own", () => {
    expect(factsOf({ at: "", kind: "ended", data: { cause: "USER_BUSY", heard: 0.5, alert: false, sip_status: 0 } }, t)).toEqual([["Cause", "busy (USER_BUSY)"], ["Heard", "50 %"]]);
  });
  it("shows what it has no word for as it is", () => {
    expect(factsOf({ at: "", kind: "x", data: { cause: "STRANGE" } }, t)).toEqual([["Cause", "STRANGE"]]);
  });
  it("stands with its attempt, in the order of time", () => {
    const l = (at: string, attempt?: string) => ({ at, kind: at, attempt });
    const groups = byAttempt([l("4", "b"), l("3", "a"), l("2", "a"), l("1"), l("5", "a")]);
    expect(groups.map((g) => [g.attempt, g.lines.map((x) => x.at).join("")])).toEqual([["", "1"], ["a", "235"], ["b", "4"]]);
  });
});
