import { Alert, Badge, Button, Group, List, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty, Failed, Ready } from "../../parts/states";
import { Sure } from "../../parts/Sure";

type Node = Schemas["NodeStatus"];

const colour: Record<Node["state"], string> = { serving: "teal", held: "orange", draining: "blue", drained: "blue", stopping: "gray", gone: "red" };

export default function Nodes() {
  const { t } = useTranslation("nodes");
  const { t: shell } = useTranslation();
  const nodes = useQuery({ queryKey: ["nodes"], queryFn: ({ signal }) => data(api.GET("/api/v1/nodes", { signal })), refetchInterval: 3000 });
  return (
    <Page title={shell("page.nodes")} intro={t("intro")}>
      <Ready query={nodes}>
        {({ items, revision }) => (items ?? []).length === 0 ? <Empty icon="nodes" title={t("empty")} /> : (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>{(items ?? []).map((n) => <Card key={n.name} n={n} newest={revision ?? 0} />)}</SimpleGrid>
        )}
      </Ready>
    </Page>
  );
}

function Card({ n, newest }: { n: Node; newest: number }) {
  const { t } = useTranslation("nodes");
  const rows: [string, ReactNode][] = [
    [t("version"), <bdi key="v">{n.version}</bdi>],
    [t("inFlight"), <span key="i" className="numbers">{n.in_flight}</span>],
    [t("since"), <Moment key="s" at={n.started_at} />],
    [t("seen"), <Moment key="l" at={n.last_seen} precision="second" />],
    [t("revision"), <span key="r" className="numbers">{n.revision}{n.revision < newest ? ` (${t("behind", { newest })})` : ""}</span>],
    [t("clock"), <span key="c" className="number">{Math.round(n.clock_offset_ms)} ms</span>],
  ];
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h3"><bdi>{n.name}</bdi></Title>
        <Group gap="xs">
          {n.leader && <Badge variant="light" color="grape" tt="none" radius="sm">{t("leader")}</Badge>}
          <Badge variant="light" color={colour[n.state]} tt="none" radius="sm">{t(`state.${n.state}`)}</Badge>
        </Group>
      </Group>
      <Stack gap="sm">
        {n.holds && <Alert color="orange" variant="light" icon={<Icon name="warn" />}>{n.holds}</Alert>}
        {(n.warnings ?? []).length > 0 && <Alert color="orange" variant="light" icon={<Icon name="warn" />}><List size="sm">{n.warnings!.map((w) => <List.Item key={w}>{w}</List.Item>)}</List></Alert>}
        <Table withRowBorders={false} verticalSpacing={4}>
          <Table.Tbody>{rows.map(([name, value]) => <Table.Tr key={name}><Table.Th scope="row" c="dimmed" fw={500}>{name}</Table.Th><Table.Td>{value}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table>
        {n.state !== "gone" && <Drain n={n} />}
      </Stack>
    </Paper>
  );
}

function Drain({ n }: { n: Node }) {
  const { t } = useTranslation("nodes");
  const [asked, setAsked] = useState(false);
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (to: "drain" | "resume") => {
      const at = { params: { path: { name: n.name } } };
      return data(to === "drain" ? api.POST("/api/v1/nodes/{name}/drain", at) : api.POST("/api/v1/nodes/{name}/resume", at));
    },
    onSuccess: () => {
      setAsked(false);
      void queries.invalidateQueries({ queryKey: ["nodes"] });
    },
  });
  return (
    <>
      <Group>
        {n.draining
          ? <Button size="sm" variant="default" leftSection={<Icon name="play" size={16} />} loading={act.isPending} onClick={() => act.mutate("resume")} aria-label={t("resumeOne", { name: n.name })}>{t("resume")}</Button>
          : <Button size="sm" variant="default" leftSection={<Icon name="pause" size={16} />} onClick={() => setAsked(true)} aria-label={t("drainOne", { name: n.name })}>{t("drain")}</Button>}
        {n.draining && <Text size="sm" c="dimmed">{t("drainingText")}</Text>}
      </Group>
      {act.error && !asked && <Failed error={act.error} />}
      <Sure opened={asked} title={t("drainTitle", { name: n.name })} text={t("drainText")} yes={t("drain")} busy={act.isPending} error={act.error} onYes={() => act.mutate("drain")} onNo={() => setAsked(false)} />
    </>
  );
}
