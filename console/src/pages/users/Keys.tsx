import { Alert, Badge, Button, Code, CopyButton, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { byField } from "../../api/problems";
import { DataTable, type Column } from "../../parts/DataTable";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Empty, Failed } from "../../parts/states";
import { Sure } from "../../parts/Sure";

type Key = Schemas["KeyView"];

const scopes = ["hims", "read", "operator", "admin"] as const;

export function Keys() {
  const { t } = useTranslation("users");
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [gone, setGone] = useState<Key>();
  const revoke = useMutation({
    mutationFn: (id: string) => data(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      setGone(undefined);
      void queries.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const columns: Column<Key>[] = [
    { key: "name", title: t("name"), cell: (k) => <bdi>{k.name}</bdi> },
    { key: "scopes", title: t("scopes"), width: "11rem", cell: (k) => (k.scopes ?? []).map((s) => t(`scope.${s}`, s)).join(", ") },
    { key: "at", title: t("at"), width: "10rem", cell: (k) => <Moment at={k.created_at} precision="day" /> },
    { key: "state", title: t("state"), width: "9rem", cell: (k) => <Badge variant="light" tt="none" radius="sm" color={k.revoked_at ? "gray" : "teal"}>{t(k.revoked_at ? "revoked" : "valid")}</Badge> },
    { key: "act", title: t("act"), width: "8rem", cell: (k) => !k.revoked_at && <Button size="xs" variant="default" onClick={() => setGone(k)} aria-label={t("revokeOne", { name: k.name })}>{t("revoke")}</Button> },
  ];
  const add = <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setAdding(true)}>{t("addKey")}</Button>;
  return (
    <>
      <Group justify="flex-end">{add}</Group>
      <DataTable label={t("keys")} queryKey={["keys"]} columns={columns} rowKey={(k) => k.id} live={false} empty={<Empty icon="key" title={t("noKeys")} action={add}>{t("noKeysText")}</Empty>}
        page={(_, signal) => data(api.GET("/api/v1/api-keys", { signal }))} />
      {adding && <Form onClose={() => setAdding(false)} />}
      <Sure opened={gone !== undefined} title={t("revokeOne", { name: gone?.name ?? "" })} text={t("revokeText")} yes={t("revoke")} busy={revoke.isPending} error={revoke.error} onYes={() => gone && revoke.mutate(gone.id)} onNo={() => { revoke.reset(); setGone(undefined); }} />
    </>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("users");
  const { t: shell } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<(typeof scopes)[number]>("hims");
  const save = useMutation({
    mutationFn: () => data(api.POST("/api/v1/api-keys", { body: { name, scopes: [scope] } as never })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["keys"] }),
  });
  const wrong = byField(save.error, ["/name"]);
  const key = (save.data as Key | undefined)?.key;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={t("addKey")} centered closeOnClickOutside={!key} closeButtonProps={{ "aria-label": shell("action.close") }}>
      {key ? (
        <Stack>
          <Alert color="orange" variant="light" icon={<Icon name="key" />} role="status">{t("once")}</Alert>
          <Code block className="number" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} tabIndex={0}>{key}</Code>
          <Group justify="flex-end">
            <CopyButton value={key}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{t(copied ? "copied" : "copy")}</Button>}</CopyButton>
            <Button onClick={onClose}>{shell("action.close")}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <TextInput label={t("name")} description={t("keyNameHint")} value={name} onChange={(e) => setName(e.currentTarget.value)} error={wrong.fields["/name"]} required data-autofocus autoComplete="off" />
            <Select label={t("scopes")} data={scopes.map((s) => ({ value: s, label: t(`scope.${s}`) }))} value={scope} allowDeselect={false} onChange={(s) => setScope(s as typeof scope)} />
            {save.error !== null && !wrong.fields["/name"] && <Failed error={save.error} />}
            <Group justify="space-between">
              <Text size="xs" c="dimmed" maw="14rem">{t("once")}</Text>
              <Group><Button variant="default" onClick={onClose}>{shell("action.back")}</Button><Button type="submit" loading={save.isPending}>{shell("action.add")}</Button></Group>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
