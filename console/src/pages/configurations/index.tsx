import { useTranslation } from "react-i18next";
import { type Schemas } from "../../api/client";
import { queryClient, read } from "../../api/queries";
import { DataTable, type Column } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

export default function List() {
  const { t } = useTranslation();
  const columns: Column<Schemas["Configuration"]>[] = [{ key: "name", title: t("page.configurations"), cell: (v) => v.name }];
  return (
    <Page title={t("page.configurations")}>
      <DataTable label={t("page.configurations")} queryKey={["configurations", "rows"]} columns={columns} rowKey={(v) => v.name ?? ""} empty={<Empty icon="cascade" title={t("page.configurations")} />}
        page={async () => ({ items: (await queryClient.fetchQuery(read.configurations)).data.items })} />
    </Page>
  );
}
