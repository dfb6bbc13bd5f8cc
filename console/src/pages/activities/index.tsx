import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Download } from "../../parts/Download";
import { channelIcon, Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { StateBadge } from "../../parts/StateBadge";
import { Empty } from "../../parts/states";
import { Detail } from "./Detail";
import { Filters } from "./Filters";
import { address, chosen, query } from "./filter";

type Activity = Schemas["Activity"];

export default function Activities() {
  const { t } = useTranslation("activities");
  const { t: shell } = useTranslation();
  const { t: words } = useTranslation("words");
  const [search, setSearch] = useSearchParams();
  const go = useNavigate();
  const id = useParams()["*"] ?? "";
  const filter = chosen(search);
  const open = (to: string) => void go({ pathname: `/activities/${to}`, search: search.toString() });
  const columns: Column<Activity>[] = [
    { key: "created", title: t("created"), width: "9.5rem", cell: (a) => <Moment at={a.created_at} /> },
    {
      key: "subject", title: t("id"), width: "minmax(10rem, 2fr)", cell: (a) => (
        <UnstyledButton onClick={() => open(a.id)} style={{ textDecoration: "underline", color: "var(--mantine-color-anchor)" }}>
          <bdi>{a.configuration}</bdi> · <bdi style={{ whiteSpace: "nowrap" }}>{a.subject_id}</bdi>
        </UnstyledButton>
      ),
    },
    { key: "patient", title: t("patient"), width: "8.5rem", cell: (a) => <span className="number">{a.recipient.phone_masked}</span> },
    { key: "channel", title: t("channel"), width: "8rem", cell: (a) => <><Icon name={channelIcon[a.channel] ?? "phone"} size={14} /> {words(`channel.${a.channel}`, a.channel)}</> },
    { key: "state", title: t("state"), width: "11.5rem", cell: (a) => <StateBadge state={a.state} /> },
    { key: "reason", title: t("reason"), width: "minmax(8rem, 1.4fr)", cell: (a) => (a.response ? words(`action.${a.response.action}`, a.response.action) : a.reason ? words(`reason.${a.reason}`, a.reason) : "") },
  ];
  const filtered = search.size > 0;
  return (
    <Page title={shell("page.activities")} intro={t("intro")} actions={<Download path={`/api/v1/activities.csv?${address(filter)}`} name="activities.csv" label={t("export")} />}>
      <Filters value={filter} onChange={(next) => setSearch(address(next), { replace: true })} />
      <DataTable label={t("list")} queryKey={["activities", filter]} columns={columns} rowKey={(a) => a.id}
        empty={filtered ? <Empty icon="search" title={t("noMatch")}>{t("noMatchText")}</Empty> : <Empty icon="list" title={t("empty")}>{t("emptyText")}</Empty>}
        page={(cursor, signal) => data(api.GET("/api/v1/activities", { params: { query: { ...query(filter), cursor, limit: 100 } }, signal }))} />
      <Detail id={id} onClose={() => open("")} />
    </Page>
  );
}
