import { describe, expect, it } from "vitest";
import { checkChannels, checkMatrix, checkWebhooks, mask, record } from "./check";
import { moved, replaced, same } from "./matrix";

describe("what is told while one types", () => {
  it("wants secrets by reference, and leaves one that the server hides alone", () => {
    expect(checkChannels({ twilio: { account_sid: "AC1", auth_token: "plain" } })).toEqual({ "/twilio/auth_token": "secret" });
    expect(checkChannels({ twilio: { account_sid: "AC1", auth_token: mask }, smtp: { username: "u", password: "${file:/run/mail}" } })).toEqual({});
    expect(checkWebhooks({ in: { secrets: ["${env:OK}", "whsec_x"] } })).toEqual({ "/in/secrets/1": "secret" });
  });
  it("misses the other half of a pair, and says so at the half that is missing", () =>
    expect(checkChannels({ twilio: { account_sid: "AC1" }, smtp: { username: "u" } })).toEqual({ "/twilio/auth_token": "together", "/smtp/password": "together" }));
  it("points at the row of a table", () =>
    expect(checkChannels({ twilio: { senders: { arabic: "CITYHOSP" }, whatsapp_senders: { "+91": "CITYHOSP" } } })).toEqual({ "/twilio/senders/arabic": "key", "/twilio/whatsapp_senders/+91": "number" }));
  it("finds the second receiver of a name, and an address that is none", () =>
    expect(checkWebhooks({ out: ["https://a.example.org", "a.example.org"].map((url) => ({ name: "hims", url, secret: mask, active: true })) })).toEqual({ "/out/1/name": "twice", "/out/1/url": "address" }));
  it("refuses a rule that would match every call", () =>
    expect(checkMatrix({ cause_matrix: [{ verdict: "suppress", disposition: "busy" }, { sip: [200], verdict: "suppress", disposition: "busy" }] })).toEqual({ "/cause_matrix/0": "everything", "/cause_matrix/1/sip": "sip" }));
  it("forgets rows that are still empty, and keeps half of one", () => {
    expect(record([["", ""]])).toBeUndefined();
    expect(record([["ar", ""], ["", ""]])).toEqual({ ar: "" });
  });
});

describe("the cause matrix", () => {
  const busy = { cause: "USER_BUSY", verdict: "retry_later", disposition: "busy" };
  it("takes a rule for the same calls as a replacement, whatever it does with them", () => {
    expect(replaced([{ ...busy, verdict: "next_channel" }], busy)).toBe(true);
    expect(replaced([{ ...busy, progress: true }], busy)).toBe(false);
    expect(same({ ...busy, sip: [600, 486] }, { ...busy, sip: [486, 600] })).toBe(true);
  });
  it("puts rules in another order, and leaves the ends alone", () => {
    expect(moved([1, 2, 3], 2, -1)).toEqual([1, 3, 2]);
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
  });
});
