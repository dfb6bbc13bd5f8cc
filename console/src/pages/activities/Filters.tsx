import { Button, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { read } from "../../api/queries";
import { Icon } from "../../parts/icons";
import type { Filter } from "./filter";

const states = ["scheduled", "queued", "in_progress", "awaiting_response", "completed", "failed", "cancelled", "expired", "suppressed"];
const channels = ["ivr", "whatsapp", "sms", "email"];

export function Filters({ value, onChange }: { value: Filter; onChange: (next: Filter) => void }) {
  const { t } = useTranslation("activities");
  const { t: words, i18n } = useTranslation("words");
  const names = useQuery(read.configurations).data?.data.items?.map((c) => c.name ?? "") ?? [];
  const reasons = Object.keys((i18n.getResource("en", "words", "reason") as object | undefined) ?? {});
  const [q, setQ] = useState(value.q ?? "");
  useEffect(() => setQ(value.q ?? ""), [value.q]);
  const find = useDebouncedCallback((text: string) => onChange({ ...value, q: text }), 300);
  const pick = (name: keyof Filter) => (text: string | null) => onChange({ ...value, [name]: text ?? "" });
  const select = (name: "state" | "reason" | "channel", all: string[]) => (
    <Select label={t(name)} placeholder={t("any")} value={value[name] ?? null} onChange={pick(name)} clearable searchable={all.length > 9}
      clearButtonProps={{ "aria-label": t("clearOne") }} data={all.map((v) => ({ value: v, label: words(`${name}.${v}`, v) }))} w={{ base: "100%", xs: 170 }} />
  );
  return (
    <Group align="flex-end" gap="sm" component="form" role="search" onSubmit={(e) => e.preventDefault()}>
      <TextInput label={t("search")} placeholder={t("searchHint")} value={q} leftSection={<Icon name="search" size={16} />} w={{ base: "100%", xs: 230 }}
        onChange={(e) => { setQ(e.currentTarget.value); find(e.currentTarget.value); }} />
      {select("state", states)}
      {select("reason", reasons)}
      {select("channel", channels)}
      <Select label={t("configuration")} placeholder={t("any")} value={value.configuration ?? null} onChange={pick("configuration")} clearable searchable
        clearButtonProps={{ "aria-label": t("clearOne") }} data={names} w={{ base: "100%", xs: 200 }} />
      <TextInput type="date" label={t("from")} value={value.from ?? ""} max={value.to} onChange={(e) => pick("from")(e.currentTarget.value)} w={{ base: "100%", xs: 150 }} />
      <TextInput type="date" label={t("to")} value={value.to ?? ""} min={value.from} onChange={(e) => pick("to")(e.currentTarget.value)} w={{ base: "100%", xs: 150 }} />
      {Object.values(value).some(Boolean) && <Button variant="subtle" onClick={() => onChange({})}>{t("clear")}</Button>}
    </Group>
  );
}
