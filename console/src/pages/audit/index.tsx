import { Badge, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

type Row = Schemas["AuditEntry"];

// detail is what an entry says beside its outcome.
const detail = (a: Row) =>
  Object.entries(a.detail ?? {})
    .filter(([name]) => name !== "ok" && name !== "status")
    .map(([name, v]) => `${name.replaceAll("_", " ")}: ${typeof v === "object" ? JSON.stringify(v) : String(v)}`)
    .join(", ");

export default function Audit() {
  const { t } = useTranslation("audit");
  const { t: shell } = useTranslation();
  const columns: Column<Row>[] = [
    { key: "at", title: t("at"), width: "10rem", cell: (a) => <Moment at={a.at} precision="second" /> },
    { key: "actor", title: t("actor"), width: "10rem", cell: (a) => <bdi>{a.actor || t("nobody")}</bdi> },
    { key: "action", title: t("action"), width: "13rem", cell: (a) => a.action.replaceAll("-", " ") },
    { key: "target", title: t("target"), cell: (a) => <><bdi>{a.target}</bdi> <Text span size="xs" c="dimmed"><bdi>{detail(a)}</bdi></Text></> },
    { key: "ok", title: t("outcome"), width: "9rem", cell: (a) => a.detail && "ok" in a.detail && <Badge variant="light" tt="none" radius="sm" color={a.detail.ok ? "teal" : "red"}>{a.detail.ok ? t("done") : t("refused", { status: String(a.detail.status) })}</Badge> },
    { key: "hash", title: t("seal"), width: "7rem", cell: (a) => <code className="number" title={a.hash}>{a.hash.slice(0, 8)}</code> },
  ];
  return (
    <Page title={shell("page.audit")} intro={t("intro")}>
      <DataTable label={t("list")} queryKey={["audit"]} columns={columns} rowKey={(a) => String(a.id)} empty={<Empty icon="audit" title={t("empty")}>{t("emptyText")}</Empty>}
        page={(cursor, signal) => data(api.GET("/api/v1/audit", { params: { query: { cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
