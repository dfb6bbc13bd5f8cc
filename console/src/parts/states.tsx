// What a page shows before, without and instead of its content.
import { Alert, Button, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Refused, Unreachable } from "../api/problems";
import { Icon, type IconName } from "./icons";

export function Loading({ rows = 4 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: rows }, (_, i) => <Skeleton key={i} height={44} />)}
    </Stack>
  );
}

// Empty leads on: what this would hold, and the next thing to do.
export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Paper withBorder p="xl" bg="var(--curlew-card)">
      <Stack align="center" gap="sm" ta="center">
        <Icon name={icon} size={40} />
        <Title order={2} size="h3">{title}</Title>
        {children && <Text c="dimmed" maw="34rem">{children}</Text>}
        {action}
      </Stack>
    </Paper>
  );
}

// useExplain says what happened and what to do about it.
export function useExplain(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof Unreachable) return t("error.unreachable");
    if (!(error instanceof Refused)) return t("error.surprise");
    if (error.status === 401) return t("error.session");
    if (error.status === 403) return t("error.forbidden");
    if (error.status === 404) return t("error.gone");
    if (error.status === 412) return t("error.changed");
    if (error.status === 429) return t("error.slow");
    return error.message;
  };
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const explain = useExplain();
  return (
    <Alert color="red" variant="light" icon={<Icon name="warn" />} title={t("error.title")} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{explain(error)}</Text>
        {error instanceof Refused && error.faults.map((f, i) => <Text size="sm" key={i}>{f.pointer ? `${f.pointer}: ` : ""}{f.detail} {f.hint}</Text>)}
        {retry && <Button size="xs" variant="default" leftSection={<Icon name="refresh" size={16} />} onClick={retry}>{t("action.retry")}</Button>}
      </Stack>
    </Alert>
  );
}

type Result<T> = { data?: T; error: unknown; isPending: boolean; refetch: () => unknown };

// Ready shows the content once it is there. What was read before stays when a later reading fails.
export function Ready<T>({ query, rows, children }: { query: Result<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}
