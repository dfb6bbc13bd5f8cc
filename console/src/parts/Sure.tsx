// A question before something that cannot be taken back.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "./states";

type Props = { opened: boolean; title: string; text: ReactNode; yes: string; busy?: boolean; error?: unknown; onYes: () => void; onNo: () => void };

export function Sure({ opened, title, text, yes, busy, error, onYes, onNo }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onNo} title={title} centered closeButtonProps={{ "aria-label": t("action.close") }}>
      <Stack>
        <Text size="sm" component="div">{text}</Text>
        {error !== undefined && error !== null && <Failed error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onNo}>{t("action.back")}</Button>
          <Button color="red" loading={busy} onClick={onYes} data-autofocus>{yes}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
