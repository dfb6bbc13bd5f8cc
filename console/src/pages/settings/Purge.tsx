// What the retention no longer keeps, removed at once, with the way to stop it.
import { Alert, Button, Group, Loader, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { work } from "../../api/upload";
import { Section } from "../../parts/Section";
import { Failed } from "../../parts/states";
import { Sure } from "../../parts/Sure";

export function Purge() {
  const { t } = useTranslation("settings");
  const { t: shell } = useTranslation();
  const [asking, setAsking] = useState(false);
  const [removed, setRemoved] = useState<number>(); // so far, while it goes on
  const [end, setEnd] = useState<{ how: "done" | "stopped"; count: number }>();
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async () => {
    const { signal } = (stop.current = new AbortController());
    let count = 0;
    setAsking(false);
    setError(undefined);
    setEnd(undefined);
    setRemoved(0);
    try {
      const result = await work<{ removed: number }>("/api/v1/purge", undefined, "", (s) => setRemoved((count = s.done)), signal);
      setEnd({ how: "done", count: result.removed });
    } catch (e) {
      if (signal.aborted) setEnd({ how: "stopped", count });
      else setError(e);
    }
    setRemoved(undefined);
  };
  return (
    <Section title={t("purge.title")} hint={t("purge.hint")}>
      {removed === undefined ? <div><Button variant="outline" color="red" onClick={() => setAsking(true)}>{t("purge.start")}</Button></div> : (
        <Group gap="sm">
          <Loader size="sm" aria-hidden />
          <Text size="sm" role="status" className="numbers">{t("purge.removed", { count: removed })}</Text>
          <Button size="xs" variant="default" onClick={() => stop.current?.abort()}>{shell("action.cancel")}</Button>
        </Group>
      )}
      {end && <Alert color={end.how === "done" ? "teal" : "gray"} role="status">{t(`purge.${end.how}`, { count: end.count })}</Alert>}
      {error !== undefined && <Failed error={error} />}
      <Sure opened={asking} title={t("purge.sure")} text={t("purge.sureText")} yes={t("purge.start")} onYes={() => void start()} onNo={() => setAsking(false)} />
    </Section>
  );
}
