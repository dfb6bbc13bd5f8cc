import { NumberInput, SimpleGrid, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import { Section } from "../../parts/Section";
import type { General } from "./General";

type Facility = Schemas["Facility"];

const counts = ["rings_per_day", "rings_per_week", "contacts_per_day", "contacts_per_week"] as const;
const usual = { rings_per_day: 3, rings_per_week: 6, contacts_per_day: 3, contacts_per_week: 10 };

// fields are the pointers of the form's fields, for faults to land on.
export const fields = [
  ...["name", "names", "time_zone", "languages", "public_base_url", "holidays", "currency", "phone"].map((f) => `/facility/${f}`),
  ...["between_calls", ...counts].map((f) => `/limits/${f}`), "/retention/transactions",
];

type Props = { value: General; change: (next: General) => void; faults: Record<string, string> };

export function Form({ value, change, faults }: Props) {
  const { t } = useTranslation("settings");
  const f: Facility = value.facility ?? { name: "", time_zone: "", languages: [] };
  const facility = (over: Partial<Facility>) => change({ ...value, facility: { ...f, ...over } });
  const limits = (over: NonNullable<General["limits"]>) => change({ ...value, limits: { ...value.limits, ...over } });
  const text = (key: "name" | "time_zone" | "public_base_url" | "currency" | "phone", required = false) => (
    <TextInput label={t(`facility.${key}`)} description={t(`hint.${key}`)} dir={key === "name" ? undefined : "ltr"} value={f[key] ?? ""} required={required}
      error={faults[`/facility/${key}`]} onChange={(e) => facility({ [key]: e.currentTarget.value || (required ? "" : undefined) })} />
  );
  return (
    <>
      <Section title={t("facility.title")} hint={t("facility.hint")}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {text("name", true)}
          {text("time_zone", true)}
          <TagsInput label={t("facility.languages")} description={t("hint.languages")} dir="ltr" value={f.languages ?? []} onChange={(v) => facility({ languages: v })} error={faults["/facility/languages"]} />
          {text("public_base_url")}
          {text("phone")}
          {text("currency")}
          <TagsInput label={t("facility.holidays")} description={t("hint.holidays")} dir="ltr" value={f.holidays ?? []} onChange={(v) => facility({ holidays: v })} error={faults["/facility/holidays"]} />
        </SimpleGrid>
      </Section>
      <Section title={t("facility.names")} hint={t("hint.names")}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {(f.languages ?? []).map((l) => (
            <TextInput key={l} label={t("facility.spoken", { language: l })} lang={l} dir="auto" value={f.names?.[l] ?? ""} error={faults["/facility/names"]}
              onChange={(e) => {
                const { [l]: _, ...rest } = f.names ?? {};
                facility({ names: e.currentTarget.value ? { ...rest, [l]: e.currentTarget.value } : rest });
              }} />
          ))}
        </SimpleGrid>
      </Section>
      <Section title={t("limits.title")} hint={t("limits.hint")}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {counts.map((c) => (
            <NumberInput key={c} label={t(`limits.${c}`)} placeholder={String(usual[c])} value={value.limits?.[c] ?? ""} min={1} error={faults[`/limits/${c}`]}
              onChange={(v) => limits({ [c]: v === "" ? undefined : Number(v) })} />
          ))}
          <TextInput label={t("limits.between_calls")} description={t("hint.between_calls")} dir="ltr" placeholder="PT30M" value={value.limits?.between_calls ?? ""} error={faults["/limits/between_calls"]}
            onChange={(e) => limits({ between_calls: e.currentTarget.value || undefined })} />
          <TextInput label={t("retention")} description={t("hint.retention")} dir="ltr" placeholder="P365D" value={value.retention?.transactions ?? ""} error={faults["/retention/transactions"]}
            onChange={(e) => change({ ...value, retention: e.currentTarget.value ? { transactions: e.currentTarget.value } : undefined })} />
        </SimpleGrid>
      </Section>
    </>
  );
}
