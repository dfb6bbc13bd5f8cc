import { Badge, Button, Group, SegmentedControl, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty, Failed } from "../../parts/states";

type Row = Schemas["ResultView"];
type State = "pending" | "delivered" | "dead";

const stateOf = (r: Row): State => (r.dead ? "dead" : r.delivered_at ? "delivered" : "pending");
const colour: Record<State, string> = { pending: "blue", delivered: "teal", dead: "red" };

export default function Webhooks() {
  const { t } = useTranslation("webhooks");
  const { t: shell } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const state = (search.get("state") ?? "") as State | "";
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: (id: string) => data(api.POST("/api/v1/results/{id}/replay", { params: { path: { id } } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["results"] }),
  });
  const columns: Column<Row>[] = [
    { key: "at", title: t("at"), width: "9.5rem", cell: (r) => <Moment at={r.at} /> },
    { key: "state", title: t("state"), width: "8rem", cell: (r) => <Badge variant="light" tt="none" radius="sm" color={colour[stateOf(r)]}>{t(`states.${stateOf(r)}`)}</Badge> },
    { key: "type", title: t("type"), cell: (r) => <>{t(`types.${r.type.replace(".", "_")}`, r.type)} {r.transaction && <Link to={`/activities/${r.transaction}`} className="number" aria-label={t("of", { id: `…${r.transaction.slice(-8)}` })}>…{r.transaction.slice(-8)}</Link>}</> },
    { key: "destination", title: t("destination"), width: "8rem", cell: (r) => <bdi>{r.destination}</bdi> },
    { key: "tries", title: t("tries"), width: "6.5rem", cell: (r) => <span className="numbers">{r.tries}</span> },
    { key: "detail", title: t("detail"), cell: (r) => <Text size="sm">{r.detail}{stateOf(r) === "pending" && r.next_at && <> {t("next")} <Moment at={r.next_at} /></>}</Text> },
    {
      key: "act", title: t("act"), width: "8.5rem", cell: (r) => stateOf(r) !== "pending" && (
        <Button size="xs" variant="default" leftSection={<Icon name="refresh" size={14} />} loading={replay.isPending && replay.variables === r.id} onClick={() => replay.mutate(r.id)} aria-label={t("replayOne", { id: r.id })}>{t("replay")}</Button>
      ),
    },
  ];
  return (
    <Page title={shell("page.webhooks")} intro={t("intro")}>
      <Group>
        <SegmentedControl aria-label={t("state")} value={state} onChange={(v) => setSearch(v ? { state: v } : {}, { replace: true })}
          data={[{ value: "", label: t("all") }, ...(["pending", "delivered", "dead"] as const).map((s) => ({ value: s, label: t(`states.${s}`) }))]} />
      </Group>
      {replay.error && <Failed error={replay.error} />}
      <DataTable label={t("list")} queryKey={["results", state]} columns={columns} rowKey={(r) => r.id}
        empty={<Empty icon="webhook" title={t(state ? `emptyOf.${state}` : "empty")}>{t("emptyText")}</Empty>}
        page={(cursor, signal) => data(api.GET("/api/v1/results", { params: { query: { state: state || undefined, cursor, limit: 100 } }, signal }))} />
    </Page>
  );
}
