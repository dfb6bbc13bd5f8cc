import { describe, expect, it } from "vitest";
import { levelled, mixed, phoneRate, trimmed, wav } from "./sound";

const tone = (seconds: number, level: number) => Float32Array.from({ length: seconds * phoneRate }, (_, i) => level * Math.sin((2 * Math.PI * 300 * i) / phoneRate));
const joined = (...parts: Float32Array[]) => Float32Array.from(parts.flatMap((p) => [...p]));
const loudness = (s: Float32Array) => 20 * Math.log10(Math.sqrt(s.reduce((sum, v) => sum + v * v, 0) / s.length));
const bytes = (file: Blob) =>
  new Promise<DataView>((done) => {
    const reader = new FileReader();
    reader.onload = () => done(new DataView(reader.result as ArrayBuffer));
    reader.readAsArrayBuffer(file);
  });

describe("a recording", () => {
  it("becomes one channel", () => expect(mixed([Float32Array.of(1, 0), Float32Array.of(0, 0.5)])).toEqual(Float32Array.of(0.5, 0.25)));
  it("loses the silence before and after what is said, but a breath of it", () => {
    const out = trimmed(joined(tone(3, 0), tone(1, 0.2), tone(2, 0)));
    expect(out.length / phoneRate).toBeCloseTo(1.4, 1);
  });
  it("is brought to the level of the other prompts, from either side", () => {
    expect(loudness(levelled(tone(1, 0.02)))).toBeCloseTo(-18, 0);
    expect(loudness(levelled(tone(1, 0.9)))).toBeCloseTo(-18, 0);
  });
  it("of silence is not made loud, so that it is refused as silence", () => expect(levelled(tone(1, 0.0001)).every((v) => Math.abs(v) < 0.001)).toBe(true));
  it("is never clipped by its own level", () => {
    const out = levelled(joined(tone(1, 0.01), Float32Array.of(0.9, -0.9), tone(1, 0.01)));
    expect(out.every((v) => Math.abs(v) <= 0.9)).toBe(true);
  });
  it("is written as PCM 16-bit mono with true sizes", async () => {
    const view = await bytes(wav(Float32Array.of(0, 1, -1, 2)));
    expect(view.byteLength).toBe(52);
    expect([view.getUint32(4, true), view.getUint16(20, true), view.getUint16(22, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([44, 1, 1, 8000, 8]);
    expect([0, 1, 2, 3].map((i) => view.getInt16(44 + 2 * i, true))).toEqual([0, 32767, -32767, 32767]);
  });
});
