import { Button, Group, Paper, Select, Stack, Text, TextInput, Timeline, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { usePolling } from "../../api/live";
import { DataTable, type Column } from "../../parts/DataTable";
import { Download } from "../../parts/Download";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/states";
import { byAttempt, factsOf, iconOf, kinds, type Line } from "./line";

type Filter = { transaction?: string; kind?: string };

export default function Logs() {
  const { t } = useTranslation(["logs", "words"]);
  const { t: shell } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const filter: Filter = { transaction: search.get("transaction") ?? undefined, kind: search.get("kind") ?? undefined };
  const address = new URLSearchParams(Object.entries(filter).filter(([, v]) => v) as [string, string][]);
  const narrow = (next: Filter) => setSearch(Object.fromEntries(Object.entries({ ...filter, ...next }).filter(([, v]) => v)) as Record<string, string>, { replace: true });
  return (
    <Page title={shell("page.logs")} intro={t("intro")} actions={<Download path={`/api/v1/logs.csv?${address}`} name="logs.csv" label={t("export")} />}>
      <Group align="flex-end" gap="sm" component="form" role="search" onSubmit={(e) => e.preventDefault()}>
        <TextInput label={t("transaction")} value={filter.transaction ?? ""} onChange={(e) => narrow({ transaction: e.currentTarget.value.trim() })} w={{ base: "100%", xs: 330 }} spellCheck={false} className="number" />
        <Select label={t("kind")} placeholder={t("any")} data={kinds.map((k) => ({ value: k, label: t(`kinds.${k}`) }))} value={filter.kind ?? null} clearable searchable
          clearButtonProps={{ "aria-label": t("clear") }} onChange={(v) => narrow({ kind: v ?? "" })} w={{ base: "100%", xs: 240 }} />
        {(filter.transaction || filter.kind) && <Button variant="subtle" onClick={() => setSearch({}, { replace: true })}>{t("clear")}</Button>}
      </Group>
      {filter.transaction && !filter.kind ? <Story transaction={filter.transaction} /> : <List filter={filter} />}
    </Page>
  );
}

function Facts({ line }: { line: Line }) {
  const { t } = useTranslation(["logs", "words"]);
  return <>{factsOf(line, t).map(([name, value]) => <Text key={name} span size="sm" c="dimmed" me="sm">{name}: <bdi>{value}</bdi></Text>)}</>;
}

function List({ filter }: { filter: Filter }) {
  const { t } = useTranslation(["logs", "words"]);
  const columns: Column<Line>[] = [
    { key: "at", title: t("at"), width: "10rem", cell: (l) => <Moment at={l.at} precision="second" /> },
    { key: "kind", title: t("kind"), width: "13rem", cell: (l) => <><Icon name={iconOf[l.kind] ?? "next"} size={14} /> {t(`kinds.${l.kind}`, l.kind.replaceAll("_", " "))}</> },
    { key: "facts", title: t("facts"), cell: (l) => <Facts line={l} /> },
    { key: "of", title: t("transaction"), width: "9rem", cell: (l) => l.transaction && <Link to={`/logs?transaction=${l.transaction}`} className="number" aria-label={t("story", { id: `…${l.transaction.slice(-8)}` })}>…{l.transaction.slice(-8)}</Link> },
  ];
  return (
    <DataTable label={t("list")} queryKey={["logs", filter]} columns={columns} rowKey={(l) => `${l.at}${l.attempt}${l.kind}${JSON.stringify(l.data)}`}
      empty={<Empty icon="timeline" title={t("empty")}>{t("emptyText")}</Empty>}
      page={(cursor, signal) => data(api.GET("/api/v1/logs", { params: { query: { ...filter, cursor, limit: 100 } }, signal }))} />
  );
}

// Story is one transaction from its first line to its last, each attempt as a timeline.
function Story({ transaction }: { transaction: string }) {
  const { t } = useTranslation(["logs", "words"]);
  const polling = usePolling();
  const query = useInfiniteQuery({
    queryKey: ["logs", "story", transaction],
    queryFn: ({ pageParam, signal }) => data(api.GET("/api/v1/logs", { params: { query: { transaction, cursor: pageParam, limit: 500 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: polling,
  });
  const lines = query.data?.pages.flatMap((p) => p.items ?? []) ?? [];
  if (query.isPending) return <Loading rows={6} />;
  if (query.error && lines.length === 0) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (lines.length === 0) return <Empty icon="timeline" title={t("noStory")}>{t("noStoryText")}</Empty>;
  let attempt = 0;
  return (
    <Stack>
      {byAttempt(lines).map((g) => (
        <Paper key={g.attempt + g.lines[0]!.at} withBorder p="md" bg="var(--curlew-card)" component="section">
          <Title order={2} size="h4" mb="sm">{g.attempt ? t("attempt", { count: ++attempt }) : t("around")}</Title>
          <Timeline bulletSize={26} lineWidth={2}>
            {g.lines.map((l, i) => (
              <Timeline.Item key={i} bullet={<Icon name={iconOf[l.kind] ?? "next"} size={14} />} title={<Text size="sm" fw={600}>{t(`kinds.${l.kind}`, l.kind.replaceAll("_", " "))}</Text>}>
                <Text size="xs"><Moment at={l.at} precision="second" /></Text>
                <Facts line={l} />
              </Timeline.Item>
            ))}
          </Timeline>
        </Paper>
      ))}
      {query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t("older")}</Button>}
    </Stack>
  );
}
