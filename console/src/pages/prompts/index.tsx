import { useTranslation } from "react-i18next";
import { type Schemas } from "../../api/client";
import { queryClient, read } from "../../api/queries";
import { DataTable, type Column } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

export default function List() {
  const { t } = useTranslation();
  const columns: Column<Schemas["Prompt"]>[] = [{ key: "name", title: t("page.prompts"), cell: (v) => v.category }];
  return (
    <Page title={t("page.prompts")}>
      <DataTable label={t("page.prompts")} queryKey={["prompts", "rows"]} columns={columns} rowKey={(v) => v.category ?? ""} empty={<Empty icon="voice" title={t("page.prompts")} />}
        page={async () => ({ items: (await queryClient.fetchQuery(read.prompts)).data.items })} />
    </Page>
  );
}
