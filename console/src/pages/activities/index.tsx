import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { StateBadge } from "../../parts/StateBadge";
import { Empty } from "../../parts/states";

type Activity = Schemas["Activity"];

export default function Activities() {
  const { t } = useTranslation("activities");
  const { t: shell } = useTranslation();
  const { t: words } = useTranslation("words");
  const columns: Column<Activity>[] = [
    { key: "created", title: t("created"), width: "11rem", cell: (a) => <Moment at={a.created_at} /> },
    { key: "subject", title: t("id"), cell: (a) => `${a.configuration} · ${a.subject_id}` },
    { key: "patient", title: t("patient"), width: "10rem", cell: (a) => <span className="number">{a.recipient.phone_masked}</span> },
    { key: "state", title: t("state"), width: "10rem", cell: (a) => <StateBadge state={a.state} /> },
    { key: "reason", title: t("reason"), width: "12rem", cell: (a) => (a.reason ? words(`reason.${a.reason}`, a.reason) : "") },
  ];
  return (
    <Page title={shell("page.activities")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["activities"]} columns={columns} rowKey={(a) => a.id} empty={<Empty icon="list" title={t("empty")} />}
        page={(cursor, signal) => data(api.GET("/api/v1/activities", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
