// Into force, out of force, away: what is done to a configuration as a whole.
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, data, taken } from "../../api/client";
import { Failed } from "../../parts/states";
import { Sure } from "../../parts/Sure";

type Props = { name: string; active: boolean; exists: boolean; hasDraft: boolean };

export function Switches({ name, active, exists, hasDraft }: Props) {
  const { t } = useTranslation("configurations");
  const [asking, setAsking] = useState<"on" | "off" | "away">();
  const close = () => setAsking(undefined);
  return (
    <Group gap="sm">
      <Button variant="default" component={Link} to={`/configurations/new?from=${encodeURIComponent(name)}`}>{t("copy")}</Button>
      {exists && <Button variant="default" component={Link} to={`/rehearsal?configuration=${encodeURIComponent(name)}${hasDraft ? "&draft=true" : ""}`}>{t("rehearse")}</Button>}
      {exists && (active ? <Button variant="default" onClick={() => setAsking("off")}>{t("inactivate")}</Button> : <Button onClick={() => setAsking("on")}>{t("activate")}</Button>)}
      <Button variant="outline" color="red" onClick={() => setAsking("away")}>{t(exists ? "remove" : "discard")}</Button>
      {asking === "on" && <On name={name} onClose={close} />}
      {asking === "off" && <Off name={name} onClose={close} />}
      {asking === "away" && <Away name={name} exists={exists} hasDraft={hasDraft} onClose={close} />}
    </Group>
  );
}

// useAct runs what changes the configuration and reads everything of it anew.
function useAct(act: () => Promise<unknown>, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["configurations"] });
      done();
    },
  });
}

function On({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation("configurations");
  const { t: shell } = useTranslation();
  const [backfill, setBackfill] = useState(true);
  const path = { name };
  const kept = useQuery({
    queryKey: ["backfill", name], staleTime: 0, retry: false,
    queryFn: ({ signal }) => data(api.POST("/api/v1/configurations/{name}/activate", { params: { path, query: { backfill: "preview" } }, signal })),
  }).data?.backfill;
  const some = (kept?.transactions ?? 0) > 0;
  const on = useAct(() => data(api.POST("/api/v1/configurations/{name}/activate", { params: { path, query: { backfill: some && backfill ? "true" : "false" } } })), onClose);
  return (
    <Modal opened onClose={onClose} title={t("activateTitle", { name })} centered closeButtonProps={{ "aria-label": shell("action.close") }}>
      <Stack>
        <Text size="sm">{t("activateText")}</Text>
        {some && <Checkbox label={t("backfill", { count: kept?.transactions ?? 0 })} description={t("backfillHint")} checked={backfill} onChange={(e) => setBackfill(e.currentTarget.checked)} />}
        {on.error && <Failed error={on.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{shell("action.back")}</Button>
          <Button loading={on.isPending} onClick={() => on.mutate()}>{t("activate")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Off({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useTranslation("configurations");
  const [cancel, setCancel] = useState(false);
  const off = useAct(() => data(api.POST("/api/v1/configurations/{name}/deactivate", { params: { path: { name }, query: { pending: cancel ? "cancel" : "keep" } } })), onClose);
  const text = <Stack gap="sm"><span>{t("inactivateText")}</span><Checkbox label={t("cancelOpen")} checked={cancel} onChange={(e) => setCancel(e.currentTarget.checked)} /></Stack>;
  return <Sure opened title={t("inactivateTitle", { name })} text={text} yes={t("inactivate")} busy={off.isPending} error={off.error} onYes={() => off.mutate()} onNo={onClose} />;
}

// Away deletes the configuration and its draft; where only a draft exists, that.
function Away({ name, exists, hasDraft, onClose }: Omit<Props, "active"> & { onClose: () => void }) {
  const { t } = useTranslation("configurations");
  const go = useNavigate();
  const params = { path: { name } };
  const away = useAct(async () => {
    if (exists) await taken(api.DELETE("/api/v1/configurations/{name}", { params }));
    if (hasDraft) await taken(api.DELETE("/api/v1/configurations/{name}/draft", { params }));
  }, () => void go("/configurations"));
  return <Sure opened title={t(exists ? "removeTitle" : "discardTitle", { name })} text={t(exists ? "removeText" : "discardText")} yes={t(exists ? "remove" : "discard")} busy={away.isPending} error={away.error} onYes={() => away.mutate()} onNo={onClose} />;
}
