import { Anchor, Badge, Button, Group, Progress, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "../../api/client";
import { usePolling } from "../../api/live";
import { read, useLive } from "../../api/queries";
import { FileBadge } from "../../parts/FromFile";
import { Icon } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { Section } from "../../parts/Section";
import { Empty, Ready } from "../../parts/states";

export function List() {
  const { t } = useTranslation("pbxs");
  const { t: shell } = useTranslation();
  const query = useQuery(useLive(read.pbxs));
  const add = <Button component={Link} to="/pbxs/new" leftSection={<Icon name="plus" size={16} />}>{t("add")}</Button>;
  return (
    <Page title={shell("page.pbxs")} intro={t("intro")} actions={query.data?.data.items?.length ? add : undefined}>
      <Ready query={query}>
        {({ data }) => !data.items?.length ? <Empty icon="server" title={t("empty")} action={add}>{t("emptyText")}</Empty> : (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>{data.items.map((p) => <Card key={p.name} pbx={p} />)}</SimpleGrid>
        )}
      </Ready>
    </Page>
  );
}

function Card({ pbx }: { pbx: Schemas["PBX"] }) {
  const { t } = useTranslation("pbxs");
  const refetchInterval = usePolling() || 5000; // lines in use change without a notice
  const status = useQuery({ ...read.pbxStatus(pbx.name ?? ""), refetchInterval }).data;
  const to = `/pbxs/${encodeURIComponent(pbx.name ?? "")}`;
  return (
    <Section title={<Anchor component={Link} to={to} c="inherit" underline="always">{pbx.name}</Anchor>} hint={<span className="number">{pbx.esl?.host}:{pbx.esl?.port}</span>} aside={<Group gap={6}><FileBadge resource={`pbxs/${pbx.name}`} /><LinkBadge active={pbx.active} status={status} /></Group>}>
      {status && (
        <>
          <Group justify="space-between"><Text size="sm">{t("lines")}</Text><Text size="sm" className="numbers">{status.in_use} / {status.max_concurrent_calls}</Text></Group>
          <Progress value={(100 * status.in_use) / Math.max(1, status.max_concurrent_calls)} size="sm" aria-hidden />
        </>
      )}
      <Group gap="xs">
        {(pbx.gateways ?? []).map((g) => <GatewayBadge key={g.name} name={g.name ?? ""} active={g.active} status={status?.gateways?.find((s) => s.name === g.name)} />)}
        {!pbx.gateways?.length && <Text size="sm" c="dimmed">{t("noGateways")}</Text>}
      </Group>
    </Section>
  );
}

export function LinkBadge({ active, status }: { active?: boolean; status?: Schemas["PbxStatus"] }) {
  const { t } = useTranslation("pbxs");
  const [word, colour] = !active ? [t("link.inactive"), "gray"] : !status ? [t("link.asking"), "gray"] : status.paused ? [t("link.paused"), "red"] : status.link_up ? [t("link.up"), "teal"] : [t("link.down"), "red"];
  return <Badge variant="light" color={colour} tt="none" radius="sm">{word}</Badge>;
}

export function GatewayBadge({ name, active, status }: { name: string; active?: boolean; status?: Schemas["GatewayStatus"] }) {
  const { t } = useTranslation("pbxs");
  const [word, colour] = !active ? [t("link.inactive"), "gray"] : !status ? [t("gateway.unseen"), "orange"] : status.draining ? [t("gateway.draining"), "orange"] : status.up ? [t("gateway.healthy"), "teal"] : [t("gateway.down"), "red"];
  return <Badge variant="light" color={colour} tt="none" radius="sm"><bdi>{name}</bdi>: {word}</Badge>;
}
