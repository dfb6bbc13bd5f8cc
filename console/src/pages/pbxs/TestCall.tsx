// One call to a phone of one's own, with what happens on it as it happens.
import { Alert, Button, Group, NativeSelect, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { byField } from "../../api/problems";
import { read, useFacility } from "../../api/queries";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Section } from "../../parts/Section";
import { Failed } from "../../parts/states";
import { useMay } from "../../session";
import { factsOf, iconOf } from "../logs/line";
import { useLanguageName } from "../prompts/words";

type Call = Schemas["TestCall"];

const path = (name: string, id: string) => ({ params: { path: { name, id } } });

export function TestCall({ pbx }: { pbx: string }) {
  const { t } = useTranslation("pbxs");
  const may = useMay("operator");
  const queries = useQueryClient();
  const [placed, setPlaced] = useState<string>();
  const list = useQuery({
    queryKey: ["test-calls", pbx],
    queryFn: ({ signal }) => data(api.GET("/api/v1/pbxs/{name}/test-calls", { params: { path: { name: pbx } }, signal })),
    refetchInterval: (q) => (q.state.data?.items?.some((c) => !c.ended_at) ? 1000 : false), // the stream is quicker; this stands below it
  }).data?.items ?? [];
  const call = list.find((c) => c.id === placed) ?? list.find((c) => !c.ended_at);
  if (!may) return null;
  return (
    <Section title={t("test.title")} hint={t("test.hint")}>
      <Form pbx={pbx} busy={call !== undefined && !call.ended_at} onPlaced={(id) => { setPlaced(id); void queries.invalidateQueries({ queryKey: ["test-calls", pbx] }); }} />
      {call && <Transcript pbx={pbx} call={call} />}
      {list.length > 0 && <Earlier calls={list.filter((c) => c.id !== call?.id)} />}
    </Section>
  );
}

function Form({ pbx, busy, onPlaced }: { pbx: string; busy: boolean; onPlaced: (id: string) => void }) {
  const { t } = useTranslation("pbxs");
  const called = useLanguageName();
  const languages = useFacility()?.languages ?? [];
  const gateways = useQuery(read.pbxStatus(pbx)).data?.gateways ?? [];
  const configurations = (useQuery(read.configurations).data?.data.items ?? []).filter((c) => c.steps?.some((s) => s.channel === "ivr"));
  const [value, setValue] = useState({ number: "", gateway: "", configuration: "", language: "" });
  const set = (over: Partial<typeof value>) => setValue({ ...value, ...over });
  const place = useMutation({
    mutationFn: () => data(api.POST("/api/v1/pbxs/{name}/test-calls", { params: { path: { name: pbx } }, body: value })),
    onSuccess: (c) => onPlaced(c.id),
  });
  const faults = byField(place.error, ["/number", "/gateway", "/configuration", "/language"]);
  const plain = place.error !== null && Object.keys(faults.fields).length === 0;
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); place.mutate(); }}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput type="tel" dir="ltr" label={t("test.number")} description={t("test.numberHint")} placeholder="+966512345678" value={value.number} onChange={(e) => set({ number: e.currentTarget.value })} error={faults.fields["/number"]} required />
          <NativeSelect label={t("test.gateway")} description={t("test.gatewayHint")} value={value.gateway} onChange={(e) => set({ gateway: e.currentTarget.value })} error={faults.fields["/gateway"]}
            data={[{ value: "", label: t("test.anyGateway") }, ...gateways.map((g) => g.name)]} />
          <NativeSelect label={t("test.configuration")} description={t("test.configurationHint")} value={value.configuration} onChange={(e) => set({ configuration: e.currentTarget.value })} error={faults.fields["/configuration"]}
            data={[{ value: "", label: t("test.tone") }, ...configurations.map((c) => c.name ?? "")]} />
          <NativeSelect label={t("test.language")} value={value.language || (languages[0] ?? "")} onChange={(e) => set({ language: e.currentTarget.value })} error={faults.fields["/language"]} disabled={!value.configuration} mt={{ sm: "auto" }}
            data={languages.map((l) => ({ value: l, label: called(l) }))} />
        </SimpleGrid>
        {plain && <Failed error={place.error} />}
        <div><Button type="submit" loading={place.isPending} disabled={busy} leftSection={<Icon name="phone" size={16} />}>{t("test.call")}</Button></div>
      </Stack>
    </form>
  );
}

function Transcript({ pbx, call }: { pbx: string; call: Call }) {
  const { t } = useTranslation(["pbxs", "logs", "words"]);
  const { t: logs } = useTranslation("logs");
  const queries = useQueryClient();
  const hangUp = useMutation({
    mutationFn: () => data(api.DELETE("/api/v1/pbxs/{name}/test-calls/{id}", path(pbx, call.id))),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["test-calls", pbx] }),
  });
  const last = call.lines?.at(-1);
  return (
    <Alert color={call.ended_at ? (call.disposition === "answered" ? "teal" : "orange") : "blue"} title={t(call.ended_at ? "test.over" : "test.live", { number: call.phone_masked, gateway: call.gateway })}>
      <ol className="transcript" aria-label={t("test.transcript")}>
        {(call.lines ?? []).map((l, i) => (
          <li key={i}>
            <Icon name={iconOf[l.kind] ?? "next"} size={16} />
            <span><Moment at={l.at} precision="second" /> <strong>{logs(`kinds.${l.kind}`, t(`test.kind.${l.kind}`, l.kind.replaceAll("_", " ")))}</strong> {factsOf(l, t).map(([name, v]) => `${name}: ${v}`).join(" · ")}</span>
          </li>
        ))}
      </ol>
      <div className="sr" role="status">{last ? logs(`kinds.${last.kind}`, last.kind) : ""}</div>
      {hangUp.error && <Failed error={hangUp.error} />}
      {!call.ended_at && <Button size="xs" color="red" variant="outline" loading={hangUp.isPending} onClick={() => hangUp.mutate()} leftSection={<Icon name="cross" size={14} />}>{t("test.hangUp")}</Button>}
    </Alert>
  );
}

function Earlier({ calls }: { calls: Call[] }) {
  const { t } = useTranslation(["pbxs", "words"]);
  if (calls.length === 0) return null;
  return (
    <details>
      <summary><Text span size="sm">{t("test.earlier", { count: calls.length })}</Text></summary>
      <ul className="transcript">
        {calls.map((c) => (
          <li key={c.id}>
            <Icon name="phone" size={16} />
            <Group component="span" gap="xs"><Moment at={c.placed_at} /> <span className="number">{c.phone_masked}</span> {c.gateway} · {t(`words:disposition.${c.disposition}`, c.disposition ?? "–")} <bdi>{c.actor}</bdi></Group>
          </li>
        ))}
      </ul>
    </details>
  );
}
