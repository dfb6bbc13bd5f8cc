// What a patient hears, one prompt after the other.
import { useEffect, useRef, useState } from "react";
import type { Heard } from "./world";

// Player plays addresses in order. A blocked or missing sound is passed over: the words are on the screen.
export class Player {
  private waiting: string[] = [];
  private playing?: HTMLAudioElement;
  private readonly make: (src: string) => HTMLAudioElement;
  constructor(make: (src: string) => HTMLAudioElement = (src) => new Audio(src)) {
    this.make = make;
  }
  add(src: string) {
    this.waiting.push(src);
    if (!this.playing) this.next();
  }
  // stop ends what plays and forgets what waits.
  stop() {
    this.waiting = [];
    const now = this.playing;
    this.playing = undefined;
    now?.pause();
  }
  private next() {
    const src = this.waiting.shift();
    if (src === undefined) {
      this.playing = undefined;
      return;
    }
    const audio = (this.playing = this.make(src));
    const on = () => {
      if (this.playing === audio) this.next();
    };
    audio.onended = on;
    audio.onerror = on;
    audio.play().catch(on);
  }
}

// useSound plays what is new in a call while it goes on; a key cuts off what was being said.
export function useSound(call: string | undefined, heard: Heard[], pressed: string, on: boolean) {
  const player = useRef<Player>(null);
  const seen = useRef({ call: "", count: 0, pressed: "" });
  useEffect(() => {
    const p = (player.current ??= new Player());
    const before = seen.current;
    const fresh = before.call !== (call ?? "");
    if (fresh || before.pressed !== pressed || !on) p.stop();
    // A call that is looked at in its middle is heard from the prompt that plays now.
    const from = !fresh ? before.count : Math.max(0, heard.length - 1);
    if (call && on) for (const h of heard.slice(from)) if (h.audio) p.add(h.audio);
    seen.current = { call: call ?? "", count: heard.length, pressed };
  }, [call, heard, pressed, on]);
  useEffect(() => () => player.current?.stop(), []);
}

// usePlay plays one prompt again; src of what plays is returned.
export function usePlay(): [string | undefined, (src: string) => void] {
  const [src, setSrc] = useState<string>();
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => () => audio.current?.pause(), []);
  return [src, (next) => {
    audio.current?.pause();
    if (next === src) return setSrc(undefined);
    const a = (audio.current = new Audio(next));
    a.onended = a.onerror = () => setSrc(undefined);
    setSrc(next);
    a.play().catch(() => setSrc(undefined));
  }];
}
