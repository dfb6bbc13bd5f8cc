// Fields that the settings have and other forms have not: secrets by reference, and tables of keys and values.
import { ActionIcon, Button, CloseButton, Fieldset, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../parts/icons";
import { mask, record } from "./check";

type Secret = { label: string; value: string | undefined; onChange: (v: string | undefined) => void; error?: string; required?: boolean };

// SecretInput shows where a secret is, never what it is: one that is written out stays hidden until it is replaced.
export function SecretInput({ label, value, onChange, error, required }: Secret) {
  const { t } = useTranslation("sections");
  const hidden = value === mask;
  return (
    <TextInput label={label} description={t(hidden ? "secret.kept" : "secret.hint")} dir="ltr" placeholder={hidden ? t("secret.hidden") : "${env:NAME}"} value={hidden ? "" : (value ?? "")} error={error} required={required}
      autoComplete="off" spellCheck={false} onChange={(e) => onChange(e.currentTarget.value || undefined)}
      rightSection={hidden && <CloseButton size="sm" aria-label={t("secret.clear", { what: label })} onClick={() => onChange(undefined)} />} />
  );
}

type Table = {
  legend: string;
  hint?: string;
  keyLabel: string;
  valueLabel: string;
  value: Record<string, string> | undefined;
  onChange: (v: Record<string, string> | undefined) => void;
  fault: (key: string) => string | undefined;
  fresh?: string; // the value of a row that is added
  input?: (props: { label: string; value: string; onChange: (v: string) => void; error?: string }) => ReactNode;
};

// KeyTable edits keys with a value each. A row that is half typed stays where it is.
export function KeyTable({ legend, hint, keyLabel, valueLabel, value, onChange, fault, fresh = "", input }: Table) {
  const { t } = useTranslation("sections");
  const [typed, setTyped] = useState(() => Object.entries(value ?? {}));
  const mine = JSON.stringify(record(typed)) === JSON.stringify(value && record(Object.entries(value)));
  const rows = mine ? typed : Object.entries(value ?? {}); // somebody else's, or read anew
  const set = (next: [string, string][]) => {
    setTyped(next);
    onChange(record(next));
  };
  return (
    <Fieldset legend={legend}>
      <Stack gap="xs">
        {hint && <Text size="sm" c="dimmed">{hint}</Text>}
        {rows.map(([k, v], i) => {
          const put = (row: [string, string]) => set(rows.map((r, j) => (j === i ? row : r)));
          const n = { n: i + 1 };
          const error = k || v ? fault(k) : undefined;
          return (
            <Group key={i} align="flex-start" wrap="nowrap" gap="xs">
              <TextInput aria-label={`${keyLabel} ${n.n}`} placeholder={keyLabel} dir="ltr" value={k} onChange={(e) => put([e.currentTarget.value.trim(), v])} error={error} style={{ flex: 1 }} />
              <div style={{ flex: 1 }}>
                {input ? input({ label: `${valueLabel} ${n.n}`, value: v, onChange: (next) => put([k, next]) })
                  : <TextInput aria-label={`${valueLabel} ${n.n}`} placeholder={valueLabel} dir="ltr" value={v} onChange={(e) => put([k, e.currentTarget.value])} />}
              </div>
              <ActionIcon variant="default" size="lg" aria-label={t("drop", { what: `${legend} ${n.n}` })} onClick={() => set(rows.filter((_, j) => j !== i))}><Icon name="trash" size={16} /></ActionIcon>
            </Group>
          );
        })}
        <div><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} aria-label={`${t("add")}: ${legend}`} onClick={() => set([...rows, ["", fresh]])}>{t("add")}</Button></div>
      </Stack>
    </Fieldset>
  );
}
