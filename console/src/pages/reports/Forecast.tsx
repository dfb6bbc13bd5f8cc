// The next 24 hours: what is due, what the lines can take, and what comes too late.
import { Alert, Anchor, Stack, Table } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useFacility } from "../../api/queries";
import { Chart } from "../../parts/Chart";
import { Moment, viewerZone } from "../../parts/Moment";
import { Scroll } from "../../parts/Scroll";
import { Section } from "../../parts/Section";
import { Ready } from "../../parts/states";

type Hour = { from: string; calls: number; due: number; late: number };
type Report = { calls: number; late: number; clears: boolean; whole: boolean; cleared_at?: string; hours: Hour[]; pbxs: { name: string; calls: number; calls_per_hour: number }[]; late_transactions: string[] };

const forecast = queryOptions({ queryKey: ["forecast"], refetchInterval: 60_000, queryFn: async ({ signal }) => (await data(api.GET("/api/v1/forecast", { signal }))) as unknown as Report });

export function Forecast() {
  return <Ready query={useQuery(forecast)}>{(f) => <Shown forecast={f} />}</Ready>;
}

function Shown({ forecast: f }: { forecast: Report }) {
  const { t } = useTranslation("reports");
  const zone = useFacility()?.time_zone ?? viewerZone;
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const lines = f.pbxs.reduce((n, p) => n + p.calls_per_hour, 0);
  const busiest = f.hours.reduce((a, b) => (b.due > a.due ? b : a), f.hours[0]!);
  return (
    <Stack>
      <Alert color={f.calls === 0 || f.clears ? "teal" : "orange"} title={t(f.calls === 0 ? "nothingDue" : f.clears ? "clears" : "doesNotClear")}>
        {t("dueAll", { calls: f.calls, late: f.late })} {f.cleared_at && <>{t("clearedAt")} <Moment at={f.cleared_at} />.</>} {!f.whole && t("notWhole")}
      </Alert>
      <Section title={t("linesDemand")}>
        <Chart title={t("byHour")} summary={t("byHourSummary", { busiest: hour.format(new Date(busiest.from)), due: busiest.due, lines: Math.round(lines) })} first={t("hour")}
          series={[{ key: "calls", name: t("begin") }, { key: "late", name: t("late") }]} line={{ name: t("capacity"), value: lines }}
          points={f.hours.map((h) => ({ key: h.from, label: <Moment at={h.from} />, short: hour.format(new Date(h.from)), values: [h.calls, h.late] }))} />
      </Section>
      <Section title={t("perPBX")}>
        <Scroll label={t("perPBX")}>
          <Table>
            <Table.Thead><Table.Tr><Table.Th scope="col">PBX</Table.Th><Table.Th scope="col">{t("perHour")}</Table.Th><Table.Th scope="col">{t("calls")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{f.pbxs.map((p) => <Table.Tr key={p.name}><Table.Th scope="row"><bdi>{p.name}</bdi></Table.Th><Table.Td className="numbers">{Math.round(p.calls_per_hour)}</Table.Td><Table.Td className="numbers">{p.calls}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Scroll>
        {f.late_transactions.length > 0 && <div>{t("lateOnes")} {f.late_transactions.slice(0, 10).map((id) => <Anchor key={id} component={Link} to={`/activities/${id}`} underline="always" me="sm" className="number">{id.slice(-8)}</Anchor>)}</div>}
      </Section>
    </Stack>
  );
}
