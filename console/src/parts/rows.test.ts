import { describe, expect, it } from "vitest";
import { cursorOf, flat, renewed, type Chunk } from "./rows";

const key = (n: number) => String(n);
const chunk = (items: number[], cursor?: string, next?: string): Chunk<number> => ({ items, cursor, next });
const read = [chunk([90, 80, 70], undefined, "70"), chunk([60, 50, 40], "70", "40")];

describe("a long list", () => {
  it("takes new rows at its head and keeps what they pushed out of the first page", () => {
    expect(flat(renewed(read, chunk([95, 90, 80], undefined, "80"), key), key)).toEqual([95, 90, 80, 70, 60, 50, 40]);
  });
  it("loses rows that no longer belong to it, and shows none twice", () => {
    expect(flat(renewed(read, chunk([90, 70, 60], undefined, "60"), key), key)).toEqual([90, 70, 60, 50, 40]);
  });
  it("begins anew where more came than a page holds, for what lies between is unread", () => {
    const out = renewed(read, chunk([99, 98, 97], undefined, "97"), key);
    expect(out).toEqual([chunk([99, 98, 97], undefined, "97")]);
  });
  it("takes a page in the middle again without touching the others", () => {
    expect(flat(renewed(read, chunk([55, 50, 40], "70", "40"), key), key)).toEqual([90, 80, 70, 55, 50, 40]);
  });
  it("keeps on from where a search for something rare has come to", () => {
    const search = [chunk([], undefined, "50"), chunk([], "50", "20"), chunk([7], "20", "1")];
    expect(renewed(search, chunk([], undefined, "52"), key)).toEqual(search);
    expect(flat(renewed(search, chunk([60], undefined, "52"), key), key)).toEqual([60, 7]);
  });
  it("ends where its last page ends", () => {
    expect(renewed(read, chunk([90], undefined, undefined), key)).toEqual([chunk([90], undefined, undefined)]);
  });
  it("does not take a page that it does not hold any more", () => expect(renewed(read, chunk([1], "9"), key)).toBe(read));
  it("knows which page a row is on", () => expect([0, 2, 3, 5, 99].map((n) => cursorOf(read, n))).toEqual([undefined, undefined, "70", "70", "70"]));
  it("does not grow for ever at its head while it stays open", () => {
    const long = [chunk(Array.from({ length: 1000 }, (_, i) => 2000 - i), undefined, "1000")];
    expect(renewed(long, chunk([2001, 2000], undefined, "2000"), key)[0]!.items.length).toBe(2);
  });
});
