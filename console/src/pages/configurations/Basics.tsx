// What starts the outreach, when it leaves, and for how long.
import { Grid, NativeSelect, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Fault } from "../../api/problems";
import { Section } from "../../parts/Section";
import { DurationInput } from "./DurationInput";
import { Hours } from "./Hours";
import { at, only, type Component, type Configuration } from "./model";
import { useCatalogueNames } from "./catalogue";

export type Part = { value: Configuration; change: (next: Configuration) => void; faults: Fault[] };

export function Trigger({ value: c, change, faults, components }: Part & { components: Component[] }) {
  const { t } = useTranslation("configurations");
  const names = useCatalogueNames();
  const component = components.find((k) => k.name === c.component);
  const events = (component?.events ?? []).filter((e) => e.effect === "trigger" || e.name === c.event);
  return (
    <Section title={t("trigger.title")} hint={t("trigger.hint")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label={t("component")} data={components.map((k) => ({ value: k.name, label: names.component(k) }))} value={c.component ?? null} allowDeselect={false} searchable
          onChange={(v) => change({ ...c, component: v ?? c.component, event: components.find((k) => k.name === v)?.events?.find((e) => e.effect === "trigger")?.name })} error={at(faults, "/component")} />
        <Select label={t("event")} data={events.map((e) => ({ value: e.name, label: names.event(component, e) }))} value={c.event ?? null} allowDeselect={false} onChange={(v) => change({ ...c, event: v ?? c.event })} error={at(faults, "/event")} />
      </SimpleGrid>
    </Section>
  );
}

export function Timing({ value: c, change, faults }: Part) {
  const { t } = useTranslation("configurations");
  const type = c.when?.type ?? "immediate";
  const pick = (next: string) => change({ ...c, when: next === "immediate" ? { type: next } : { type: next, offset: c.when?.offset ?? "PT24H" } });
  return (
    <Section title={t("when.title")} hint={t(`when.hint.${type}`, "")}>
      <SegmentedControl aria-label={t("when.title")} value={type} onChange={pick} data={["immediate", "before", "after"].map((v) => ({ value: v, label: t(`when.${v}`) }))} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {type !== "immediate" && <DurationInput label={t(type === "before" ? "when.howLongBefore" : "when.howLongAfter")} hint={t("when.offsetHint")} value={c.when?.offset} onChange={(offset) => change({ ...c, when: { type, offset } })} error={at(faults, "/when")} required />}
        <Occurrence {...{ value: c, change, faults }} />
      </SimpleGrid>
      <Hours label={t("window.title")} hint={t("window.hint")} value={c.call_window} onChange={(call_window) => change({ ...c, call_window })} error={at(faults, "/call_window")} byDefault={{ from: "09:00", to: "20:00" }} />
    </Section>
  );
}

function Occurrence({ value: c, change, faults }: Part) {
  const { t } = useTranslation("configurations");
  const once = c.occurrence?.type === "once";
  return (
    <Stack gap="xs">
      <NativeSelect label={t("occurrence.title")} value={once ? "once" : "continue"} data={[{ value: "continue", label: t("occurrence.continue") }, { value: "once", label: t("occurrence.once") }]}
        onChange={(e) => change({ ...c, occurrence: e.currentTarget.value === "once" ? { type: "once" } : { type: "continue" } })} error={only(faults, "/occurrence/type")} />
      {once && <TextInput type="date" label={t("occurrence.date")} description={t("occurrence.dateHint")} value={c.occurrence?.date ?? ""} onChange={(e) => change({ ...c, occurrence: { type: "once", date: e.currentTarget.value || undefined } })} error={at(faults, "/occurrence/date")} required />}
    </Stack>
  );
}

const purposes = ["care", "billing", "feedback"];

// Rarely is what most hospitals leave as it is.
export function Rarely({ value: c, change, faults }: Part) {
  const { t } = useTranslation("configurations");
  const before = c.when?.type === "before";
  const known = [...new Set([...purposes, ...(c.purpose ? [c.purpose] : [])])];
  return (
    <Section title={t("more.title")} hint={t("more.hint")}>
      <details open={faults.some((f) => /^\/(release|min_lead|grace|cut_off|purpose|opt_out|priority)/.test(f.pointer ?? ""))}>
        <summary><Text span size="sm">{t("more.show")}</Text></summary>
        <Grid mt="sm">
          <Grid.Col span={{ base: 12, sm: 6 }}><TextInput label={t("more.release")} description={t("more.releaseHint")} dir="ltr" value={c.release ?? ""} onChange={(e) => change({ ...c, release: e.currentTarget.value || undefined })} error={at(faults, "/release")} /></Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}><NumberInput label={t("more.priority")} description={t("more.priorityHint")} value={c.priority ?? 0} onChange={(v) => change({ ...c, priority: Number(v) || undefined })} min={-1000} max={1000} allowDecimal={false} error={at(faults, "/priority")} /></Grid.Col>
          {before && <Grid.Col span={{ base: 12, sm: 6 }}><DurationInput label={t("more.minLead")} hint={t("more.minLeadHint")} value={c.min_lead} byDefault="PT2H" onChange={(min_lead) => change({ ...c, min_lead })} error={at(faults, "/min_lead")} /></Grid.Col>}
          <Grid.Col span={{ base: 12, sm: 6 }}><DurationInput label={t("more.grace")} hint={t("more.graceHint")} value={c.grace} byDefault="P1D" onChange={(grace) => change({ ...c, grace })} error={at(faults, "/grace")} /></Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}><DurationInput label={t("more.cutOff")} hint={t("more.cutOffHint")} value={c.cut_off} byDefault="PT0M" onChange={(cut_off) => change({ ...c, cut_off })} error={at(faults, "/cut_off")} /></Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <NativeSelect label={t("more.purpose")} description={t("more.purposeHint")} value={c.purpose ?? ""} onChange={(e) => change({ ...c, purpose: e.currentTarget.value || undefined })} error={at(faults, "/purpose")}
              data={[{ value: "", label: t("more.purposeDefault") }, ...known.map((p) => ({ value: p, label: t(`purpose.${p}`, p) }))]} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <NativeSelect label={t("more.optOut")} description={t("more.optOutHint")} value={c.opt_out ?? "all"} onChange={(e) => change({ ...c, opt_out: e.currentTarget.value === "all" ? undefined : e.currentTarget.value })} error={at(faults, "/opt_out")}
              data={[{ value: "all", label: t("more.optOutAll") }, { value: "this_channel", label: t("more.optOutThis") }]} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}><Switch mt="lg" label={t("more.early")} description={t("more.earlyHint")} checked={c.early_advance ?? false} onChange={(e) => change({ ...c, early_advance: e.currentTarget.checked || undefined })} /></Grid.Col>
        </Grid>
      </details>
    </Section>
  );
}
