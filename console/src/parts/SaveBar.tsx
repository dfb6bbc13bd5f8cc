import { Button, Group, Paper, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

type Props = { dirty: boolean; busy: boolean; saved: boolean; label?: string; onSave: () => void };

// SaveBar stays at the foot of a form and says whether there is something to save.
export function SaveBar({ dirty, busy, saved, label, onSave }: Props) {
  const { t } = useTranslation();
  const { t: f } = useTranslation("forms");
  return (
    <Paper withBorder p="sm" bg="var(--curlew-card)" pos="sticky" bottom={0} style={{ zIndex: 3 }}>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">{dirty ? f("unsaved") : saved ? t("saved") : f("unchanged")}</Text>
        <Button onClick={onSave} loading={busy} disabled={!dirty}>{label ?? t("action.save")}</Button>
      </Group>
    </Paper>
  );
}
