// What a microphone gave, made what a PBX plays: one channel, silence trimmed, at the level of the other prompts, 16-bit WAV.

export const phoneRate = 8000;

const frame = 160; // 20 ms at phoneRate
const floor = 10 ** (-50 / 20); // below it is silence
const target = 10 ** (-18 / 20); // RMS of what is no silence
const ceiling = 10 ** (-1 / 20);

// mixed is the mean of all channels.
export function mixed(channels: Float32Array[]): Float32Array {
  const out = new Float32Array(channels[0]?.length ?? 0);
  for (const c of channels) for (let i = 0; i < out.length; i++) out[i]! += c[i]! / channels.length;
  return out;
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

const frames = (samples: Float32Array): Float32Array[] => Array.from({ length: Math.floor(samples.length / frame) }, (_, i) => samples.subarray(i * frame, (i + 1) * frame));

// trimmed leaves 200 ms of silence at either end.
export function trimmed(samples: Float32Array): Float32Array {
  const loud = frames(samples).map((f) => rms(f) > floor);
  const first = loud.indexOf(true);
  if (first < 0) return samples;
  const margin = 10;
  return samples.subarray(Math.max(0, first - margin) * frame, Math.min(samples.length, (loud.lastIndexOf(true) + 1 + margin) * frame));
}

// levelled brings speech to the other prompts' level without clipping it; silence stays what it is.
export function levelled(samples: Float32Array): Float32Array {
  const active = frames(samples).filter((f) => rms(f) > floor);
  if (active.length === 0) return samples;
  const level = Math.sqrt(active.reduce((sum, f) => sum + rms(f) ** 2, 0) / active.length);
  const peak = samples.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
  const gain = Math.min(target / level, ceiling / peak, 31.6); // at most 30 dB: what is louder is noise
  return samples.map((s) => s * gain);
}

// wav is the samples as 16-bit PCM.
export function wav(samples: Float32Array, rate = phoneRate): Blob {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const tag = (at: number, text: string) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  tag(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((s, i) => view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, s)) * 32767), true));
  return new Blob([view.buffer], { type: "audio/wav" });
}

// prompted decodes what a browser recorded, whatever its codec.
export async function prompted(recording: Blob): Promise<Blob> {
  const decoder = new OfflineAudioContext(1, 1, phoneRate); // it resamples to its own rate
  const heard = await decoder.decodeAudioData(await recording.arrayBuffer());
  return wav(levelled(trimmed(mixed(Array.from({ length: heard.numberOfChannels }, (_, i) => heard.getChannelData(i))))));
}
