// What became of the transactions of some days.
import { Button, Group, NativeSelect, Paper, SimpleGrid, Stack, Table, Text, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { raw } from "../../api/client";
import { read, useFacility } from "../../api/queries";
import { Chart } from "../../parts/Chart";
import { Download } from "../../parts/Download";
import { viewerZone, written } from "../../parts/Moment";
import { Scroll } from "../../parts/Scroll";
import { Section } from "../../parts/Section";
import { Empty, Ready } from "../../parts/states";
import { lastDays, lasting, midnight, nextDate, share, wrong, type Span } from "./span";

type Sum = { transactions: number; states: Record<string, number>; attempts: number; contacts: number; calls: number; answered_calls: number; answers: number; ring_seconds: number; answer_seconds: number };
type Part = Sum & { name: string };
type Report = {
  total: Sum; days: (Sum & { date: string; from: string })[]; configurations: Part[]; channels: Part[]; actions: Record<string, number>;
  causes: { cause: string; sip_status?: number; disposition: string; calls: number }[];
};
type Asked = Span & { configuration: string };

const queryOf = ({ from, to, configuration }: Asked, zone: string) => {
  const q = new URLSearchParams({ from: midnight(from, zone).toISOString(), to: midnight(nextDate(to), zone).toISOString() });
  if (configuration) q.set("configuration", configuration);
  return q.toString();
};

const report = (query: string) => queryOptions({ queryKey: ["report", query], queryFn: async ({ signal }) => (await (await raw(`/api/v1/reports?${query}`, { signal })).json()) as Report });

export function Outcomes() {
  const facility = useFacility();
  const stats = useQuery(read.stats).data as { to?: string } | undefined; // the server's now: a demo's is not ours
  if (!facility || !stats) return null;
  return <Asking zone={facility.time_zone || viewerZone} now={stats.to ? Date.parse(stats.to) : Date.now()} />;
}

function Asking({ zone, now }: { zone: string; now: number }) {
  const { t } = useTranslation("reports");
  const [asked, setAsked] = useState<Asked>({ ...lastDays(30, now, zone), configuration: "" });
  const [typed, setTyped] = useState(asked);
  const names = (useQuery(read.configurations).data?.data.items ?? []).map((c) => c.name ?? "");
  const query = queryOf(asked, zone);
  const result = useQuery(report(query));
  const fault = !typed.from || !typed.to ? "spanOrder" : wrong(typed);
  const show = (e: FormEvent) => (e.preventDefault(), !fault && setAsked(typed));
  return (
    <Stack>
      <Paper withBorder p="md" bg="var(--curlew-card)" component="form" onSubmit={show}>
        <Group align="flex-start">
          <TextInput type="date" label={t("from")} value={typed.from} onChange={(e) => setTyped({ ...typed, from: e.currentTarget.value })} error={fault && t(fault)} />
          <TextInput type="date" label={t("to")} value={typed.to} onChange={(e) => setTyped({ ...typed, to: e.currentTarget.value })} />
          <NativeSelect label={t("configuration")} value={typed.configuration} onChange={(e) => setTyped({ ...typed, configuration: e.currentTarget.value })} data={[{ value: "", label: t("everyOne") }, ...names]} />
        </Group>
        <Group mt="sm">
          <Button type="submit" disabled={fault !== undefined} loading={result.isFetching}>{t("show")}</Button>
          <Download path={`/api/v1/reports.csv?${query}`} name={`report-${asked.from}-${asked.to}.csv`} label={t("csv")} />
        </Group>
      </Paper>
      <Ready query={result} rows={6}>{(r) => (r.total.transactions === 0 ? <Empty icon="chart" title={t("empty")}>{t("emptyText")}</Empty> : <Shown report={r} />)}</Ready>
    </Stack>
  );
}

const count = (s: Sum, ...names: string[]) => names.reduce((n, name) => n + (s.states[name] ?? 0), 0);
const reached = (s: Sum) => count(s, "completed");
const missed = (s: Sum) => count(s, "failed", "expired");
const rest = (s: Sum) => s.transactions - reached(s) - missed(s);

function Shown({ report: r }: { report: Report }) {
  const { t, i18n } = useTranslation("reports");
  const { t: words } = useTranslation("words");
  const took = (seconds: number, of: number) => {
    const [n, unit] = lasting(seconds);
    return of > 0 ? t(`unit.${unit}`, { n }) : "–";
  };
  const total = r.total;
  const tiles = [
    [t("transactions"), String(total.transactions), t("reachedOf", { share: share(reached(total), total.transactions) })],
    [t("answerRate"), share(total.answers, total.transactions), t("answersOf", { answers: total.answers })],
    [t("pickUp"), share(total.answered_calls, total.calls), t("callsOf", { answered: total.answered_calls, calls: total.calls })],
    [t("perAnswer"), total.answers ? (total.attempts / total.answers).toFixed(1) : "–", t("attemptsAll", { attempts: total.attempts })],
    [t("toAnswer"), took(total.answer_seconds, total.answers), t("toAnswerHint")],
    [t("ring"), took(total.ring_seconds, total.answered_calls), t("ringHint")],
  ];
  const outcomes = [{ key: "reached", name: t("reached") }, { key: "missed", name: t("missed") }, { key: "rest", name: t("rest") }];
  const parts = (list: Part[], name: (p: Part) => string) => list.map((p) => ({ key: p.name, label: <bdi>{name(p)}</bdi>, short: name(p), sum: p }));
  const best = r.days.reduce((a, b) => (b.transactions > a.transactions ? b : a));
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {tiles.map(([name, figure, hint]) => <Paper key={name} component="li" withBorder p="md" bg="var(--curlew-card)"><Text size="sm" c="dimmed">{name}</Text><Text fz="1.7rem" fw={700} className="numbers">{figure}</Text><Text size="xs" c="dimmed">{hint}</Text></Paper>)}
      </SimpleGrid>
      <Section title={t("byDay")}>
        <Chart title={t("outcomes")} first={t("day")} series={outcomes} summary={t("byDaySummary", { total: total.transactions, reached: reached(total), missed: missed(total), best: best.date, most: best.transactions })}
          points={r.days.map((d) => ({ key: d.date, label: written(`${d.date}T12:00:00Z`, i18n.language, "UTC", "day"), short: d.date.slice(5), values: [reached(d), missed(d), rest(d)] }))} />
      </Section>
      <Section title={t("byConfiguration")}><Sums first={t("configuration")} rows={parts(r.configurations, (p) => p.name)} /></Section>
      <Section title={t("byChannel")} hint={t("byChannelHint")}><Sums first={t("channel")} rows={parts(r.channels, (p) => words(`channel.${p.name}`, p.name))} /></Section>
      <Section title={t("actions")}>
        <Rows first={[t("action"), t("answers")]} none={t("noAnswers")} rows={Object.entries(r.actions).sort((a, b) => b[1] - a[1]).map(([a, n]) => [words(`action.${a}`, a), n])} />
      </Section>
      <Section title={t("causes")} hint={t("causesHint")}>
        <Rows first={[t("cause"), t("callsShort")]} none={t("noCauses")} rows={r.causes.map((c) => [`${words(`disposition.${c.disposition}`, c.disposition)} – ${c.cause}${c.sip_status ? ` (SIP ${c.sip_status})` : ""}`, c.calls])} />
      </Section>
    </Stack>
  );
}

function Sums({ first, rows }: { first: string; rows: { key: string; label: ReactNode; sum: Sum }[] }) {
  const { t } = useTranslation("reports");
  const heads = [first, t("transactions"), t("reached"), t("missed"), t("attempts"), t("answers"), t("answerRate"), t("perAnswer")];
  return (
    <Scroll label={first}>
      <Table striped miw={640}>
        <Table.Thead><Table.Tr>{heads.map((h) => <Table.Th scope="col" key={h}>{h}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map(({ key, label, sum: s }) => (
            <Table.Tr key={key}>
              <Table.Th scope="row">{label}</Table.Th>
              {[s.transactions, reached(s), missed(s), s.attempts, s.answers, share(s.answers, s.transactions), s.answers ? (s.attempts / s.answers).toFixed(1) : "–"].map((v, i) => <Table.Td key={i} className="numbers">{v}</Table.Td>)}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}

function Rows({ first, rows, none }: { first: [string, string]; rows: [string, number][]; none: string }) {
  if (rows.length === 0) return <Text size="sm" c="dimmed">{none}</Text>;
  return (
    <Scroll label={first.join(", ")}>
      <Table>
        <Table.Thead><Table.Tr>{first.map((h) => <Table.Th scope="col" key={h}>{h}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{rows.map(([name, n]) => <Table.Tr key={name}><Table.Th scope="row" fw={400}><bdi>{name}</bdi></Table.Th><Table.Td className="numbers">{n}</Table.Td></Table.Tr>)}</Table.Tbody>
      </Table>
    </Scroll>
  );
}
