import { Grid, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { read, useLive, type Stats } from "../../api/queries";
import { usePolling } from "../../api/live";
import { demo } from "../../meta";
import { channelIcon, Icon, type IconName } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { stateColour } from "../../parts/StateBadge";
import { Loading, Ready } from "../../parts/states";
import { Lines } from "./Lines";
import { Recent } from "./Recent";
import { Start } from "./Start";

// In the demo the phone is the first thing on the front page.
const DemoStage = lazy(() => import("./DemoStage"));

const sum = (counts: Record<string, number>, ...names: string[]) => names.reduce((all, n) => all + (counts[n] ?? 0), 0);

export default function Dashboard() {
  const { t } = useTranslation("dashboard");
  const { t: shell } = useTranslation();
  const stats = useQuery(useLive(read.stats));
  return (
    <Page title={shell("page.dashboard")} intro={t("intro")}>
      {demo && <Suspense fallback={<Loading rows={6} />}><DemoStage /></Suspense>}
      <Start stats={stats.data} />
      <Ready query={stats}>{(s) => <Tiles stats={s} />}</Ready>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Recent />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack>
            <LinesCard />
            <Ready query={stats}>{(s) => <><Channels stats={s} /><Answers stats={s} /><States stats={s} /></>}</Ready>
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Tiles({ stats }: { stats: Stats }) {
  const { t } = useTranslation("dashboard");
  const answered = Object.values(stats.actions).reduce((a, b) => a + b, 0);
  const tiles: { name: string; count: number; hint: string; icon: IconName; colour: string }[] = [
    { name: t("open"), count: sum(stats.states, "scheduled", "queued", "in_progress", "awaiting_response"), hint: t("openHint"), icon: "clock", colour: "blue" },
    { name: t("reached"), count: sum(stats.states, "completed"), hint: t("reachedHint", { total: stats.total }), icon: "check", colour: "teal" },
    { name: t("answered"), count: answered, hint: t("answeredHint"), icon: "chat", colour: "violet" },
    { name: t("notReached"), count: sum(stats.states, "failed", "expired"), hint: t("notReachedHint"), icon: "warn", colour: "red" },
  ];
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} component="ul" p={0} m={0} style={{ listStyle: "none" }} aria-label={t("tiles")}>
      {tiles.map((tile) => (
        <Paper key={tile.name} component="li" withBorder p="md" bg="var(--curlew-card)" style={{ borderBlockStart: `4px solid var(--mantine-color-${tile.colour}-6)` }}>
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <div>
              <Text size="sm" c="dimmed">{tile.name}</Text>
              <Text fz="2rem" fw={700} lh={1.2} className="numbers">{tile.count}</Text>
              <Text size="xs" c="dimmed">{tile.hint}</Text>
            </div>
            <Icon name={tile.icon} size={26} />
          </Group>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

function LinesCard() {
  const pbxs = useQuery(useLive(read.pbxs));
  const refetchInterval = usePolling() || 10_000; // calls in use change without a notice
  const active = pbxs.data?.data.items ?? [];
  const status = useQueries({ queries: active.map((p) => ({ ...read.pbxStatus(p.name ?? ""), refetchInterval })) });
  return <Ready query={pbxs} rows={2}>{() => <Lines pbxs={active} status={status.map((s) => s.data)} />}</Ready>;
}

type Bar = { name: string; count: number; note?: string; colour: string; icon?: IconName };

// Bars are counts beside each other; the numbers are text, the bars repeat them for the eye.
function Bars({ title, bars, none }: { title: string; bars: Bar[]; none: string }) {
  const most = Math.max(1, ...bars.map((b) => b.count));
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section">
      <Title order={2} size="h3" mb="sm">{title}</Title>
      {bars.length === 0 ? <Text size="sm" c="dimmed">{none}</Text> : (
        <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
          {bars.map((b) => (
            <li key={b.name}>
              <Group justify="space-between" gap="xs" wrap="nowrap">
                <Group gap={6} wrap="nowrap">{b.icon && <Icon name={b.icon} size={16} />}<Text size="sm">{b.name}</Text></Group>
                <Text size="sm" className="numbers" c={b.note ? "dimmed" : undefined} ta="end">{b.note ?? b.count}</Text>
              </Group>
              <Progress value={(100 * b.count) / most} color={b.colour} size="sm" aria-hidden tabIndex={-1} />
            </li>
          ))}
        </Stack>
      )}
    </Paper>
  );
}

function Channels({ stats }: { stats: Stats }) {
  const { t } = useTranslation("dashboard");
  const { t: words } = useTranslation("words");
  const bars = ["ivr", "whatsapp", "sms", "email"].flatMap((c) => {
    const of = stats.by_channel[c];
    return of ? [{ name: words(`channel.${c}`), count: of.contacts, note: t("contacts", { contacts: of.contacts, attempts: of.attempts }), colour: "curlew", icon: channelIcon[c] }] : [];
  });
  return <Bars title={t("channels")} bars={bars} none={t("noAttempts")} />;
}

const byCount = (counts: Record<string, number>) => Object.entries(counts).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);

function Answers({ stats }: { stats: Stats }) {
  const { t } = useTranslation("dashboard");
  const { t: words } = useTranslation("words");
  const bars = byCount(stats.actions).map(([a, count]) => ({ name: words(`action.${a}`, a), count, colour: "violet" }));
  return <Bars title={t("answers")} bars={bars} none={t("noAnswers")} />;
}

function States({ stats }: { stats: Stats }) {
  const { t } = useTranslation("dashboard");
  const { t: words } = useTranslation("words");
  const bars = byCount(stats.states).map(([s, count]) => ({ name: words(`state.${s}`, s), count, colour: stateColour[s] ?? "gray" }));
  return bars.length === 0 ? null : <Bars title={t("states")} bars={bars} none="" />;
}
