import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Line = Schemas["LogLine"];

export default function Logs() {
  const { t } = useTranslation("logs");
  const { t: shell } = useTranslation();
  const columns: Column<Line>[] = [
    { key: "at", title: t("at"), width: "12rem", cell: (l) => <Moment at={l.at} precision="second" /> },
    { key: "kind", title: t("kind"), cell: (l) => l.kind.replaceAll("_", " ") },
    { key: "transaction", title: t("transaction"), cell: (l) => <span className="number">{l.transaction}</span> },
  ];
  return (
    <Page title={shell("page.logs")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["logs"]} columns={columns} rowKey={(l) => `${l.at}${l.attempt}${l.kind}${JSON.stringify(l.data)}`} empty={<Empty icon="timeline" title={t("empty")} />}
        page={(cursor, signal) => data(api.GET("/api/v1/logs", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
