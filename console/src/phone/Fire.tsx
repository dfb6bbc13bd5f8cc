// The hospital's side of the stage: an event for the patient, as it is or changed by hand.
import { Alert, Button, Group, NativeSelect, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { raw } from "../api/client";
import { Moment } from "../parts/Moment";
import { Failed } from "../parts/states";
import { samplesOf, type World } from "./world";

type Receipt = { duplicate: boolean; transactions: string[] };
type Line = { at: string; kind: string; channel?: string; gateway?: string; reason?: string; note?: string; texts?: Record<string, string[]> };
type Outcome = { receipt?: Receipt; lines?: Line[]; error?: unknown };
type Props = { base: string; world: World; number: string; dryRun?: boolean };

export function Fire({ base, world, number, dryRun }: Props) {
  const { t } = useTranslation("rehearsal");
  const samples = samplesOf(world.events, number);
  const [at, setAt] = useState(0);
  const [own, setOwn] = useState<string>(); // undefined: the sample as it is
  const [busy, setBusy] = useState("");
  const [outcome, setOutcome] = useState<Outcome>({});
  useEffect(() => (setAt(0), setOwn(undefined)), [number]);
  const sample = samples[at]?.body ?? "";
  const body = own ?? sample;
  const send = async (what: string, path: string, keep: (answer: never) => Outcome) => {
    setBusy(what);
    try {
      const answer = await raw(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });
      setOutcome(keep((await answer.json()) as never));
      if (what === "fire") setOwn(undefined); // the next sample has an id of its own
    } catch (error) {
      setOutcome({ error });
    }
    setBusy("");
  };
  const name = world.phones.find((p) => p.number === number)?.name ?? "";
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section" aria-labelledby="stage-fire">
      <Title order={2} size="h3" id="stage-fire">{t("fireTitle")}</Title>
      <Text size="sm" c="dimmed" mb="sm">{t("fireText", { name })}</Text>
      <Stack gap="sm">
        <NativeSelect label={t("event")} value={at} onChange={(e) => (setAt(Number(e.currentTarget.value)), setOwn(undefined))}
          data={samples.map((s, i) => ({ value: String(i), label: s.name }))} />
        <Group>
          <Button loading={busy === "fire"} onClick={() => void send("fire", `${base}/fire`, (receipt: Receipt) => ({ receipt }))}>{t("fire")}</Button>
          {dryRun && <Button variant="default" loading={busy === "dry"} onClick={() => void send("dry", "/api/v1/dry-run", (a: { timeline: Line[] }) => ({ lines: a.timeline }))}>{t("dryRun")}</Button>}
        </Group>
        <div role="status"><Told outcome={outcome} zone={world.time_zone} /></div>
        <details>
          <summary>{t("change")}</summary>
          <Textarea mt="xs" label={t("body")} autosize minRows={8} maxRows={20} spellCheck={false} dir="ltr" styles={{ input: { fontFamily: "ui-monospace, monospace", fontSize: 13 } }} value={body} onChange={(e) => setOwn(e.currentTarget.value)} />
          {own !== undefined && <Button mt="xs" size="xs" variant="default" onClick={() => setOwn(undefined)}>{t("sampleAgain")}</Button>}
        </details>
      </Stack>
    </Paper>
  );
}

function Told({ outcome, zone }: { outcome: Outcome; zone: string }) {
  const { t } = useTranslation("rehearsal");
  if (outcome.error !== undefined) return <Failed error={outcome.error} />;
  if (outcome.receipt) {
    const { duplicate, transactions } = outcome.receipt;
    const text = duplicate ? t("duplicate") : transactions.length ? t("taken", { count: transactions.length }) : t("takenNone");
    return <Alert color={transactions.length && !duplicate ? "teal" : "orange"}>{text}</Alert>;
  }
  return outcome.lines ? <Timeline lines={outcome.lines} zone={zone} /> : null;
}

function Timeline({ lines, zone }: { lines: Line[]; zone: string }) {
  const { t } = useTranslation("rehearsal");
  const { t: words } = useTranslation("words");
  return (
    <>
      <Text size="sm" fw={600}>{t("dryRunTitle")}</Text>
      <ol className="stage-lines">
        {lines.map((l, i) => (
          <li key={i}>
            <strong><Moment at={l.at} zone={zone} /></strong> {t(`kinds.${l.kind}`, l.kind.replaceAll("_", " "))} {l.channel && words(`channel.${l.channel}`, l.channel)} {l.gateway} {l.reason && words(`reason.${l.reason}`, l.reason)} {l.note}
            {Object.entries(l.texts ?? {}).map(([language, said]) => <q key={language} lang={language} dir="auto">{said.join(" ")}</q>)}
          </li>
        ))}
      </ol>
    </>
  );
}
