import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, data } from "../api/client";
import { read, useLive } from "../api/queries";
import { Icon } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Failed } from "../parts/states";

type Scope = { kind: string; name?: string };

export function usePauses() {
  const queries = useQueryClient();
  const list = useQuery(useLive(read.pauses)).data?.items ?? [];
  const change = useMutation({
    mutationFn: ({ to, ...scope }: Scope & { to: "pause" | "resume" }) => {
      const body = { kind: scope.kind as "all", name: scope.name };
      return data(to === "pause" ? api.POST("/api/v1/pause", { body }) : api.POST("/api/v1/resume", { body }));
    },
    onSuccess: (now) => queries.setQueryData(read.pauses.queryKey, now),
  });
  return { list, change };
}

// KillSwitch is on every page: nothing new leaves within a second.
export function KillSwitch() {
  const { t } = useTranslation();
  const [open, { open: ask, close }] = useDisclosure();
  const { list, change } = usePauses();
  const all = list.some((p) => p.kind === "all");
  const act = (to: "pause" | "resume") => change.mutate({ kind: "all", to }, { onSuccess: close });
  if (all) {
    return (
      <Button color="teal" variant="filled" size="sm" px={{ base: "xs", sm: "md" }} leftSection={<Icon name="play" size={16} />} loading={change.isPending} onClick={() => act("resume")}>
        {t("kill.resume")}
      </Button>
    );
  }
  return (
    <>
      <Button color="red" variant="outline" size="sm" px={{ base: "xs", sm: "md" }} leftSection={<Icon name="pause" size={16} />} onClick={ask}>
        {t("kill.pause")}
      </Button>
      <Modal opened={open} onClose={close} title={t("kill.title")} centered closeButtonProps={{ "aria-label": t("action.close") }}>
        <Stack>
          <Text size="sm">{t("kill.text")}</Text>
          {change.error && <Failed error={change.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>{t("action.back")}</Button>
            <Button color="red" loading={change.isPending} onClick={() => act("pause")} data-autofocus>{t("kill.confirm")}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

// PausedBanner says what is held back, since when and by whom, wherever one is.
export function PausedBanner() {
  const { t } = useTranslation();
  const { list, change } = usePauses();
  if (list.length === 0) return null;
  return (
    <Stack gap="xs" mb="md">
      {list.map((p) => (
        <Alert key={`${p.kind}/${p.name}`} color="red" variant="light" icon={<Icon name="pause" />} role="status"
          title={p.kind === "all" ? t("kill.allPaused") : t("kill.onePaused", { what: t(`kill.kind.${p.kind}`), name: p.name })}>
          <Group justify="space-between">
            <Text size="sm">{t("kill.since", { by: p.by })} <Moment at={p.at} /></Text>
            {p.kind !== "all" && <Button size="xs" variant="default" onClick={() => change.mutate({ kind: p.kind ?? "all", name: p.name, to: "resume" })}>{t("kill.resume")}</Button>}
          </Group>
        </Alert>
      ))}
    </Stack>
  );
}
