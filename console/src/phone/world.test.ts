import { describe, expect, it, vi } from "vitest";
import { Player } from "./sound";
import { keyOf, onDesk, safeLink, samplesOf, type Patient } from "./world";

const patient = (number: string, rest: Partial<Patient> = {}): Patient => ({ number, name: number, state: "idle", heard: [], behaviour: "", by_hand: false, messages: [], ...rest });
const message = (at: string) => ({ channel: "sms", at, text: "x" });

describe("which phone is looked at", () => {
  const quiet = patient("+1", { messages: [message("2026-12-01T08:00:00Z")] });
  const newer = patient("+2", { messages: [message("2026-12-01T09:00:00Z")] });
  const rings = patient("+3", { state: "ringing" });
  it("is the chosen one even while another rings", () => expect(onDesk([quiet, rings], "+1")).toBe(quiet));
  it("is the one that rings if nobody was chosen", () => expect(onDesk([quiet, newer, rings], "")).toBe(rings));
  it("is the one with the newest message while nothing rings", () => expect(onDesk([quiet, newer], "")).toBe(newer));
});

it("a patient is offered only the events that are about them", () => {
  const of = (phone: string) => ({ title: "", body: JSON.stringify({ component: "Invoice", event: "Due", recipient: { phone } }) });
  expect(samplesOf([of("+1"), of("+2")], "+2").map((s) => s.name)).toEqual(["Invoice · Due"]);
});

it("only response pages of this server are opened, whatever a message says", () => {
  expect(safeLink("http://elsewhere.example/r/abc_-1")).toBe("/r/abc_-1");
  expect(safeLink("/api/v1/rehearsals/x1/r/abc")).toBe("/api/v1/rehearsals/x1/r/abc");
  for (const bad of ["javascript:alert(1)", "https://evil.example/", "/r/../api/v1/keys", "//evil.example/login"]) expect(safeLink(bad), bad).toBeUndefined();
});

it("the keyboard's digits, star and hash are the phone's, shortcuts are not", () => {
  const key = (k: string, ctrlKey = false) => keyOf({ key: k, ctrlKey, metaKey: false, altKey: false });
  expect(["1", "0", "*", "#"].map((k) => key(k))).toEqual(["1", "0", "*", "#"]);
  expect([key("a"), key("Enter"), key("1", true)]).toEqual([undefined, undefined, undefined]);
});

it("prompts are played one after the other, a broken one is passed over, and stop silences what waits", async () => {
  const played: string[] = [];
  const made: HTMLAudioElement[] = [];
  const player = new Player((src) => {
    const audio = { play: vi.fn(() => (played.push(src), src === "broken" ? Promise.reject(new Error("no")) : Promise.resolve())), pause: vi.fn() };
    made.push(audio as unknown as HTMLAudioElement);
    return audio as unknown as HTMLAudioElement;
  });
  for (const src of ["one", "broken", "three", "four"]) player.add(src);
  expect(played).toEqual(["one"]);
  made[0]!.onended!(new Event("ended"));
  await vi.waitFor(() => expect(played).toEqual(["one", "broken", "three"]));
  player.stop();
  expect(made[2]!.pause).toHaveBeenCalled();
  made[2]!.onended!(new Event("ended"));
  expect(played).toEqual(["one", "broken", "three"]);
});
