import { describe, expect, it } from "vitest";
import { byField, Refused } from "./problems";

describe("byField", () => {
  const fields = ["/name", "/steps/0", "/steps/0/retry/max_attempts", "/esl/host"];
  const refused = (...errors: { pointer?: string; detail: string; hint?: string }[]) => new Refused(422, { errors });

  it("puts a fault at the field that it points at, with its hint", () => {
    expect(byField(refused({ pointer: "/name", detail: "taken", hint: "Choose another" }), fields).fields).toEqual({ "/name": "taken. Choose another" });
  });
  it("puts a fault deeper than any field at the nearest field above", () => {
    expect(byField(refused({ pointer: "/steps/0/actions/2/key", detail: "twice" }), fields).fields).toEqual({ "/steps/0": "twice" });
  });
  it("keeps what belongs to no field apart, naming where", () => {
    expect(byField(refused({ pointer: "/webhooks", detail: "bad" }, { detail: "used by x" }), fields).rest).toEqual(["/webhooks: bad", "used by x"]);
  });
  it("reads huma's pointers of bodies", () => {
    expect(byField(refused({ pointer: "body:/esl/host", detail: "missing" }), fields).fields).toEqual({ "/esl/host": "missing" });
  });
  it("has nothing to say of other errors", () => expect(byField(new Error("x"), fields)).toEqual({ fields: {}, rest: [] }));
});
