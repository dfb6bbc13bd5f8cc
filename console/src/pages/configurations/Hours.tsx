import { Chip, Group, Input, Stack, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { tokens } from "./model";

type Window = Schemas["Window"];

type Props = { label: string; hint?: string; value: Window | undefined; onChange: (v: Window | undefined) => void; error?: string; byDefault: Required<Pick<Window, "from" | "to">> };

// dayName is the weekday in the reader's language. 2023-01-01 was a Sunday.
const dayName = (language: string, day: number) => new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2023, 0, 1 + day));

// Hours are the times of day and the days of a window; all days where none is chosen.
export function Hours({ label, hint, value, onChange, error, byDefault }: Props) {
  const { t, i18n } = useTranslation("configurations");
  const set = (over: Partial<Window>) => onChange({ from: byDefault.from, to: byDefault.to, ...value, ...over });
  const days = value?.days ?? [];
  return (
    <Input.Wrapper label={label} description={hint} error={error} labelElement="div">
      <Stack gap="xs" mt={5} role="group" aria-label={label}>
        <Group gap="sm">
          <TextInput dir="ltr" w={84} inputMode="numeric" placeholder="09:00" maxLength={5} aria-label={t("from")} value={value?.from ?? byDefault.from} onChange={(e) => set({ from: e.currentTarget.value })} error={error !== undefined} />
          <span aria-hidden>–</span>
          <TextInput dir="ltr" w={84} inputMode="numeric" placeholder="20:00" maxLength={5} aria-label={t("to")} value={value?.to ?? byDefault.to} onChange={(e) => set({ to: e.currentTarget.value })} error={error !== undefined} />
        </Group>
        <Chip.Group multiple value={days.length ? days : [...tokens]} onChange={(v) => set({ days: v.length === tokens.length || v.length === 0 ? undefined : tokens.filter((d) => v.includes(d)) })}>
          <Group gap={6}>{tokens.map((d, i) => <Chip key={d} value={d} size="sm">{dayName(i18n.language, i)}</Chip>)}</Group>
        </Chip.Group>
      </Stack>
    </Input.Wrapper>
  );
}
