// A chart of stacked bars with a line across, as plain SVG. The picture is for the eye only: its summary stands above,
// its numbers in a table that opens below.
import "./chart.css";
import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Scroll } from "./Scroll";

export type Series = { key: string; name: string }; // the place in the list chooses colour and pattern
export type Point = { key: string; label: ReactNode; short: string; values: number[] };
type Props = { title: string; summary: string; first: string; series: Series[]; points: Point[]; line?: { name: string; value: number } };

const height = 160;

// ceiling is the round number that the tallest bar stays below.
export function ceiling(most: number): number {
  if (most <= 5) return 5;
  const step = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((n) => n * step >= most) ?? 10) * step;
}

export function Chart({ title, summary, first, series, points, line }: Props) {
  const { t } = useTranslation("reports");
  const sums = points.map((p) => p.values.reduce((a, b) => a + b, 0));
  // A line far above all bars would flatten them: it is then only named.
  const most = Math.max(1, ...sums);
  const shown = line && line.value <= most * 4 ? line : undefined;
  const top = ceiling(Math.max(most, shown?.value ?? 0));
  const wide = 100 / Math.max(1, points.length);
  const every = Math.max(1, Math.ceil(points.length / 8));
  return (
    <figure className="chart">
      <figcaption><strong>{title}</strong><Text size="sm" c="dimmed">{summary}</Text></figcaption>
      <ul className="chart-legend">
        {series.map((s, i) => <li key={s.key}><span className={`chart-mark chart-${i}`} aria-hidden />{s.name}</li>)}
        {line && <li><span className="chart-mark chart-line-mark" aria-hidden />{line.name}: <span className="numbers">{Math.round(line.value)}</span></li>}
      </ul>
      <div className="chart-plot" aria-hidden dir="ltr">
        <div className="chart-axis numbers"><span>{top}</span><span>{top / 2}</span><span>0</span></div>
        <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" height={height} focusable="false">
          {[0, 0.5, 1].map((at) => <line key={at} className="chart-grid" x1={0} x2={100} y1={at * height} y2={at * height} />)}
          {points.map((p, i) => {
            let y = height;
            return p.values.map((v, s) => {
              const tall = (v / top) * height;
              y -= tall;
              return <rect key={`${p.key}/${s}`} className={`chart-${s}`} x={i * wide + wide * 0.12} width={wide * 0.76} y={y} height={tall} />;
            });
          })}
          {shown && <line className="chart-line" x1={0} x2={100} y1={height - (shown.value / top) * height} y2={height - (shown.value / top) * height} />}
        </svg>
      </div>
      <div className="chart-labels numbers" aria-hidden dir="ltr">{points.map((p, i) => <span key={p.key}>{i % every === 0 && <span>{p.short}</span>}</span>)}</div>
      <details>
        <summary>{t("table", { title })}</summary>
        <Scroll label={title}>
          <Table captionSide="top">
            <Table.Thead><Table.Tr><Table.Th scope="col">{first}</Table.Th>{series.map((s) => <Table.Th scope="col" key={s.key}>{s.name}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>{points.map((p) => <Table.Tr key={p.key}><Table.Th scope="row">{p.label}</Table.Th>{p.values.map((v, i) => <Table.Td key={i} className="numbers">{v}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
          </Table>
        </Scroll>
      </details>
    </figure>
  );
}
