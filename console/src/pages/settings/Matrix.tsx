// What follows when a call does not get through: the hospital's rules in a form, and the whole as a table in words.
import { ActionIcon, Autocomplete, Badge, Button, Fieldset, Group, NativeSelect, SimpleGrid, Switch, Table, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { Icon } from "../../parts/icons";
import { Section } from "../../parts/Section";
import { Sure } from "../../parts/Sure";
import { checkMatrix } from "./check";
import { causesOf, dispositions, moved, replaced, verdicts, type Rule } from "./matrix";
import { Part } from "./Part";

type CauseMatrix = Schemas["CauseMatrix"];
type FormPart = { value: CauseMatrix; change: (rules: Rule[]) => void; faults: Record<string, string> };

const fieldsOf = ({ cause_matrix: rows }: CauseMatrix): string[] => (rows ?? []).flatMap((_, i) => ["/cause", "/sip", "/progress", "/verdict", "/disposition", ""].map((f) => `/cause_matrix/${i}${f}`));

export function Matrix() {
  return (
    <Part<CauseMatrix> name="cause-matrix" fields={fieldsOf} check={checkMatrix} load={(signal) => taken(api.GET("/api/v1/settings/cause-matrix", { signal }))}
      save={({ cause_matrix }, etag) => taken(api.PUT("/api/v1/settings/cause-matrix", { params: ifMatch(etag), body: { cause_matrix } }))}>
      {(value, change, faults) => {
        const rules = (cause_matrix: Rule[]) => change({ ...value, cause_matrix });
        return (
          <>
            <Own value={value} change={rules} faults={faults} />
            <All value={value} change={rules} />
          </>
        );
      }}
    </Part>
  );
}

function Own({ value, change, faults }: FormPart) {
  const { t } = useTranslation("sections");
  const [asking, setAsking] = useState(false);
  const own = value.cause_matrix ?? [];
  const add = () => change([...own, { verdict: "retry_later", disposition: "unreachable" }]);
  return (
    <Section title={t("matrix.own")} hint={t("matrix.ownHint")} aside={
      <Group gap="xs">
        <Button variant="default" size="xs" leftSection={<Icon name="plus" size={16} />} onClick={add}>{t("matrix.add")}</Button>
        {own.length > 0 && <Button variant="default" size="xs" leftSection={<Icon name="refresh" size={16} />} onClick={() => setAsking(true)}>{t("matrix.reset")}</Button>}
      </Group>
    }>
      {own.length === 0 && <Text size="sm" c="dimmed">{t("matrix.none")}</Text>}
      {own.map((r, i) => <RuleForm key={i} value={value} change={change} faults={faults} rule={r} i={i} />)}
      <Sure opened={asking} title={t("matrix.sure")} text={t("matrix.sureText")} yes={t("matrix.reset")} onYes={() => { setAsking(false); change([]); }} onNo={() => setAsking(false)} />
    </Section>
  );
}

function RuleForm({ value, change, faults, rule: r, i }: FormPart & { rule: Rule; i: number }) {
  const { t } = useTranslation("sections");
  const { t: words } = useTranslation("words");
  const own = value.cause_matrix ?? [];
  const set = (over: Partial<Rule>) => change(own.map((o, j) => (j === i ? { ...o, ...over } : o)));
  const fault = (f: string) => faults[`/cause_matrix/${i}/${f}`];
  const name = t("matrix.rule", { n: i + 1 });
  return (
    <Fieldset legend={name}>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        <Autocomplete label={t("matrix.cause")} description={t("matrix.causeHint")} dir="ltr" placeholder="NO_ANSWER" data={causesOf(value.shipped ?? [])} value={r.cause ?? ""} onChange={(v) => set({ cause: v.trim().toUpperCase() || undefined })} error={fault("cause") ?? faults[`/cause_matrix/${i}`]} />
        <TagsInput label={t("matrix.sip")} description={t("matrix.sipHint")} classNames={{ pill: "number" }} value={(r.sip ?? []).map(String)} onChange={(v) => set({ sip: v.length ? v.map(Number).filter((n) => !Number.isNaN(n)) : undefined })} error={fault("sip")} />
        <NativeSelect label={t("matrix.progress")} description={t("matrix.progressHint")} value={r.progress === undefined ? "" : String(r.progress)} onChange={(e) => set({ progress: e.currentTarget.value ? e.currentTarget.value === "true" : undefined })} error={fault("progress")}
          data={["", "true", "false"].map((v) => ({ value: v, label: t(`matrix.rang.${v || "any"}`) }))} />
        <NativeSelect label={t("matrix.verdict")} value={r.verdict} onChange={(e) => set({ verdict: e.currentTarget.value })} error={fault("verdict")} data={verdicts.map((v) => ({ value: v, label: t(`verdict.${v}`) }))} />
        <NativeSelect label={t("matrix.disposition")} value={r.disposition} onChange={(e) => set({ disposition: e.currentTarget.value })} error={fault("disposition")} data={dispositions.map((d) => ({ value: d, label: words(`disposition.${d}`) }))} />
        <Group justify="space-between" align="end" wrap="nowrap">
          <Switch label={t("matrix.alert")} checked={r.alert ?? false} onChange={(e) => set({ alert: e.currentTarget.checked || undefined })} />
          <Group gap={4} wrap="nowrap">
            <ActionIcon variant="default" size="lg" disabled={i === 0} aria-label={`${t("matrix.up")}: ${name}`} onClick={() => change(moved(own, i, -1))}><Icon name="up" size={16} /></ActionIcon>
            <ActionIcon variant="default" size="lg" disabled={i === own.length - 1} aria-label={`${t("matrix.down")}: ${name}`} onClick={() => change(moved(own, i, 1))}><Icon name="down" size={16} /></ActionIcon>
            <ActionIcon variant="default" size="lg" aria-label={t("drop", { what: name })} onClick={() => change(own.filter((_, j) => j !== i))}><Icon name="trash" size={16} /></ActionIcon>
          </Group>
        </Group>
      </SimpleGrid>
    </Fieldset>
  );
}

function All({ value, change }: Omit<FormPart, "faults">) {
  const { t } = useTranslation("sections");
  const own = value.cause_matrix ?? [];
  return (
    <Section title={t("matrix.all")} hint={t("matrix.allHint")}>
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("matrix.all") } }}>
        <Table>
          <Table.Thead><Table.Tr>{["when", "then", "called", "act"].map((c) => <Table.Th key={c}>{t(`matrix.${c}`)}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {own.map((r, i) => <Line key={`own-${i}`} rule={r} mark={<Badge variant="light" tt="none" radius="sm" w="max-content" color="grape">{t("matrix.mine")}</Badge>} />)}
            {(value.shipped ?? []).map((r, i) => replaced(own, r)
              ? <Line key={i} rule={r} mark={<Badge variant="light" tt="none" radius="sm" w="max-content" color="gray">{t("matrix.replaced")}</Badge>} />
              : <Line key={i} rule={r} mark={r.verdict !== "ours" && <Change rule={r} onClick={() => change([...own, { ...r }])} />} />)}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}

function Change({ rule, onClick }: { rule: Rule; onClick: () => void }) {
  const { t } = useTranslation("sections");
  const when = useWhen();
  return <Button size="compact-sm" variant="default" aria-label={`${t("matrix.change")}: ${when(rule)}`} onClick={onClick}>{t("matrix.change")}</Button>;
}

// useWhen says which calls a rule is about, in words with the network's own names beside them.
function useWhen() {
  const { t } = useTranslation("sections");
  const { t: logs } = useTranslation("logs");
  return (r: Rule) => [
    ...(r.sip?.length ? [r.sip.map((s) => logs(`sip.${s}`, { defaultValue: "" })).filter(Boolean).join(", ") + ` (SIP ${r.sip.join(", ")})`] : []),
    ...(r.cause ? [`${logs(`cause.${r.cause}`, { defaultValue: "" })} (${r.cause})`.trim()] : []),
    ...(r.progress === undefined ? [] : [t(`matrix.rang.${r.progress}`)]),
  ].join(" · ");
}

function Line({ rule: r, mark }: { rule: Rule; mark: React.ReactNode }) {
  const { t } = useTranslation("sections");
  const { t: words } = useTranslation("words");
  const when = useWhen();
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}><bdi>{when(r) || "–"}</bdi></Table.Th>
      <Table.Td>{t(`verdict.${r.verdict}`)}{r.alert && <> · {t("matrix.alerts")}</>}</Table.Td>
      <Table.Td>{words(`disposition.${r.disposition}`, r.disposition)}</Table.Td>
      <Table.Td>{mark}</Table.Td>
    </Table.Tr>
  );
}
