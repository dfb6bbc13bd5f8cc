import { ActionIcon, Button, Checkbox, Fieldset, Group, SimpleGrid, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { Icon } from "../../parts/icons";
import { Section } from "../../parts/Section";
import { checkWebhooks } from "./check";
import { SecretInput } from "./inputs";
import { Part } from "./Part";

type WebhookSettings = Schemas["WebhookSettings"];
type Receiver = Schemas["WebhookOut"];
type FormPart = { value: WebhookSettings; change: (next: WebhookSettings) => void; faults: Record<string, string> };

const results = ["response.received", "response.revised", "response.late", "transaction.ended"];

const fieldsOf = ({ in: i = {}, out }: WebhookSettings): string[] => [
  "/in/source", ...(i.secrets ?? []).map((_, n) => `/in/secrets/${n}`),
  ...(out ?? []).flatMap((_, n) => ["name", "url", "secret", "events"].map((f) => `/out/${n}/${f}`)),
];

export function Webhooks() {
  return (
    <Part<WebhookSettings> name="webhooks" fields={fieldsOf} check={checkWebhooks} load={(signal) => taken(api.GET("/api/v1/settings/webhooks", { signal }))}
      save={(body, etag) => taken(api.PUT("/api/v1/settings/webhooks", { params: ifMatch(etag), body }))}>
      {(value, change, faults) => (
        <>
          <Incoming value={value} change={change} faults={faults} />
          <Receivers value={value} change={change} faults={faults} />
        </>
      )}
    </Part>
  );
}

function Incoming({ value, change, faults }: FormPart) {
  const { t } = useTranslation("sections");
  const secrets = value.in?.secrets ?? [];
  const put = (over: Partial<Schemas["WebhookIn"]>) => change({ ...value, in: { ...value.in, ...over } });
  const keep = (next: string[]) => put({ secrets: next.length ? next : undefined });
  return (
    <Section title={t("in.title")} hint={t("in.titleHint")}>
      <TextInput label={t("in.source")} description={t("in.sourceHint")} placeholder="hims" dir="ltr" value={value.in?.source ?? ""} onChange={(e) => put({ source: e.currentTarget.value || undefined })} error={faults["/in/source"]} />
      {secrets.map((s, i) => (
        <Group key={i} align="flex-end" wrap="nowrap" gap="xs">
          <div style={{ flex: 1 }}><SecretInput label={t("in.secret", { n: i + 1 })} value={s} onChange={(v) => keep(secrets.map((o, j) => (j === i ? (v ?? "") : o)))} error={faults[`/in/secrets/${i}`]} /></div>
          <ActionIcon variant="default" size="lg" aria-label={t("drop", { what: t("in.secret", { n: i + 1 }) })} onClick={() => keep(secrets.filter((_, j) => j !== i))}><Icon name="trash" size={16} /></ActionIcon>
        </Group>
      ))}
      <div><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => keep([...secrets, ""])}>{t("in.add")}</Button></div>
    </Section>
  );
}

function Receivers({ value, change, faults }: FormPart) {
  const { t } = useTranslation("sections");
  const { t: w } = useTranslation("webhooks");
  const list = value.out ?? [];
  const set = (i: number, over: Partial<Receiver>) => change({ ...value, out: list.map((r, j) => (j === i ? { ...r, ...over } : r)) });
  const add = () => change({ ...value, out: [...list, { name: "", url: "", secret: "", active: true }] });
  return (
    <Section title={t("out.title")} hint={t("out.titleHint")} aside={<Button variant="default" size="xs" leftSection={<Icon name="plus" size={16} />} onClick={add}>{t("out.add")}</Button>}>
      {list.length === 0 && <Text size="sm" c="dimmed">{t("out.none")}</Text>}
      {list.map((r, i) => {
        const fault = (f: string) => faults[`/out/${i}/${f}`];
        return (
          <Fieldset key={i} legend={r.name || t("out.receiver", { n: i + 1 })}>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label={t("out.name")} description={t("out.nameHint")} dir="ltr" value={r.name} onChange={(e) => set(i, { name: e.currentTarget.value })} error={fault("name")} required />
              <TextInput label={t("out.url")} description={t("out.urlHint")} dir="ltr" value={r.url} onChange={(e) => set(i, { url: e.currentTarget.value.trim() })} error={fault("url")} required />
              <SecretInput label={t("out.secret")} value={r.secret} onChange={(v) => set(i, { secret: v ?? "" })} error={fault("secret")} required />
              <Switch label={t("out.private")} description={t("out.privateHint")} checked={r.allow_private ?? false} onChange={(e) => set(i, { allow_private: e.currentTarget.checked || undefined })} />
              <Checkbox.Group label={t("out.events")} description={t("out.eventsHint")} value={r.events ?? []} onChange={(events) => set(i, { events: events.length ? events : undefined })} error={fault("events")}>
                {results.map((e) => <Checkbox key={e} mt="xs" value={e} label={w(`types.${e.replace(".", "_")}`)} />)}
              </Checkbox.Group>
              <Group justify="space-between" align="end">
                <Switch label={t("out.active")} checked={r.active} onChange={(e) => set(i, { active: e.currentTarget.checked })} />
                <ActionIcon variant="default" size="lg" aria-label={t("drop", { what: r.name || t("out.receiver", { n: i + 1 }) })} onClick={() => change({ ...value, out: list.filter((_, j) => j !== i) })}><Icon name="trash" /></ActionIcon>
              </Group>
            </SimpleGrid>
          </Fieldset>
        );
      })}
    </Section>
  );
}
