import { describe, expect, it } from "vitest";
import { address, chosen, query } from "./filter";

describe("the filter of the activities", () => {
  it("stands in the address and comes back as it was", () => {
    const filter = { state: "failed", q: "A-4711 & more", from: "2026-12-01" };
    expect(chosen(new URLSearchParams(address(filter)))).toEqual(filter);
  });
  it("leaves out what is empty or unknown", () => {
    expect(address({ state: "", q: "x" })).toBe("q=x");
    expect(chosen(new URLSearchParams("colour=red&reason="))).toEqual({});
  });
  it("counts the last day whole", () => {
    const { from, to } = query({ from: "2026-12-01", to: "2026-12-01" }) as { from: string; to: string };
    expect(new Date(to).getTime() - new Date(from).getTime()).toBe(86_400_000);
  });
});
