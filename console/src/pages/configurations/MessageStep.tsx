import { ActionIcon, Button, Fieldset, Group, SimpleGrid, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFacility } from "../../api/queries";
import { Icon } from "../../parts/icons";
import { useLanguageName } from "../prompts/words";
import { LocalTexts } from "./LocalTexts";
import { at, variablesFor, type Step, type Texts } from "./model";
import type { StepPart } from "./StepCard";

export function MessageStep(p: StepPart) {
  const { t } = useTranslation("configurations");
  const { value: s, onChange, faults, pointer, known } = p;
  const variables = variablesFor(known.component, p.actions.length > 0);
  const common = { faults, variables };
  const sender = (
    <TextInput label={t("message.from")} description={t("message.fromHint")} dir="ltr" value={s.from ?? ""} onChange={(e) => onChange({ ...s, from: e.currentTarget.value || undefined })} error={at(faults, `${pointer}/from`)} />
  );
  if (p.channel === "whatsapp") return <Stack><WhatsApp {...p} variables={variables} />{sender}</Stack>;
  return (
    <Stack>
      {p.channel === "email" && <LocalTexts {...common} label={t("message.subject")} value={s.subject} onChange={(subject) => onChange({ ...s, subject })} pointer={`${pointer}/subject`} oneLine required />}
      <LocalTexts {...common} label={t("message.text")} hint={p.channel === "sms" ? t("message.smsHint") : undefined} value={s.text} onChange={(text) => onChange({ ...s, text })} pointer={`${pointer}/text`} required />
      {p.channel === "email" && (
        <details open={s.html !== undefined || undefined}>
          <summary><Text span size="sm">{t("message.html")}</Text></summary>
          <LocalTexts {...common} label={t("message.html")} hint={t("message.htmlHint")} value={s.html} onChange={(html) => onChange({ ...s, html })} pointer={`${pointer}/html`} />
        </details>
      )}
      {sender}
      {p.channel === "sms" && <India {...p} />}
    </Stack>
  );
}

function WhatsApp({ value: s, onChange, faults, pointer, variables, actions }: StepPart & { variables: string[] }) {
  const { t } = useTranslation("configurations");
  const languages = useFacility()?.languages ?? [];
  const name = useLanguageName();
  const free = s.template === undefined && s.text !== undefined;
  const template = s.template ?? { content_sid: "" };
  const set = (over: Partial<NonNullable<Step["template"]>>) => onChange({ ...s, template: { ...template, ...over } });
  return (
    <Stack>
      <Switch label={t("whatsapp.template")} description={t("whatsapp.templateHint")} checked={!free} onChange={(e) => onChange(e.currentTarget.checked ? { ...s, text: undefined, template: { content_sid: "" } } : { ...s, template: undefined, text: "{{facility.name}}" })} />
      {free ? <LocalTexts label={t("message.text")} value={s.text} onChange={(text) => onChange({ ...s, text: text ?? "" })} faults={faults} pointer={`${pointer}/text`} variables={variables} required /> : (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label={t("whatsapp.sid")} description={t("whatsapp.sidHint")} dir="ltr" value={template.content_sid ?? ""} onChange={(e) => set({ content_sid: e.currentTarget.value.trim() })} error={at(faults, `${pointer}/template/content_sid`)} />
            {languages.length > 1 && languages.map((l) => (
              <TextInput key={l} label={t("whatsapp.sidIn", { language: name(l) })} dir="ltr" value={template.content_sids?.[l] ?? ""} onChange={(e) => set({ content_sids: { ...template.content_sids, [l]: e.currentTarget.value.trim() } })} error={at(faults, `${pointer}/template/content_sids/${l}`)} />
            ))}
          </SimpleGrid>
          <TemplateVariables value={template.variables ?? {}} onChange={(v) => set({ variables: v })} offered={variables} fault={(k) => at(faults, `${pointer}/template/variables/${k}`)} />
          {actions.length > 0 && <Switch label={t("whatsapp.buttons")} description={t("whatsapp.buttonsHint")} checked={template.buttons ?? false} onChange={(e) => set({ buttons: e.currentTarget.checked || undefined })} />}
          {at(faults, `${pointer}/template/buttons`) && <Text size="sm" c="var(--mantine-color-error)" role="alert">{at(faults, `${pointer}/template/buttons`)}</Text>}
          <LocalTexts label={t("whatsapp.text")} hint={t("whatsapp.textHint")} value={template.text as Texts | undefined} onChange={(text) => set({ text })} faults={faults} pointer={`${pointer}/template/text`} />
        </>
      )}
    </Stack>
  );
}

type VariablesProps = { value: Record<string, string>; onChange: (v: Record<string, string>) => void; offered: string[]; fault: (key: string) => string | undefined };

function TemplateVariables({ value, onChange, offered, fault }: VariablesProps) {
  const { t } = useTranslation("configurations");
  const keys = Object.keys(value);
  const next = String(keys.reduce((n, k) => Math.max(n, Number(k) || 0), 0) + 1);
  return (
    <Fieldset legend={t("whatsapp.variables")}>
      <Stack gap="xs">
        {keys.map((k) => (
          <Group key={k} align="flex-end" wrap="nowrap" gap="xs">
            <TextInput label={<span className="number">{`{{${k}}}`}</span>} dir="ltr" list="curlew-variables" value={value[k] ?? ""} onChange={(e) => onChange({ ...value, [k]: e.currentTarget.value })} error={fault(k)} style={{ flex: 1 }} />
            <ActionIcon variant="default" size="lg" aria-label={t("whatsapp.drop", { n: k })} onClick={() => onChange(Object.fromEntries(keys.filter((o) => o !== k).map((o) => [o, value[o] ?? ""])))}><Icon name="trash" size={16} /></ActionIcon>
          </Group>
        ))}
        <datalist id="curlew-variables">{offered.map((v) => <option key={v} value={`{{${v}}}`} />)}</datalist>
        <div><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => onChange({ ...value, [next]: "{{recipient.name}}" })}>{t("whatsapp.add")}</Button></div>
      </Stack>
    </Fieldset>
  );
}

const nothing = { entity_id: "", template_id: "", header: "", pattern: "" };

// India is what carriers there ask of an SMS.
function India({ value: s, onChange, faults, pointer }: StepPart) {
  const { t } = useTranslation("configurations");
  const d = s.dlt;
  return (
    <Fieldset legend={t("dlt.title")}>
      <Stack gap="xs">
        <Switch label={t("dlt.on")} description={t("dlt.hint")} checked={d !== undefined} onChange={(e) => onChange({ ...s, dlt: e.currentTarget.checked ? nothing : undefined })} />
        {d && (
          <>
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              {(["entity_id", "template_id", "header"] as const).map((f) => <TextInput key={f} label={t(`dlt.${f}`)} dir="ltr" value={d[f]} onChange={(e) => onChange({ ...s, dlt: { ...d, [f]: e.currentTarget.value } })} error={at(faults, `${pointer}/dlt/${f}`)} required />)}
            </SimpleGrid>
            <LocalTexts label={t("dlt.pattern")} hint={t("dlt.patternHint")} value={d.pattern} onChange={(pattern) => onChange({ ...s, dlt: { ...d, pattern: pattern ?? "" } })} faults={faults} pointer={`${pointer}/dlt/pattern`} required />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}
