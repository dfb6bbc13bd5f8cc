import { useTranslation } from "react-i18next";
import { type Schemas } from "../../api/client";
import { queryClient, read } from "../../api/queries";
import { DataTable, type Column } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

export default function List() {
  const { t } = useTranslation();
  const columns: Column<Schemas["PBX"]>[] = [{ key: "name", title: t("page.pbxs"), cell: (v) => v.name }];
  return (
    <Page title={t("page.pbxs")}>
      <DataTable label={t("page.pbxs")} queryKey={["pbxs", "rows"]} columns={columns} rowKey={(v) => v.name ?? ""} empty={<Empty icon="server" title={t("page.pbxs")} />}
        page={async () => ({ items: (await queryClient.fetchQuery(read.pbxs)).data.items })} />
    </Page>
  );
}
