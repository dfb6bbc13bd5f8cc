import { Button, Fieldset, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Fault } from "../../api/problems";
import { useFacility } from "../../api/queries";
import { inserted } from "../prompts/model";
import { useLanguageName, wayOf } from "../prompts/words";
import { at, type Texts } from "./model";

type Props = {
  label: string;
  hint?: string;
  value: Texts | undefined;
  onChange: (v: Texts | undefined) => void;
  faults: Fault[];
  pointer: string;
  variables?: readonly string[];
  oneLine?: boolean;
  required?: boolean;
};

// LocalTexts is one text for every language, or one per language of the hospital.
export function LocalTexts({ label, hint, value, onChange, faults, pointer, variables = [], oneLine, required }: Props) {
  const { t } = useTranslation("configurations");
  const name = useLanguageName();
  const spoken = useFacility()?.languages ?? [];
  const each = typeof value === "object";
  const field = useRef<{ language: string; box: HTMLTextAreaElement | HTMLInputElement }>(undefined);
  const write = (language: string, text: string) => onChange(each ? { ...value, [language]: text } : text || undefined);
  const split = () => onChange(Object.fromEntries(spoken.map((l) => [l, typeof value === "string" ? value : ""])));
  const join = () => each && onChange(value[spoken[0] ?? ""] || Object.values(value).find(Boolean));
  const insert = (variable: string) => {
    const { language = spoken[0] ?? "", box } = field.current ?? {};
    const text = each ? (value[language] ?? "") : (value ?? "");
    write(language, inserted(text, variable, box?.selectionStart ?? text.length, box?.selectionEnd ?? text.length));
    box?.focus();
  };
  const Box = oneLine ? TextInput : Textarea;
  const box = (language: string, text: string, title: string, fault: string | undefined) => (
    <Box key={language} label={title} lang={language || undefined} dir={language ? wayOf(language) : "auto"} styles={{ input: { textAlign: "start" } }} {...(oneLine ? {} : { autosize: true, minRows: 2 })} value={text} required={required}
      onFocus={(e) => (field.current = { language, box: e.currentTarget })} onChange={(e) => write(language, e.currentTarget.value)} error={fault} />
  );
  const languages = each ? [...new Set([...spoken, ...Object.keys(value)])] : [];
  return (
    <Fieldset legend={label}>
      <Stack gap="xs">
        {hint && <Text size="sm" c="dimmed">{hint}</Text>}
        {each ? languages.map((l) => box(l, value[l] ?? "", name(l), at(faults, `${pointer}/${l}`))) : box("", value ?? "", t("text.all"), at(faults, pointer))}
        {each && at(faults.filter((f) => f.pointer === pointer), pointer) && <Text size="sm" c="var(--mantine-color-error)" role="alert">{at(faults.filter((f) => f.pointer === pointer), pointer)}</Text>}
        <Group gap={6}>
          {variables.map((v) => <Button key={v} size="compact-xs" variant="default" onClick={() => insert(v)} aria-label={t("text.insert", { name: v })}><span className="number">{`{{${v}}}`}</span></Button>)}
        </Group>
        {spoken.length > 1 && <div><Button size="xs" variant="subtle" onClick={each ? join : split}>{t(each ? "text.join" : "text.split")}</Button></div>}
      </Stack>
    </Fieldset>
  );
}
