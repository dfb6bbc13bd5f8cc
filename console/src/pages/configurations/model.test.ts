import { describe, expect, it } from "vitest";
import { at, bare, blankStep, converted, firstSequence, freeKey, inheritedActions, moved, newAction, only, usual, variablesFor } from "./model";

const allowed = ["confirm", "cancel", "reschedule", "transfer", "opt_out", "repeat", "language"];

describe("actions", () => {
  it("take the keys that patients expect, and never one that another has", () => {
    expect(usual(allowed, "ivr").map((a) => `${a.key} ${a.action}`)).toEqual(["1 confirm", "2 cancel", "8 opt_out", "9 repeat"]);
    expect(freeKey("confirm", [{ key: "1", action: "cancel" }])).toBe("2");
    expect(newAction("rating", "ivr", [])).toEqual({ action: "rating" });
  });
  it("have no keys in messages, and nothing that only a call can do", () => expect(usual(allowed, "sms")).toEqual([{ action: "confirm" }, { action: "cancel" }, { action: "opt_out" }]));
  it("are taken over from the nearest step before, not from the step itself or a later one", () => {
    const steps = [{ channel: "ivr", actions: usual(allowed, "ivr") }, { channel: "sms" }, { channel: "email", actions: [{ action: "confirm" }] }, { channel: "whatsapp" }];
    expect(inheritedActions(steps, 0)).toEqual([]);
    expect(inheritedActions(steps, 1).map((a) => a.action)).toEqual(["confirm", "cancel", "opt_out"]);
    expect(inheritedActions(steps, 1).some((a) => a.key)).toBe(false);
    expect(inheritedActions(steps, 3)).toEqual([{ action: "confirm" }]);
  });
});

describe("steps", () => {
  const call = { channel: "ivr", sequence: ["greeting"], machine: { policy: "hang_up" }, actions: [{ key: "1", action: "confirm" }, { key: "9", action: "repeat" }], advance: { after: "PT2H" } };
  it("keep what another channel has too, and nothing that it has not", () => {
    const sms = converted(call, "sms", { actions: [], sequence: [] });
    expect(sms).toMatchObject({ channel: "sms", actions: [{ action: "confirm" }], advance: { after: "PT2H" } });
    for (const foreign of ["sequence", "machine", "template"]) expect(sms).not.toHaveProperty(foreign);
    const back = converted(sms, "ivr", { actions: [], sequence: ["greeting", "action_menu"] });
    expect(back).toMatchObject({ channel: "ivr", sequence: ["greeting", "action_menu"], actions: [{ key: "1", action: "confirm" }] });
    expect(back).not.toHaveProperty("text");
  });
  it("ask for an answer by link only where there is one", () => {
    expect(blankStep("sms", { actions: [], sequence: [] }).text).not.toContain("link");
    expect(blankStep("sms", { actions: [{ action: "confirm" }], sequence: [] }).text).toContain("{{link}}");
  });
  it("begin with strings that can be played", () => expect(firstSequence("Appointment", new Set(["greeting", "appointment_time", "action_menu", "amount"]))).toEqual(["greeting", "appointment_time", "action_menu"]));
  it("stay where they are at either end", () => {
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
    expect(moved([1, 2, 3], 2, 3)).toEqual([1, 2, 3]);
    expect(moved([1, 2, 3], 0, 2)).toEqual([2, 3, 1]);
  });
});

it("what is empty is left out, lists stay", () =>
  expect(bare({ a: "", b: undefined, c: { d: "" }, e: [], f: 0, g: false, h: [{ key: "" }] })).toEqual({ e: [], f: 0, g: false, h: [{}] }));

it("what carriers ask for stays while it is empty: its lack must be said", () => expect(bare({ dlt: { entity_id: "", template_id: "", header: "H", pattern: "" } })).toEqual({ dlt: { entity_id: "", template_id: "", header: "H", pattern: "" } }));

it("a fault belongs to its field and to those around it", () => {
  const faults = [{ pointer: "/steps/1/sequence/0", detail: "a" }, { pointer: "/steps/10", detail: "b" }, { pointer: "/steps/1", detail: "c", hint: "d" }];
  expect(at(faults, "/steps/1/sequence")).toBe("a");
  expect(at(faults, "/steps/1")).toBe("a; c. d");
  expect(only(faults, "/steps/1")).toBe("c. d");
  expect(at(faults, "/steps/2")).toBeUndefined();
});

it("texts may use what every event carries and what the component adds", () => {
  const some = variablesFor({ name: "X", events: [], fields: [{ name: "doctor", type: "text" }] }, true);
  for (const v of ["recipient.name", "subject.time", "data.doctor", "link"]) expect(some).toContain(v);
  expect(variablesFor(undefined, false)).not.toContain("link");
});
