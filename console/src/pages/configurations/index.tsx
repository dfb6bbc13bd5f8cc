import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Schemas } from "../../api/client";
import { queryClient, read } from "../../api/queries";
import { DataTable, type Column } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

export default function List() {
  const { t } = useTranslation();
  const columns: Column<Schemas["Configuration"]>[] = [
    { key: "name", title: t("page.configurations"), cell: (v) => <bdi>{v.name}</bdi> },
    { key: "event", title: t("managed.event"), cell: (v) => <bdi>{v.component} · {v.event}</bdi> },
    { key: "active", title: t("managed.state"), width: "9rem", cell: (v) => t(v.active ? "managed.active" : "managed.inactive") },
    { key: "managed", title: t("managed.by"), width: "11rem", cell: (v) => (v.managed_by === "file" ? <Badge variant="light" tt="none" radius="sm" color="grape">{t("managed.file")}</Badge> : t("managed.console")) },
  ];
  return (
    <Page title={t("page.configurations")}>
      <DataTable label={t("page.configurations")} queryKey={["configurations", "rows"]} columns={columns} rowKey={(v) => v.name ?? ""} empty={<Empty icon="cascade" title={t("page.configurations")} />}
        page={async () => ({ items: (await queryClient.fetchQuery(read.configurations)).data.items })} />
    </Page>
  );
}
