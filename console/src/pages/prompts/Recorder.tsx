// A recording made here or chosen from a file: sent with its progress in sight, checked by the server, its report in words.
import { Alert, Button, FileButton, Group, List, Progress, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../../api/problems";
import { Icon } from "../../parts/icons";
import { Play } from "../../parts/Play";
import { Failed } from "../../parts/states";
import { most, upload, type Report } from "./audio";
import { longest, useMicrophone } from "./microphone";

type Props = { language: string; onKept: (audio: string) => void };

// useSending sends one file at a time.
function useSending(onKept: (audio: string) => void) {
  const [share, setShare] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [report, setReport] = useState<Report>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const clear = () => {
    setError(undefined);
    setReport(undefined);
  };
  const start = async (file: Blob) => {
    clear();
    if (file.size > most) return setError("large");
    const { signal } = (stop.current = new AbortController());
    setShare(0);
    try {
      const { data } = await upload(file, setShare, signal);
      setReport(data);
      onKept(`sha256:${data.sha256}`);
    } catch (e) {
      if (!signal.aborted) setError(e);
    }
    setShare(undefined);
  };
  return { share, error, report, clear, start: (file: Blob) => void start(file), cancel: () => stop.current?.abort() };
}

export function Recorder({ language, onKept }: Props) {
  const { t } = useTranslation("prompts");
  const { t: shell } = useTranslation();
  const [made, setMade] = useState<Blob>();
  const sending = useSending((audio) => {
    setMade(undefined);
    onKept(audio);
  });
  const mic = useMicrophone(setMade);
  const begin = () => {
    sending.clear();
    setMade(undefined);
    mic.start();
  };
  if (mic.phase === "recording" || mic.phase === "making") return <Recording mic={mic} />;
  if (sending.share !== undefined) {
    return (
      <Stack gap={6}>
        <Text size="sm" role="status">{t(sending.share < 1 ? "sending" : "checking")}</Text>
        <Progress value={100 * sending.share} aria-label={t("sending")} animated={sending.share === 1} />
        <div><Button size="xs" variant="default" onClick={sending.cancel}>{shell("action.cancel")}</Button></div>
      </Stack>
    );
  }
  return (
    <Stack gap="xs">
      {made && (
        <Alert color="blue" p="xs" title={t("made")}>
          <Group gap="xs">
            <Play label={t("listen")} load={async () => made} />
            <Button size="xs" onClick={() => sending.start(made)}>{t("use")}</Button>
          </Group>
        </Alert>
      )}
      <Group gap="xs">
        <Button size="xs" variant="default" loading={mic.phase === "asking"} leftSection={<Icon name="record" size={14} />} aria-label={t("recordIn", { language })} onClick={begin}>{t(made ? "again" : "record")}</Button>
        <FileButton accept="audio/*,.wav,.mp3,.m4a,.ogg,.flac" onChange={(f) => f && sending.start(f)}>
          {(props) => <Button {...props} size="xs" variant="default" leftSection={<Icon name="upload" size={14} />} aria-label={t("uploadIn", { language })}>{t("upload")}</Button>}
        </FileButton>
      </Group>
      {mic.why && <Alert color="red" role="alert" p="xs">{t(`why.${mic.why}`)}</Alert>}
      {sending.error !== undefined && <Refusal error={sending.error} />}
      {sending.report && <Kept report={sending.report} />}
    </Stack>
  );
}

function Recording({ mic }: { mic: ReturnType<typeof useMicrophone> }) {
  const { t } = useTranslation("prompts");
  const { t: shell } = useTranslation();
  return (
    <Stack gap={6}>
      <Text size="sm" role="status">{t(mic.phase === "making" ? "making" : "speakNow")}</Text>
      <Group gap="sm" wrap="nowrap">
        <Progress value={100 * mic.level} aria-label={t("level")} color="teal" transitionDuration={100} style={{ flexGrow: 1 }} />
        <Text size="sm" className="numbers number">{mic.seconds} / {longest} s</Text>
      </Group>
      <Group gap="xs">
        <Button size="xs" onClick={mic.stop} loading={mic.phase === "making"} data-autofocus>{t("stop")}</Button>
        <Button size="xs" variant="default" onClick={mic.cancel} disabled={mic.phase === "making"}>{shell("action.cancel")}</Button>
      </Group>
    </Stack>
  );
}

function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation("prompts");
  if (error === "large" || (error instanceof Refused && error.status === 413)) return <Alert color="red" role="alert" p="xs" title={t("refused")}>{t("tooLarge")}</Alert>;
  if (!(error instanceof Refused) || error.faults.length === 0) return <Failed error={error} />;
  return (
    <Alert color="red" role="alert" p="xs" title={t("refused")}>
      <List size="sm" lang="en" dir="ltr">{error.faults.map((f, i) => <List.Item key={i}>{f.detail}{f.hint ? `: ${f.hint}` : ""}.</List.Item>)}</List>
    </Alert>
  );
}

// Kept says what the server found in a recording that it took.
function Kept({ report }: { report: Report }) {
  const { t, i18n } = useTranslation("prompts");
  const number = (n: number, digits = 0) => new Intl.NumberFormat(`${i18n.language}-u-nu-latn`, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(n);
  return (
    <Alert color="teal" role="status" p="xs" title={t("kept")}>
      <Text size="sm">{t("facts", { seconds: number(report.duration_ms / 1000, 1), rate: number(report.sample_rate / 1000), level: number(report.level_dbfs) })}</Text>
      {report.converted && <Text size="sm">{t("converted", { format: report.converted.toUpperCase() })}</Text>}
      {(report.advice ?? []).map((a, i) => <Text size="sm" key={i}><span lang="en">{a.detail}: {a.hint}.</span></Text>)}
      <Text size="sm">{t("saveIt")}</Text>
    </Alert>
  );
}
