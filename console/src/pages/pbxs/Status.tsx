import { Button, Group, SimpleGrid, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { usePolling } from "../../api/live";
import { read } from "../../api/queries";
import { usePauses } from "../../shell/KillSwitch";
import { Moment } from "../../parts/Moment";
import { Section } from "../../parts/Section";
import { Failed, Ready } from "../../parts/states";
import { GatewayBadge, LinkBadge } from "./List";

// Status is what the PBX tells of itself now, and an operator's hand on it.
export function Status({ name }: { name: string }) {
  const { t } = useTranslation("pbxs");
  const refetchInterval = usePolling() || 3000;
  const query = useQuery({ ...read.pbxStatus(name), refetchInterval });
  const { change } = usePauses();
  return (
    <Ready query={query} rows={3}>
      {(s) => (
        <Section title={t("status.title")} aside={
          <Group gap="xs">
            <LinkBadge active={s.active} status={s} />
            <Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate({ kind: "pbx", name, to: s.paused ? "resume" : "pause" }, { onSettled: () => void query.refetch() })}>{t(s.paused ? "status.resume" : "status.pause")}</Button>
          </Group>
        }>
          {s.active && !s.link_up && <Text size="sm" c="var(--mantine-color-error)" role="alert">{t("status.down")} {s.error && <span className="number">{s.error}</span>}</Text>}
          <SimpleGrid cols={{ base: 2, sm: 4 }} component="dl" m={0}>
            <Fact name={t("status.lines")}>{s.in_use} / {s.max_concurrent_calls}</Fact>
            <Fact name={t("status.sessions")}>{s.sessions ?? 0} / {s.max_sessions || "–"}</Fact>
            <Fact name={t("status.rate")}>{s.sessions_per_second ?? 0} / {s.session_rate_limit || "–"}</Fact>
            <Fact name={t("status.version")}><span className="number">{s.version || "–"}</span></Fact>
          </SimpleGrid>
          <GatewayTable pbx={name} gateways={s.gateways ?? []} />
        </Section>
      )}
    </Ready>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return <div><Text component="dt" size="xs" c="dimmed">{name}</Text><Text component="dd" m={0} fw={600} className="numbers">{children}</Text></div>;
}

function GatewayTable({ pbx, gateways }: { pbx: string; gateways: Schemas["GatewayStatus"][] }) {
  const { t } = useTranslation("pbxs");
  const queries = useQueryClient();
  const steer = useMutation({
    mutationFn: ({ gateway, drain }: { gateway: string; drain: boolean }) => {
      const params = { path: { name: pbx, gateway } };
      return data(drain ? api.POST("/api/v1/pbxs/{name}/gateways/{gateway}/drain", { params }) : api.POST("/api/v1/pbxs/{name}/gateways/{gateway}/resume", { params }));
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ["pbx-status", pbx] }),
  });
  if (gateways.length === 0) return null;
  return (
    <>
      {steer.error && <Failed error={steer.error} />}
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>{["gateway", "calls", "answered", "since", "act"].map((c) => <Table.Th key={c}>{t(`health.${c}`)}</Table.Th>)}</Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {gateways.map((g) => (
              <Table.Tr key={g.name}>
                <Table.Th scope="row"><GatewayBadge name={g.name} active status={g} />{g.breaker?.why && <Text size="xs" c="dimmed">{g.breaker.why}</Text>}</Table.Th>
                <Table.Td className="numbers">{g.breaker?.calls ?? 0}</Table.Td>
                <Table.Td className="numbers">{g.breaker?.calls ? `${Math.round(100 * (g.breaker.asr ?? 0))} %` : "–"}</Table.Td>
                <Table.Td><Moment at={g.breaker?.until ?? g.breaker?.since} /></Table.Td>
                <Table.Td><Button size="xs" variant="default" onClick={() => steer.mutate({ gateway: g.name, drain: !g.draining })}>{t(g.draining ? "health.resume" : "health.drain")}<span className="sr"> {g.name}</span></Button></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
