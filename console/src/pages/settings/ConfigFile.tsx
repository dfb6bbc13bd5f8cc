// The whole configuration as a file: out, and in again with what it would change shown first.
import { Alert, Button, FileInput, Group, List, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { raw, type Schemas } from "../../api/client";
import { conflicting, Refused, type Fault } from "../../api/problems";
import { save } from "../../parts/Download";
import { Icon } from "../../parts/icons";
import { Section } from "../../parts/Section";
import { Failed } from "../../parts/states";

type Plan = Schemas["ApplyPlan"];
type Located = Fault & { line?: number };

const signs: Record<string, string> = { add: "+", change: "~", remove: "−" };

// apply sends the file. With the revision that its plan was made for, it changes the settings; without, it only plans.
async function apply(file: File, revision?: number): Promise<Plan> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (revision !== undefined) headers["If-Match"] = `"${revision}"`;
  const answer = await raw(`/api/v1/config/apply?preview=${revision === undefined}`, { method: "POST", body: file, headers });
  return (await answer.json()) as Plan;
}

export function ConfigFile() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const exporting = useMutation({ mutationFn: async () => save(await (await raw("/api/v1/config")).blob(), "curlew.json") });
  const planning = useMutation({ mutationFn: (f: File) => apply(f) });
  const applying = useMutation({
    mutationFn: ({ f, revision }: { f: File; revision: number }) => apply(f, revision),
    onSuccess: () => {
      planning.reset();
      void queries.invalidateQueries();
    },
    onError: (e) => conflicting(e) && file && planning.mutate(file), // it was planned for older settings: show it anew
  });
  const choose = (f: File | null) => {
    setFile(f);
    planning.reset();
    applying.reset();
    if (f) planning.mutate(f);
  };
  const plan = planning.data;
  return (
    <Section title={t("file.title")} hint={t("file.hint")} aside={
      <Button variant="default" loading={exporting.isPending} leftSection={<Icon name="download" size={16} />} onClick={() => exporting.mutate()}>{t("file.export")}</Button>
    }>
      {exporting.error && <Failed error={exporting.error} />}
      <FileInput label={t("file.choose")} description={t("file.chooseHint")} accept=".json,application/json" value={file} onChange={choose} clearable clearButtonProps={{ "aria-label": t("file.clear") }} />
      {planning.isPending && <Text size="sm" role="status">{t("file.planning")}</Text>}
      {(applying.error ?? planning.error) && <Mistakes error={applying.error ?? planning.error} />}
      {applying.data && <Alert color="teal" role="status">{t("file.applied")}</Alert>}
      {plan && <Changes plan={plan} />}
      {plan && file && !!plan.changes?.length && (
        <Group justify="flex-end"><Button loading={applying.isPending} onClick={() => applying.mutate({ f: file, revision: plan.revision ?? 0 })}>{t("file.apply")}</Button></Group>
      )}
    </Section>
  );
}

function Mistakes({ error }: { error: unknown }) {
  const { t } = useTranslation("settings");
  const faults = error instanceof Refused ? (error.faults as Located[]) : [];
  if (faults.length === 0) return <Failed error={error} />;
  return (
    <Alert color="red" role="alert" title={t("file.refused")}>
      <List size="sm">
        {faults.map((f, i) => (
          <List.Item key={i}>{f.line ? `${t("file.line", { line: f.line })}: ` : ""}<bdi className="number">{f.pointer}</bdi> {f.detail}{f.hint ? `. ${f.hint}` : ""}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Changes({ plan }: { plan: Plan }) {
  const { t } = useTranslation("settings");
  if (!plan.changes?.length) return <Text size="sm" role="status">{t("file.nothing")}</Text>;
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={320}>
        <Table>
          <Table.Thead><Table.Tr>{["act", "what", "fields"].map((c) => <Table.Th key={c}>{t(`file.${c}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {plan.changes.map((c) => (
              <Table.Tr key={c.pointer}>
                <Table.Td><b aria-hidden="true">{signs[c.action ?? ""]}</b> {t(`file.${c.action}`)}</Table.Td>
                <Table.Th scope="row"><bdi className="number">{c.name ? `${c.pointer} ${c.name}` : c.pointer}</bdi></Table.Th>
                <Table.Td>{c.fields?.join(", ")}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {plan.warnings?.map((w, i) => <Alert key={i} color="orange">{w.detail}</Alert>)}
    </Stack>
  );
}
