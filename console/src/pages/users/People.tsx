import { Badge, Button, Group, Modal, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { byField } from "../../api/problems";
import { DataTable, type Column } from "../../parts/DataTable";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { DialogFoot } from "../../parts/DialogFoot";
import { Empty } from "../../parts/states";
import { Sure } from "../../parts/Sure";

type User = Schemas["UserView"];
type Role = User["role"];

const roles: Role[] = ["admin", "operator", "viewer"];

export function People() {
  const { t } = useTranslation("users");
  const { t: shell } = useTranslation();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<User | "new">();
  const [gone, setGone] = useState<string>();
  const drop = useMutation({
    mutationFn: (name: string) => data(api.DELETE("/api/v1/users/{name}", { params: { path: { name } } })),
    onSuccess: () => {
      setGone(undefined);
      void queries.invalidateQueries({ queryKey: ["users"] });
    },
  });
  const columns: Column<User>[] = [
    { key: "name", title: t("name"), cell: (u) => <bdi>{u.name}</bdi> },
    { key: "role", title: t("role"), width: "10rem", cell: (u) => t(`roles.${u.role}`) },
    { key: "state", title: t("state"), width: "9rem", cell: (u) => <Badge variant="light" tt="none" radius="sm" color={u.disabled ? "gray" : "teal"}>{t(u.disabled ? "disabled" : "enabled")}</Badge> },
    { key: "at", title: t("at"), width: "10rem", cell: (u) => <Moment at={u.created_at} precision="day" /> },
    {
      key: "act", title: t("act"), width: "13rem", cell: (u) => (
        <Group gap="xs" wrap="nowrap">
          <Button size="xs" variant="default" onClick={() => setEdited(u)} aria-label={t("editOne", { name: u.name })}>{shell("action.edit")}</Button>
          <Button size="xs" variant="default" onClick={() => setGone(u.name)} aria-label={t("deleteOne", { name: u.name })}>{shell("action.delete")}</Button>
        </Group>
      ),
    },
  ];
  const add = <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setEdited("new")}>{t("add")}</Button>;
  return (
    <>
      <Group justify="flex-end">{add}</Group>
      <DataTable label={t("people")} queryKey={["users"]} columns={columns} rowKey={(u) => u.name} live={false} empty={<Empty icon="users" title={t("nobody")} action={add}>{t("nobodyText")}</Empty>}
        page={(_, signal) => data(api.GET("/api/v1/users", { signal }))} />
      {edited && <Form user={edited} onClose={() => setEdited(undefined)} />}
      <Sure opened={gone !== undefined} title={t("deleteTitle", { name: gone ?? "" })} text={t("deleteText")} yes={shell("action.delete")} busy={drop.isPending} error={drop.error} onYes={() => gone && drop.mutate(gone)} onNo={() => { drop.reset(); setGone(undefined); }} />
    </>
  );
}

function Form({ user, onClose }: { user: User | "new"; onClose: () => void }) {
  const { t } = useTranslation("users");
  const { t: shell } = useTranslation();
  const queries = useQueryClient();
  const fresh = user === "new";
  const [form, setForm] = useState({ name: fresh ? "" : user.name, role: fresh ? ("operator" as Role) : user.role, password: "", disabled: !fresh && user.disabled });
  const save = useMutation({
    mutationFn: () => {
      const { name, role, password, disabled } = form;
      if (fresh) return data(api.POST("/api/v1/users", { body: { name, role, password } }));
      return data(api.PUT("/api/v1/users/{name}", { params: { path: { name } }, body: { role, disabled, password: password || undefined } }));
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["users"] });
      onClose();
    },
  });
  const wrong = byField(save.error, ["/name", "/role", "/password"]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={fresh ? t("add") : t("editOne", { name: form.name })} centered closeButtonProps={{ "aria-label": shell("action.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {fresh && <TextInput label={t("name")} value={form.name} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} error={wrong.fields["/name"]} required data-autofocus autoComplete="off" />}
          <Select label={t("role")} description={t(`roleHint.${form.role}`)} data={roles.map((r) => ({ value: r, label: t(`roles.${r}`) }))} value={form.role} allowDeselect={false} onChange={(r) => setForm({ ...form, role: (r ?? form.role) as Role })} error={wrong.fields["/role"]} />
          <PasswordInput label={fresh ? t("password") : t("newPassword")} description={fresh ? t("passwordHint") : t("newPasswordHint")} value={form.password} onChange={(e) => setForm({ ...form, password: e.currentTarget.value })} error={wrong.fields["/password"]} autoComplete="new-password" required={fresh} />
          {!fresh && (
            <Group justify="space-between">
              <Text size="sm">{t(form.disabled ? "isDisabled" : "isEnabled")}</Text>
              <Button size="xs" variant="default" onClick={() => setForm({ ...form, disabled: !form.disabled })}>{t(form.disabled ? "enable" : "disable")}</Button>
            </Group>
          )}
          <DialogFoot failed={Object.keys(wrong.fields).length === 0 ? save.error : null} busy={save.isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
