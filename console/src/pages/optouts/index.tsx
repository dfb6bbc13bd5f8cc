import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Row = Schemas["OptOutRow"];

export default function OptOuts() {
  const { t } = useTranslation("optouts");
  const { t: shell } = useTranslation();
  const columns: Column<Row>[] = [
    { key: "address", title: t("address"), cell: (o) => <span className="number">{o.address}</span> },
    { key: "at", title: t("at"), cell: (o) => <Moment at={o.at} /> },
  ];
  return (
    <Page title={shell("page.optouts")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["optouts"]} columns={columns} rowKey={(o) => `${o.address}/${o.channel}/${o.purpose}`} empty={<Empty icon="stop" title={t("empty")} />}
        page={(cursor, signal) => data(api.GET("/api/v1/opt-outs", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
