import { ActionIcon, Button, Fieldset, Group, NumberInput, PasswordInput, Select, SimpleGrid, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { Icon } from "../../parts/icons";
import { Section } from "../../parts/Section";

type PBX = Schemas["PBX"];
type Gateway = Schemas["Gateway"];

const gatewayFields = ["name", "caller_id", "allowed_prefixes", "strip", "prepend", "codec", "dtmf", "max_concurrent_calls", "calls_per_second", "proxy", "username", "password"] as const;

// fieldsOf are the pointers of the form's fields, for faults to land on.
export const fieldsOf = (p: PBX): string[] => [
  "/name", "/esl/host", "/esl/port", "/esl/password", "/callback/host", "/callback/port", "/max_concurrent_calls", "/calls_per_second", "/reserve_inbound", "/gateways",
  "/allow_from", "/extension_context", "/audio_dir", "/audio_url", "/callback_dids", "/callback_secret", "/unknown/settle_after",
  ...(p.gateways ?? []).flatMap((_, i) => gatewayFields.map((f) => `/gateways/${i}/${f}`)),
];

type Props = { value: PBX; change: (next: PBX) => void; faults: Record<string, string>; created: boolean };

const numbers = { pill: "number" };
const some = (v: string[]) => (v.length ? v : undefined);
const whole = (v: string | number) => (v === "" ? undefined : Number(v));

export function Form({ value: p, change, faults, created }: Props) {
  const { t } = useTranslation("pbxs");
  const esl = (over: Partial<Schemas["ESLAddress"]>) => change({ ...p, esl: { ...p.esl, ...over } });
  const callback = (over: Partial<Schemas["HostPort"]>) => change({ ...p, callback: { ...p.callback, ...over } });
  return (
    <>
      <Section title={t("form.connection")} hint={t("form.connectionHint")}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput label={t("form.name")} value={p.name ?? ""} onChange={(e) => change({ ...p, name: e.currentTarget.value })} disabled={created} error={faults["/name"]} required />
          <Switch label={t("form.active")} description={t("form.activeHint")} checked={p.active ?? false} onChange={(e) => change({ ...p, active: e.currentTarget.checked })} mt={{ sm: "lg" }} />
          <TextInput label={t("form.host")} dir="ltr" value={p.esl?.host ?? ""} onChange={(e) => esl({ host: e.currentTarget.value })} error={faults["/esl/host"]} required />
          <NumberInput label={t("form.port")} value={p.esl?.port} onChange={(v) => esl({ port: whole(v) })} min={1} max={65535} hideControls error={faults["/esl/port"]} />
          <PasswordInput label={t("form.password")} description={t("form.passwordHint")} value={p.esl?.password ?? ""} onChange={(e) => esl({ password: e.currentTarget.value })} error={faults["/esl/password"]} autoComplete="off" />
          <span />
          <TextInput label={t("form.callbackHost")} description={t("form.callbackHint")} dir="ltr" value={p.callback?.host ?? ""} onChange={(e) => callback({ host: e.currentTarget.value })} error={faults["/callback/host"]} required />
          <NumberInput label={t("form.callbackPort")} description={t("form.callbackPortHint")} value={p.callback?.port} onChange={(v) => callback({ port: whole(v) })} min={1} max={65535} hideControls error={faults["/callback/port"]} />
        </SimpleGrid>
      </Section>
      <Section title={t("form.limits")} hint={t("form.limitsHint")}>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <NumberInput label={t("form.maxCalls")} value={p.max_concurrent_calls} onChange={(v) => change({ ...p, max_concurrent_calls: whole(v) })} min={1} error={faults["/max_concurrent_calls"]} />
          <NumberInput label={t("form.perSecond")} value={p.calls_per_second} onChange={(v) => change({ ...p, calls_per_second: whole(v) })} min={0.1} step={0.5} decimalScale={2} error={faults["/calls_per_second"]} />
          <NumberInput label={t("form.reserve")} value={p.reserve_inbound ?? 30} onChange={(v) => change({ ...p, reserve_inbound: whole(v) })} min={0} max={100} suffix=" %" error={faults["/reserve_inbound"]} />
        </SimpleGrid>
      </Section>
      <Gateways value={p} change={change} faults={faults} />
      <Others value={p} change={change} faults={faults} />
    </>
  );
}

// Others are the settings that few PBXs need.
function Others({ value: p, change, faults }: Omit<Props, "created">) {
  const { t } = useTranslation("pbxs");
  return (
    <Section title={t("form.others")} hint={t("form.othersHint")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TagsInput classNames={numbers} label={t("form.callbackDids")} description={t("form.callbackDidsHint")} value={p.callback_dids ?? []} onChange={(v) => change({ ...p, callback_dids: some(v) })} error={faults["/callback_dids"]} />
        <PasswordInput label={t("form.callbackSecret")} description={t("form.callbackSecretHint")} value={p.callback_secret ?? ""} onChange={(e) => change({ ...p, callback_secret: e.currentTarget.value || undefined })} error={faults["/callback_secret"]} autoComplete="off" />
        <TextInput label={t("form.extensions")} description={t("form.extensionsHint")} dir="ltr" value={p.extension_context ?? ""} onChange={(e) => change({ ...p, extension_context: e.currentTarget.value || undefined })} error={faults["/extension_context"]} />
        <TextInput label={t("form.audioDir")} description={t("form.audioDirHint")} dir="ltr" value={p.audio_dir ?? ""} onChange={(e) => change({ ...p, audio_dir: e.currentTarget.value || undefined })} error={faults["/audio_dir"]} />
        <TextInput label={t("form.audioUrl")} description={t("form.audioUrlHint")} dir="ltr" value={p.audio_url ?? ""} onChange={(e) => change({ ...p, audio_url: e.currentTarget.value || undefined })} error={faults["/audio_url"]} />
        <TagsInput classNames={numbers} label={t("form.allowFrom")} description={t("form.allowFromHint")} value={p.allow_from ?? []} onChange={(v) => change({ ...p, allow_from: some(v) })} error={faults["/allow_from"]} />
        <TextInput label={t("form.settleAfter")} description={t("form.settleAfterHint")} dir="ltr" value={p.unknown?.settle_after ?? ""} onChange={(e) => change({ ...p, unknown: e.currentTarget.value ? { settle_after: e.currentTarget.value } : undefined })} error={faults["/unknown/settle_after"]} />
        <Switch label={t("form.cdrHook")} description={t("form.cdrHookHint")} checked={p.cdr_hook ?? false} onChange={(e) => change({ ...p, cdr_hook: e.currentTarget.checked })} />
      </SimpleGrid>
    </Section>
  );
}

function Gateways({ value: p, change, faults }: Omit<Props, "created">) {
  const { t } = useTranslation("pbxs");
  const list = p.gateways ?? [];
  const set = (i: number, over: Partial<Gateway>) => change({ ...p, gateways: list.map((g, j) => (j === i ? { ...g, ...over } : g)) });
  const add = () => change({ ...p, gateways: [...list, { name: "", allowed_prefixes: [], active: true, max_concurrent_calls: 10, calls_per_second: 1 }] });
  const drop = (i: number) => change({ ...p, gateways: list.filter((_, j) => j !== i) });
  return (
    <Section title={t("form.gateways")} hint={t("form.gatewaysHint")} aside={<Button variant="default" size="xs" leftSection={<Icon name="plus" size={16} />} onClick={add}>{t("form.addGateway")}</Button>}>
      {faults["/gateways"] && <Text size="sm" c="var(--mantine-color-error)" role="alert">{faults["/gateways"]}</Text>}
      {list.length === 0 && <Text size="sm" c="dimmed">{t("noGateways")}</Text>}
      {list.map((g, i) => {
        const fault = (f: (typeof gatewayFields)[number]) => faults[`/gateways/${i}/${f}`];
        return (
          <Fieldset key={i} legend={g.name || t("form.gateway", { n: i + 1 })}>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              <TextInput label={t("form.gatewayName")} dir="ltr" value={g.name ?? ""} onChange={(e) => set(i, { name: e.currentTarget.value })} error={fault("name")} required />
              <TextInput label={t("form.callerId")} dir="ltr" placeholder="+966112345678" value={g.caller_id ?? ""} onChange={(e) => set(i, { caller_id: e.currentTarget.value || undefined })} error={fault("caller_id")} />
              <TagsInput classNames={numbers} label={t("form.prefixes")} description={t("form.prefixesHint")} value={g.allowed_prefixes ?? []} onChange={(v) => set(i, { allowed_prefixes: v })} error={fault("allowed_prefixes")} />
              <TextInput label={t("form.strip")} dir="ltr" value={g.strip ?? ""} onChange={(e) => set(i, { strip: e.currentTarget.value || undefined })} error={fault("strip")} />
              <TextInput label={t("form.prepend")} dir="ltr" value={g.prepend ?? ""} onChange={(e) => set(i, { prepend: e.currentTarget.value || undefined })} error={fault("prepend")} />
              <Select label={t("form.codec")} data={[{ value: "", label: t("form.codecAuto") }, "PCMA", "PCMU"]} value={g.codec ?? ""} onChange={(v) => set(i, { codec: v || undefined })} error={fault("codec")} />
              <NumberInput label={t("form.maxCalls")} value={g.max_concurrent_calls ?? ""} onChange={(v) => set(i, { max_concurrent_calls: whole(v) })} min={1} error={fault("max_concurrent_calls")} />
              <NumberInput label={t("form.perSecond")} value={g.calls_per_second ?? ""} onChange={(v) => set(i, { calls_per_second: whole(v) })} min={0.1} step={0.5} decimalScale={2} error={fault("calls_per_second")} />
              <Select label={t("form.dtmf")} data={[{ value: "", label: t("form.dtmfEvents") }, { value: "inband", label: t("form.dtmfInband") }]} value={g.dtmf === "inband" ? "inband" : ""} onChange={(v) => set(i, { dtmf: v || undefined })} error={fault("dtmf")} />
              <TextInput label={t("form.proxy")} description={t("form.proxyHint")} dir="ltr" value={g.proxy ?? ""} onChange={(e) => set(i, { proxy: e.currentTarget.value || undefined })} error={fault("proxy")} />
              <TextInput label={t("form.username")} dir="ltr" value={g.username ?? ""} onChange={(e) => set(i, { username: e.currentTarget.value || undefined })} error={fault("username")} autoComplete="off" />
              <PasswordInput label={t("form.gatewayPassword")} value={g.password ?? ""} onChange={(e) => set(i, { password: e.currentTarget.value || undefined })} error={fault("password")} autoComplete="off" />
              <Switch label={t("form.register")} checked={g.register ?? false} onChange={(e) => set(i, { register: e.currentTarget.checked || undefined })} mt={{ sm: "lg" }} />
              <Group justify="space-between" align="end">
                <Switch label={t("form.gatewayActive")} checked={g.active ?? false} onChange={(e) => set(i, { active: e.currentTarget.checked })} />
                <ActionIcon variant="default" size="lg" aria-label={t("form.dropGateway", { name: g.name || i + 1 })} onClick={() => drop(i)}><Icon name="trash" /></ActionIcon>
              </Group>
            </SimpleGrid>
          </Fieldset>
        );
      })}
    </Section>
  );
}
