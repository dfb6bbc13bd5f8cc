import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Row = Schemas["KeyView"];

export default function Users() {
  const { t } = useTranslation("users");
  const { t: shell } = useTranslation();
  const columns: Column<Row>[] = [
    { key: "name", title: t("name"), cell: (k) => k.name },
    { key: "scopes", title: t("scopes"), cell: (k) => k.scopes?.join(", ") },
    { key: "at", title: t("at"), cell: (k) => <Moment at={k.created_at} /> },
  ];
  return (
    <Page title={shell("page.users")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["keys"]} columns={columns} rowKey={(k) => k.id} empty={<Empty icon="users" title={t("empty")} />}
        page={(_, signal) => data(api.GET("/api/v1/api-keys", { signal }))} />
    </Page>
  );
}
