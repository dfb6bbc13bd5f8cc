import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Failed } from "./states";

type Props = { failed?: unknown; busy: boolean; onClose: () => void };

// DialogFoot ends the form of a dialog: what went wrong with the whole of it, the way back, and its button to save.
export function DialogFoot({ failed, busy, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {failed !== undefined && failed !== null && <Failed error={failed} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>{t("action.back")}</Button>
        <Button type="submit" loading={busy}>{t("action.save")}</Button>
      </Group>
    </>
  );
}
