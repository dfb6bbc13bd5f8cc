import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Row = Schemas["ResultView"];

export default function Webhooks() {
  const { t } = useTranslation("webhooks");
  const { t: shell } = useTranslation();
  const columns: Column<Row>[] = [
    { key: "at", title: t("at"), width: "12rem", cell: (r) => <Moment at={r.at} /> },
    { key: "type", title: t("type"), cell: (r) => r.type },
    { key: "destination", title: t("destination"), cell: (r) => r.destination },
    { key: "tries", title: t("tries"), width: "6rem", cell: (r) => r.tries },
  ];
  return (
    <Page title={shell("page.webhooks")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["results"]} columns={columns} rowKey={(r) => r.id} empty={<Empty icon="webhook" title={t("empty")} />}
        page={(cursor, signal) => data(api.GET("/api/v1/results", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
