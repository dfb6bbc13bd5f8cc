// A file of opt-outs: sent with its progress in sight, refused whole with the line of each mistake.
import { Alert, Button, FileInput, Group, List, Modal, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Refused, Unreachable, type Fault } from "../../api/problems";
import { work, type Step } from "../../api/upload";
import { Failed } from "../../parts/states";

type Located = Fault & { line?: number };

export function Import({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("optouts");
  const { t: shell } = useTranslation();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [step, setStep] = useState<Step>();
  const [error, setError] = useState<unknown>();
  const [done, setDone] = useState<number>();
  const [cancelled, setCancelled] = useState(false);
  const stop = useRef<AbortController>(null);
  const close = () => {
    stop.current?.abort();
    setFile(null);
    setDone(undefined);
    setError(undefined);
    onClose();
  };
  const start = async () => {
    if (!file) return;
    const { signal } = (stop.current = new AbortController());
    setError(undefined);
    setCancelled(false);
    setStep({ done: 0 });
    try {
      setDone((await work<{ imported: number }>("/api/v1/opt-outs.csv", file, "text/csv", setStep, signal)).imported);
      void queries.invalidateQueries({ queryKey: ["optouts"] });
    } catch (e) {
      if (signal.aborted) setCancelled(true);
      else setError(e);
    }
    setStep(undefined);
  };
  const faults = error instanceof Refused ? (error.faults as Located[]) : [];
  return (
    <Modal opened={opened} onClose={close} title={t("import")} centered size="lg" closeButtonProps={{ "aria-label": shell("action.close") }}>
      <Stack>
        <Text size="sm">{t("importText")}</Text>
        <FileInput label={t("file")} accept=".csv,text/csv" value={file} onChange={(f) => { setFile(f); setDone(undefined); setError(undefined); setCancelled(false); }} clearable clearButtonProps={{ "aria-label": t("clear") }} />
        {step && <Progress value={step.total ? (100 * step.done) / step.total : 100} aria-label={t("sending")} animated striped={!step.total} />}
        {step?.total !== undefined && <Text size="sm" role="status" className="numbers">{t("step", { done: step.done, total: step.total })}</Text>}
        {cancelled && <Alert color="gray" role="status">{t("cancelled")}</Alert>}
        {done !== undefined && <Alert color="teal" role="status">{t("imported", { count: done })}</Alert>}
        {faults.length > 0 && (
          <Alert color="red" role="alert" title={t("refused")}>
            <List size="sm">{faults.map((f, i) => <List.Item key={i}>{f.line ? `${t("line", { line: f.line })}: ` : ""}{f.detail}{f.hint ? `. ${f.hint}` : ""}</List.Item>)}</List>
          </Alert>
        )}
        {error !== undefined && faults.length === 0 && <Failed error={error instanceof Refused || error instanceof Unreachable ? error : new Unreachable(error)} />}
        <Group justify="flex-end">
          {step !== undefined ? <Button variant="default" onClick={() => stop.current?.abort()}>{shell("action.cancel")}</Button> : <Button variant="default" onClick={close}>{shell("action.close")}</Button>}
          <Button disabled={!file} loading={step !== undefined} onClick={() => void start()}>{t("send")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
