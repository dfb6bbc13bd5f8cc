import { Group, Input, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { parted, spell, units, type Unit } from "./duration";
import { useSpan } from "./words";

type Props = {
  label: string;
  value: string | undefined; // ISO 8601
  onChange: (v: string | undefined) => void;
  error?: string;
  hint?: string;
  byDefault?: string; // what an empty field means, ISO 8601
  unit?: Unit; // for a field that is empty
  only?: readonly Unit[];
  required?: boolean;
  fine?: boolean; // parts of a second count
};

// DurationInput is a number with its unit; what they cannot say is edited as it is written.
export function DurationInput({ label, value, onChange, error, hint, byDefault, unit = "hours", only = units, required, fine = false }: Props) {
  const { t } = useTranslation("configurations");
  const span = useSpan();
  const id = useId();
  const described = [hint, byDefault && t("byDefault", { span: span(byDefault) })].filter(Boolean).join(" · ") || undefined;
  const parts = parted(value);
  if (value && !parts) return <TextInput label={label} description={described} dir="ltr" value={value} onChange={(e) => onChange(e.currentTarget.value || undefined)} error={error} required={required} />;
  const now = parts?.unit ?? parted(byDefault)?.unit ?? unit;
  return (
    <Input.Wrapper label={label} description={described} error={error} required={required} labelProps={{ htmlFor: id }}>
      <Group gap="xs" wrap="nowrap" mt={described ? 5 : 0}>
        <NumberInput id={id} value={parts?.n ?? ""} onChange={(n) => onChange(n === "" ? undefined : spell(Number(n), now))} min={0} allowDecimal={fine} error={error !== undefined} hideControls style={{ flex: 1 }} />
        <NativeSelect aria-label={t("unitOf", { what: label })} value={now} disabled={!parts} onChange={(e) => onChange(spell(parts?.n ?? 1, e.currentTarget.value as Unit))}
          data={units.filter((u) => only.includes(u) || u === now).map((u) => ({ value: u, label: t(`unit.${u}`) }))} />
      </Group>
    </Input.Wrapper>
  );
}
