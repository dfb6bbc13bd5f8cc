// The microphone: how loud it is while one speaks, and what was said.
import { useCallback, useEffect, useRef, useState } from "react";
import { prompted } from "./sound";

export type Why = "insecure" | "denied" | "none" | "broken";

export const longest = 120; // seconds; the server takes no more

const reason = (error: unknown): Why => {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "broken";
};

type Open = { stream: MediaStream; recorder: MediaRecorder; context: AudioContext; meter: AnalyserNode };

async function opened(): Promise<Open> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, autoGainControl: false, noiseSuppression: true } });
  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(meter);
  return { stream, context, meter, recorder: new MediaRecorder(stream) };
}

function close(open: Open) {
  for (const track of open.stream.getTracks()) track.stop();
  void open.context.close();
}

function loud(meter: AnalyserNode): number {
  const wave = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(wave);
  const rms = Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length);
  return Math.max(0, Math.min(1, 1 + Math.log10(Math.max(rms, 1e-4)) / 2.5)); // −50 dBFS is nothing, full scale is 1
}

// useMicrophone records until stop, for two minutes at most. take is a WAV for the phone.
export function useMicrophone(take: (wav: Blob) => void) {
  const [phase, setPhase] = useState<"idle" | "asking" | "recording" | "making">("idle");
  const [level, setLevel] = useState(0);
  const [seconds, setSeconds] = useState(0);
  const [why, setWhy] = useState<Why>();
  const open = useRef<Open>(undefined);
  const kept = useRef(false);
  const release = useCallback(() => {
    if (open.current) close(open.current);
    open.current = undefined;
    setPhase("idle");
  }, []);
  const end = useCallback((keep: boolean) => {
    kept.current = keep;
    if (open.current?.recorder.state === "recording") open.current.recorder.stop();
  }, []);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = kept.current = false;
      if (open.current) close(open.current);
    };
  }, []);
  useEffect(() => {
    if (phase !== "recording") return;
    const began = performance.now();
    const timer = setInterval(() => {
      if (open.current) setLevel(loud(open.current.meter));
      const so = (performance.now() - began) / 1000;
      setSeconds(Math.floor(so));
      if (so >= longest - 1) end(true);
    }, 100);
    return () => clearInterval(timer);
  }, [phase, end]);
  const start = async () => {
    setWhy(undefined);
    setSeconds(0);
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") return setWhy("insecure");
    setPhase("asking");
    try {
      const now = await opened();
      if (!here.current) return close(now); // the page was left while the browser asked
      const { recorder } = (open.current = now);
      const parts: Blob[] = [];
      recorder.ondataavailable = (e) => parts.push(e.data);
      recorder.onstop = () => {
        if (!kept.current) return release();
        setPhase("making");
        prompted(new Blob(parts, { type: recorder.mimeType })).then(take, () => setWhy("broken")).finally(release);
      };
      recorder.start(250);
      setPhase("recording");
    } catch (e) {
      setWhy(reason(e));
      release();
    }
  };
  return { phase, level, seconds, why, start: () => void start(), stop: () => end(true), cancel: () => end(false) };
}
