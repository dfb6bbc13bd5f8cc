import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Hour = Schemas["ForecastHour"];

export default function Reports() {
  const { t } = useTranslation("reports");
  const { t: shell } = useTranslation();
  const columns: Column<Hour>[] = [
    { key: "hour", title: t("hour"), cell: (h) => <Moment at={h.from} /> },
    { key: "calls", title: t("calls"), cell: (h) => h.calls },
  ];
  return (
    <Page title={shell("page.reports")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["forecast"]} columns={columns} rowKey={(h) => h.from} empty={<Empty icon="chart" title={t("empty")} />}
        page={async (_, signal) => ({ items: (await data(api.GET("/api/v1/forecast", { signal }))).hours })} />
    </Page>
  );
}
