import { Alert, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { differences, shown } from "./differences";
import { Icon } from "./icons";

type Props = { mine: unknown; theirs: unknown; busy?: boolean; onMine: () => void; onTheirs: () => void };

// Conflict shows both versions where they differ and lets a person choose; nothing is overwritten unseen.
export function Conflict({ mine, theirs, busy, onMine, onTheirs }: Props) {
  const { t } = useTranslation("forms");
  const rows = differences(mine, theirs);
  return (
    <Alert color="orange" icon={<Icon name="warn" />} title={t("conflict.title")} role="alert">
      <Stack gap="sm">
        <Text size="sm">{rows.length ? t("conflict.text") : t("conflict.same")}</Text>
        {rows.length > 0 && (
          <Table.ScrollContainer minWidth={320}>
            <Table withTableBorder>
              <Table.Thead><Table.Tr><Table.Th>{t("conflict.field")}</Table.Th><Table.Th>{t("conflict.mine")}</Table.Th><Table.Th>{t("conflict.theirs")}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {rows.map((d) => (
                  <Table.Tr key={d.pointer}><Table.Th scope="row" className="number">{d.pointer}</Table.Th><Table.Td>{shown(d.mine)}</Table.Td><Table.Td>{shown(d.theirs)}</Table.Td></Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        <Group>
          <Button size="xs" variant="default" onClick={onTheirs}>{t("conflict.takeTheirs")}</Button>
          <Button size="xs" loading={busy} onClick={onMine}>{t("conflict.keepMine")}</Button>
        </Group>
      </Stack>
    </Alert>
  );
}
