import { Paper, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFacility } from "../../api/queries";
import { Page } from "../../parts/Page";
import { Loading } from "../../parts/states";

export default function Settings() {
  const { t } = useTranslation("settings");
  const { t: shell } = useTranslation();
  const facility = useFacility();
  return (
    <Page title={shell("page.settings")} intro={t("intro")}>
      {facility ? (
        <Paper withBorder p="md" bg="var(--curlew-card)">
          <Table variant="vertical">
            <Table.Tbody>
              <Table.Tr><Table.Th scope="row">{t("name")}</Table.Th><Table.Td>{facility.name}</Table.Td></Table.Tr>
              <Table.Tr><Table.Th scope="row">{t("zone")}</Table.Th><Table.Td>{facility.time_zone}</Table.Td></Table.Tr>
              <Table.Tr><Table.Th scope="row">{t("languages")}</Table.Th><Table.Td>{facility.languages.join(", ")}</Table.Td></Table.Tr>
            </Table.Tbody>
          </Table>
        </Paper>
      ) : <Loading />}
    </Page>
  );
}
