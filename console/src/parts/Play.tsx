// A button that plays a sound which is read when it is first asked for. One sound plays at a time.
import { Button, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "./icons";
import { useExplain } from "./states";
import { Refused } from "../api/problems";

type Props = { label: string; load: (signal: AbortSignal) => Promise<Blob>; size?: "xs" | "sm"; disabled?: boolean };

let silence: (() => void) | undefined; // ends what plays now

export function Play({ label, load, size = "xs", disabled }: Props) {
  const { t } = useTranslation("forms");
  const explain = useExplain();
  const [phase, setPhase] = useState<"idle" | "loading" | "playing">("idle");
  const [error, setError] = useState<unknown>();
  const end = useRef<() => void>(undefined);
  useEffect(() => () => end.current?.(), []);
  const start = async () => {
    silence?.();
    const stop = new AbortController();
    const sound = new Audio();
    const finish = () => {
      stop.abort();
      sound.pause();
      URL.revokeObjectURL(sound.src);
      if (silence === finish) silence = undefined;
      setPhase("idle");
    };
    silence = end.current = finish;
    setError(undefined);
    setPhase("loading");
    try {
      sound.src = URL.createObjectURL(await load(stop.signal));
      if (stop.signal.aborted) return finish();
      sound.onended = finish;
      await sound.play();
      setPhase("playing");
    } catch (e) {
      if (!stop.signal.aborted) setError(e);
      finish();
    }
  };
  const playing = phase === "playing";
  return (
    <>
      <Button size={size} variant="default" loading={phase === "loading"} disabled={disabled} aria-pressed={playing}
        leftSection={<Icon name={playing ? "pause" : "play"} size={14} />} onClick={() => (playing ? end.current?.() : void start())}>{playing ? t("play.stop") : label}</Button>
      {error !== undefined && <Text size="sm" c="var(--mantine-color-error)" role="alert">{error instanceof Refused && error.faults.length > 0 ? error.faults.map((f) => `${f.detail}. ${f.hint ?? ""}`).join(" ") : explain(error)}</Text>}
    </>
  );
}
