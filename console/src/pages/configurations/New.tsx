// A new configuration: its name, what starts it, the mode it begins with. It is a draft until it is activated.
import { Anchor, Button, NativeSelect, Paper, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { byField, Refused } from "../../api/problems";
import { read } from "../../api/queries";
import { Page } from "../../parts/Page";
import { Failed, Ready } from "../../parts/states";
import { useCatalogueNames } from "./catalogue";
import { begin } from "./draft";
import { blankStep, channels, firstSequence, usual, type Channel, type Component, type Configuration } from "./model";

export default function New() {
  const { t } = useTranslation("configurations");
  const components = useQuery(read.components);
  const all = useQuery(read.configurations);
  const prompts = useQuery(read.prompts);
  return (
    <Page title={t("add")} intro={<Anchor component={Link} to="/configurations">{t("back")}</Anchor>}>
      <Ready query={components}>
        {(known) => <Ready query={all}>{(list) => <Ready query={prompts}>{(p) => <Form components={known.items ?? []} all={list.data.items ?? []} playable={new Set((p.data.items ?? []).filter((k) => k.active).map((k) => k.category ?? ""))} />}</Ready>}</Ready>}
      </Ready>
    </Page>
  );
}

type Props = { components: Component[]; all: Configuration[]; playable: ReadonlySet<string> };

function Form({ components, all, playable }: Props) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const names = useCatalogueNames();
  const [query] = useSearchParams();
  const go = useNavigate();
  const queries = useQueryClient();
  const copied = all.find((c) => c.name === query.get("from"));
  const [name, setName] = useState(copied ? t("copyOf", { name: copied.name }) : "");
  const [wanted, setWanted] = useState("");
  const [picked, setPicked] = useState("");
  const [mode, setMode] = useState<Channel>("ivr");
  const component = components.find((c) => c.name === wanted) ?? components[0];
  const events = (component?.events ?? []).filter((e) => e.effect === "trigger");
  const event = events.find((e) => e.name === picked) ?? events[0];
  const fresh = (): Configuration => {
    const allowed = event?.actions ?? [];
    const step = blankStep(mode, { actions: usual(allowed, mode), sequence: firstSequence(component?.name ?? "", playable) }, component?.name);
    return { name: name.trim(), component: component?.name, event: event?.name, active: false, when: event?.upcoming ? { type: "before", offset: "PT24H" } : { type: "immediate" }, occurrence: { type: "continue" }, steps: [step] };
  };
  const taken = all.some((c) => c.name === name.trim());
  const making = useMutation({
    mutationFn: () => begin(copied ? { ...copied, name: name.trim(), active: false } : fresh()),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["configurations"] });
      void go(`/configurations/${encodeURIComponent(name.trim())}`);
    },
  });
  const exists = making.error instanceof Refused && making.error.status === 412;
  const faults = byField(making.error, ["/name"]).fields;
  const wrong = taken || exists ? t("nameTaken") : faults["/name"];
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" maw={620} component="form" onSubmit={(e) => { e.preventDefault(); if (name.trim() && !taken) making.mutate(); }}>
      <Stack>
        <TextInput label={t("name")} description={t("nameHint")} value={name} onChange={(e) => { setName(e.currentTarget.value); making.reset(); }} error={wrong} required maxLength={100} dir="auto" />
        {!copied && (
          <>
            <Select label={t("component")} searchable data={components.map((c) => ({ value: c.name, label: names.component(c) }))} value={component?.name ?? null} allowDeselect={false} onChange={(v) => { setWanted(v ?? ""); setPicked(""); }} />
            <NativeSelect label={t("event")} data={events.map((e) => ({ value: e.name, label: names.event(component, e) }))} value={event?.name ?? ""} onChange={(e) => setPicked(e.currentTarget.value)} />
            <SegmentedControl className="modes" aria-label={t("mode.title")} value={mode} onChange={(v) => setMode(v as Channel)} data={channels.map((c) => ({ value: c, label: words(`channel.${c}`) }))} />
          </>
        )}
        {making.error && !exists && !faults["/name"] && <Failed error={making.error} />}
        <Button type="submit" loading={making.isPending} disabled={!name.trim() || taken}>{t("begin")}</Button>
      </Stack>
    </Paper>
  );
}
