import { Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, data } from "../../api/client";
import { byField } from "../../api/problems";
import { DialogFoot } from "../../parts/DialogFoot";

const nothing = { address: "", recipient: "", channel: "", purpose: "" };

export function Add({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("optouts");
  const { t: shell } = useTranslation();
  const { t: words } = useTranslation("words");
  const queries = useQueryClient();
  const [form, setForm] = useState(nothing);
  const save = useMutation({
    mutationFn: () => data(api.POST("/api/v1/opt-outs", { body: Object.fromEntries(Object.entries(form).filter(([, v]) => v)) as never })),
    onSuccess: () => {
      setForm(nothing);
      void queries.invalidateQueries({ queryKey: ["optouts"] });
      onClose();
    },
  });
  const wrong = byField(save.error, ["/address", "/recipient", "/channel", "/purpose"]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  const set = (name: keyof typeof form) => (value: string | null) => setForm({ ...form, [name]: value ?? "" });
  return (
    <Modal opened={opened} onClose={onClose} title={t("add")} centered closeButtonProps={{ "aria-label": shell("action.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput label={t("address")} description={t("addressHint")} value={form.address} onChange={(e) => set("address")(e.currentTarget.value)} error={wrong.fields["/address"]} data-autofocus />
          <TextInput label={t("recipient")} description={t("recipientHint")} value={form.recipient} onChange={(e) => set("recipient")(e.currentTarget.value)} error={wrong.fields["/recipient"]} />
          <Select label={t("channel")} placeholder={t("all")} clearable clearButtonProps={{ "aria-label": t("clear") }} value={form.channel || null} onChange={set("channel")} error={wrong.fields["/channel"]}
            data={["ivr", "whatsapp", "sms", "email"].map((c) => ({ value: c, label: words(`channel.${c}`) }))} />
          <TextInput label={t("purpose")} description={t("purposeHint")} value={form.purpose} onChange={(e) => set("purpose")(e.currentTarget.value)} error={wrong.fields["/purpose"]} />
          <DialogFoot failed={Object.keys(wrong.fields).length === 0 ? save.error : null} busy={save.isPending} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
