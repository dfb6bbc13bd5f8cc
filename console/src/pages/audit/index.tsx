import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Row = Schemas["AuditEntry"];

export default function Audit() {
  const { t } = useTranslation("audit");
  const { t: shell } = useTranslation();
  const columns: Column<Row>[] = [
    { key: "at", title: t("at"), width: "12rem", cell: (a) => <Moment at={a.at} precision="second" /> },
    { key: "actor", title: t("actor"), cell: (a) => a.actor },
    { key: "action", title: t("action"), cell: (a) => a.action },
    { key: "target", title: t("target"), cell: (a) => a.target },
  ];
  return (
    <Page title={shell("page.audit")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["audit"]} columns={columns} rowKey={(a) => String(a.id)} empty={<Empty icon="audit" title={t("empty")} />}
        page={(cursor, signal) => data(api.GET("/api/v1/audit", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
