// A category of the hospital's own: where it plays, which fields and variables it has, what it says unless told otherwise.
import { Button, Fieldset, Group, Modal, Select, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { byField } from "../../api/problems";
import { read, useFacility } from "../../api/queries";
import { Icon } from "../../parts/icons";
import { DialogFoot } from "../../parts/DialogFoot";
import { roles, type Category, type Field } from "./model";
import { useLanguageName, wayOf } from "./words";

const types = ["text", "name", "digits", "number", "amount", "date", "time", "boolean"] as const;

type Form = Required<Omit<Schemas["PromptCategory"], "fields" | "variables">> & { fields: Field[]; variables: string[] };

const begin = (c?: Category): Form => ({
  name: c?.name ?? "", title: c?.title ?? "", description: c?.description ?? "", role: c?.role ?? "sequence", personal: c?.personal ?? false,
  fields: c?.fields ?? [], variables: c?.variables ?? [], default_text: c?.default_text ?? {},
});

// filled leaves out what is empty: the server knows nothing of it.
const filled = (f: Form): Schemas["PromptCategory"] => ({ ...f, default_text: Object.fromEntries(Object.entries(f.default_text).filter(([, v]) => v.trim())) });

export function CategoryForm({ category, onClose }: { category?: Category; onClose: () => void }) {
  const { t } = useTranslation("prompts");
  const { t: shell } = useTranslation();
  const queries = useQueryClient();
  const go = useNavigate();
  const [form, setForm] = useState(() => begin(category));
  const save = useMutation({
    mutationFn: () =>
      category
        ? data(api.PUT("/api/v1/prompt-categories/{name}", { params: { path: { name: form.name } }, body: filled(form) }))
        : data(api.POST("/api/v1/prompt-categories", { body: filled(form) })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["prompts"] });
      onClose();
      if (!category) void go(`/prompts/${encodeURIComponent(form.name)}`);
    },
  });
  const wrong = byField(save.error, ["/name", "/title", "/description", "/role", "/variables", "/default_text", ...form.fields.map((_, i) => `/fields/${i}`)]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  const set = (part: Partial<Form>) => setForm({ ...form, ...part });
  return (
    <Modal opened onClose={onClose} title={category ? t("own.edit") : t("own.add")} size="lg" closeButtonProps={{ "aria-label": shell("action.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t("own.name")} description={t("own.nameHint")} value={form.name} readOnly={category !== undefined} required data-autofocus onChange={(e) => set({ name: e.currentTarget.value })} error={wrong.fields["/name"]} spellCheck={false} />
          <TextInput label={t("own.title")} value={form.title} onChange={(e) => set({ title: e.currentTarget.value })} error={wrong.fields["/title"]} dir="auto" />
          <TextInput label={t("own.description")} value={form.description} onChange={(e) => set({ description: e.currentTarget.value })} error={wrong.fields["/description"]} dir="auto" />
          <Select label={t("own.role")} description={t(`roleHint.${form.role}`)} data={roles.map((r) => ({ value: r, label: t(`role.${r}`) }))} value={form.role} allowDeselect={false} onChange={(r) => set({ role: r ?? form.role })} error={wrong.fields["/role"]} />
          <Switch label={t("personal")} description={t("own.personalHint")} checked={form.personal} onChange={(e) => set({ personal: e.currentTarget.checked })} />
          <Variables value={form.variables} wrong={wrong.fields["/variables"]} onChange={(variables) => set({ variables })} />
          <OwnFields value={form.fields} wrong={wrong.fields} onChange={(fields) => set({ fields })} />
          <DefaultText value={form.default_text} wrong={wrong.fields["/default_text"]} onChange={(default_text) => set({ default_text })} />
          <DialogFoot failed={(wrong.rest.length > 0 || Object.keys(wrong.fields).length === 0) ? save.error : null} busy={save.isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

function Variables({ value, wrong, onChange }: { value: string[]; wrong: string | undefined; onChange: (v: string[]) => void }) {
  const { t } = useTranslation("prompts");
  const known = useQuery(read.categories).data?.items?.flatMap((c) => c.variables ?? []) ?? [];
  return <TagsInput label={t("own.variables")} description={t("own.variablesHint")} value={value} onChange={onChange} data={[...new Set(known)].sort()} error={wrong} />;
}

function OwnFields({ value, wrong, onChange }: { value: Field[]; wrong: Record<string, string>; onChange: (v: Field[]) => void }) {
  const { t } = useTranslation("prompts");
  const put = (i: number, part: Partial<Field>) => onChange(value.map((f, j) => (i === j ? { ...f, ...part } : f)));
  return (
    <Fieldset legend={t("fields")}>
      <Stack gap="xs">
        {value.map((f, i) => (
          <Group key={i} align="flex-end" gap="xs">
            <TextInput label={t("own.name")} value={f.name ?? ""} onChange={(e) => put(i, { name: e.currentTarget.value })} error={wrong[`/fields/${i}`]} w={{ base: "100%", xs: 150 }} spellCheck={false} />
            <Select label={t("own.type")} data={types.map((v) => ({ value: v, label: t(`type.${v}`) }))} value={f.type ?? "text"} allowDeselect={false} onChange={(v) => put(i, { type: v ?? "text" })} w={{ base: "100%", xs: 130 }} />
            <TextInput label={t("own.description")} value={f.description ?? ""} onChange={(e) => put(i, { description: e.currentTarget.value })} style={{ flex: 1 }} miw={140} dir="auto" />
            <Switch label={t("own.required")} checked={f.required ?? false} onChange={(e) => put(i, { required: e.currentTarget.checked })} mb={8} />
            <Button variant="subtle" color="red" size="xs" mb={4} onClick={() => onChange(value.filter((_, j) => j !== i))} aria-label={t("own.removeField", { name: f.name || String(i + 1) })}><Icon name="trash" size={16} /></Button>
          </Group>
        ))}
        <div><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => onChange([...value, { name: "", type: "text" }])}>{t("own.addField")}</Button></div>
      </Stack>
    </Fieldset>
  );
}

function DefaultText({ value, wrong, onChange }: { value: Record<string, string>; wrong: string | undefined; onChange: (v: Record<string, string>) => void }) {
  const { t } = useTranslation("prompts");
  const name = useLanguageName();
  return (
    <Fieldset legend={t("own.defaultText")}>
      <Stack gap="xs">
        {(useFacility()?.languages ?? []).map((l) => (
          <Textarea key={l} label={name(l)} lang={l} dir={wayOf(l)} styles={{ input: { textAlign: "start" } }} autosize minRows={1} value={value[l] ?? ""} onChange={(e) => onChange({ ...value, [l]: e.currentTarget.value })} error={wrong} />
        ))}
      </Stack>
    </Fieldset>
  );
}
