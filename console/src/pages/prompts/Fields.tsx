// The category's own fields, each asked for by its type.
import { Select, SimpleGrid, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { fieldFault, type Category, type Field, type Prompt } from "./model";

type Props = { category: Category; value: Prompt; onChange: (next: Prompt) => void; wrong: Record<string, string> };

export function Fields({ category, value, onChange, wrong }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {(category.fields ?? []).map((f) => (
        <One key={f.name} field={f} value={value.fields[f.name ?? ""] ?? ""} wrong={wrong[`/fields/${f.name}`]} onChange={(v) => onChange({ ...value, fields: { ...value.fields, [f.name ?? ""]: v } })} />
      ))}
    </SimpleGrid>
  );
}

const modes: Record<string, "numeric" | "decimal" | "tel"> = { number: "decimal", amount: "decimal", digits: "tel" };

function One({ field, value, wrong, onChange }: { field: Field; value: string; wrong: string | undefined; onChange: (v: string) => void }) {
  const { t } = useTranslation("prompts");
  const fault = fieldFault(field, value);
  const common = {
    label: t(`field.${field.name}`, (field.name ?? "").replaceAll("_", " ")),
    description: [t(`fieldHint.${field.name}`, field.description ?? ""), field.example && t("example", { example: field.example }), `{{field.${field.name}}}`].filter(Boolean).join(" · "),
    error: wrong ?? (value !== "" && fault ? t(`fault.${fault}`) : undefined),
    required: field.required,
  };
  if (field.type === "boolean") {
    return <Select {...common} value={value || null} clearable clearButtonProps={{ "aria-label": t("clear") }} onChange={(v) => onChange(v ?? "")} data={[{ value: "true", label: t("yes") }, { value: "false", label: t("no") }]} />;
  }
  return <TextInput {...common} value={value} type={field.type === "date" ? "date" : "text"} inputMode={modes[field.type ?? ""]} dir="auto" onChange={(e) => onChange(e.currentTarget.value)} />;
}
