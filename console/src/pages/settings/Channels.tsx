import { NativeSelect, NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { Section } from "../../parts/Section";
import { checkChannels } from "./check";
import { KeyTable, SecretInput } from "./inputs";
import { Part } from "./Part";

type ChannelSettings = Schemas["ChannelSettings"];
type Twilio = Schemas["TwilioSettings"];
type SMTP = Schemas["SMTPSettings"];
type FormPart<T> = { value: T; change: (over: Partial<T>) => void; faults: Record<string, string> };

const codeMeanings = ["undelivered", "refused", "opted_out", "throttled", "misconfigured", "invalid_number", "unknown", "next_channel", "retry_later", "suppress"];
const tables = ["senders", "whatsapp_senders", "codes"] as const;

const fieldsOf = ({ twilio: t = {} }: ChannelSettings): string[] => [
  ...["account_sid", "auth_token", "sms_from", "whatsapp_from", "messaging_service_sid", "per_second", "base_url"].map((f) => `/twilio/${f}`),
  ...tables.flatMap((table) => Object.keys(t[table] ?? {}).map((k) => `/twilio/${table}/${k}`)), "/twilio",
  ...["host", "port", "from", "username", "password", "tls", "per_second"].map((f) => `/smtp/${f}`), "/smtp",
];

const amount = (v: string | number) => (v === "" ? undefined : Number(v));

export function Channels() {
  return (
    <Part<ChannelSettings> name="channels" fields={fieldsOf} check={checkChannels} load={(signal) => taken(api.GET("/api/v1/settings/channels", { signal }))}
      save={(body, etag) => taken(api.PUT("/api/v1/settings/channels", { params: ifMatch(etag), body }))}>
      {(value, change, faults) => (
        <>
          <TwilioForm value={value.twilio ?? {}} change={(over) => change({ ...value, twilio: { ...value.twilio, ...over } })} faults={faults} />
          <MailForm value={value.smtp ?? {}} change={(over) => change({ ...value, smtp: { ...value.smtp, ...over } })} faults={faults} />
        </>
      )}
    </Part>
  );
}

function TwilioForm({ value: v, change, faults }: FormPart<Twilio>) {
  const { t } = useTranslation("sections");
  const { t: words } = useTranslation("words");
  const text = (f: "account_sid" | "sms_from" | "whatsapp_from" | "messaging_service_sid" | "base_url") => (
    <TextInput label={t(`twilio.${f}`)} description={t(`twilio.hint.${f}`)} dir="ltr" value={v[f] ?? ""} onChange={(e) => change({ [f]: e.currentTarget.value.trim() || undefined })}
      error={faults[`/twilio/${f}`] ?? (f === "account_sid" ? faults["/twilio"] : undefined)} autoComplete="off" />
  );
  const meaning = (c: string) => t(`verdict.${c}`, { defaultValue: words(`disposition.${c}`) });
  return (
    <Section title={t("twilio.title")} hint={t("twilio.titleHint")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {text("account_sid")}
        <SecretInput label={t("twilio.auth_token")} value={v.auth_token} onChange={(auth_token) => change({ auth_token })} error={faults["/twilio/auth_token"]} />
        {text("sms_from")}
        {text("whatsapp_from")}
        {text("messaging_service_sid")}
        <NumberInput label={t("twilio.per_second")} description={t("rateHint")} value={v.per_second ?? ""} min={0} max={1000} onChange={(n) => change({ per_second: amount(n) })} error={faults["/twilio/per_second"]} />
      </SimpleGrid>
      {(["senders", "whatsapp_senders"] as const).map((f) => (
        <KeyTable key={f} legend={t(`twilio.${f}`)} hint={t("twilio.hint.senders")} keyLabel={t("twilio.key")} valueLabel={t("twilio.sender")} value={v[f]} onChange={(rows) => change({ [f]: rows })} fault={(k) => faults[`/twilio/${f}/${k}`]} />
      ))}
      <KeyTable legend={t("twilio.codes")} hint={t("twilio.hint.codes")} keyLabel={t("twilio.code")} valueLabel={t("twilio.means")} value={v.codes} fresh="undelivered" onChange={(codes) => change({ codes })} fault={(k) => faults[`/twilio/codes/${k}`]}
        input={({ label, value, onChange }) => <NativeSelect aria-label={label} value={value} onChange={(e) => onChange(e.currentTarget.value)} data={codeMeanings.map((c) => ({ value: c, label: meaning(c) }))} />} />
      {text("base_url")}
    </Section>
  );
}

function MailForm({ value: v, change, faults }: FormPart<SMTP>) {
  const { t } = useTranslation("sections");
  const text = (f: "host" | "from" | "username") => (
    <TextInput label={t(`smtp.${f}`)} description={t(`smtp.hint.${f}`)} dir="ltr" value={v[f] ?? ""} onChange={(e) => change({ [f]: e.currentTarget.value || undefined })}
      error={faults[`/smtp/${f}`] ?? (f === "username" ? faults["/smtp"] : undefined)} autoComplete="off" />
  );
  return (
    <Section title={t("smtp.title")} hint={t("smtp.titleHint")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {text("host")}
        <NumberInput label={t("smtp.port")} description={t("usual", { n: 587 })} placeholder="587" value={v.port || ""} min={1} max={65535} allowDecimal={false} hideControls onChange={(n) => change({ port: amount(n) })} error={faults["/smtp/port"]} />
        {text("from")}
        <NativeSelect label={t("smtp.tls")} description={t("smtp.hint.tls")} value={v.tls ?? ""} onChange={(e) => change({ tls: e.currentTarget.value || undefined })} error={faults["/smtp/tls"]}
          data={["", "opportunistic", "none"].map((w) => ({ value: w, label: t(`smtp.policy.${w || "mandatory"}`) })).concat(v.tls === "mandatory" ? { value: "mandatory", label: t("smtp.policy.mandatory") } : [])} />
        {text("username")}
        <SecretInput label={t("smtp.password")} value={v.password} onChange={(password) => change({ password })} error={faults["/smtp/password"]} />
        <NumberInput label={t("smtp.per_second")} description={t("rateHint")} value={v.per_second ?? ""} min={0} max={1000} onChange={(n) => change({ per_second: amount(n) })} error={faults["/smtp/per_second"]} />
      </SimpleGrid>
    </Section>
  );
}
