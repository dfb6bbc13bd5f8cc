import { Anchor, Badge, Button, Group, Paper, Progress, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "../../api/client";
import { Icon } from "../../parts/icons";

type Props = { pbxs: Schemas["PBX"][]; status: (Schemas["PbxStatus"] | undefined)[] };

// Lines shows each PBX: whether it is connected, how full it is, and its gateways' health.
export function Lines({ pbxs, status }: Props) {
  const { t } = useTranslation("dashboard");
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section">
      <Title order={2} size="h3" mb="sm">{t("lines")}</Title>
      {pbxs.length === 0 ? (
        <Stack align="flex-start" gap="xs">
          <Text size="sm" c="dimmed">{t("noPBX")}</Text>
          <Button component={Link} to="/pbxs/new" size="xs" leftSection={<Icon name="plus" size={16} />}>{t("connect")}</Button>
        </Stack>
      ) : (
        <Stack gap="md">{pbxs.map((p, i) => <Line key={p.name} pbx={p} status={status[i]} />)}</Stack>
      )}
    </Paper>
  );
}

function Line({ pbx, status }: { pbx: Schemas["PBX"]; status?: Schemas["PbxStatus"] }) {
  const { t } = useTranslation("dashboard");
  const gateways = status?.gateways ?? [];
  const [word, colour] = !pbx.active ? [t("inactive"), "gray"] : status?.link_up ? [t("up"), "teal"] : [t("down"), "red"];
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Anchor component={Link} to={`/pbxs/${encodeURIComponent(pbx.name ?? "")}`} fw={600} c="inherit" underline="always">{pbx.name}</Anchor>
        <Badge variant="light" color={colour} tt="none" radius="sm">{word}</Badge>
      </Group>
      {status && (
        <>
          <Text size="sm" c="dimmed" className="numbers">{t("inUse", { used: status.in_use, max: status.max_concurrent_calls })}</Text>
          <Progress value={(100 * status.in_use) / Math.max(1, status.max_concurrent_calls)} size="sm" aria-hidden my={4} />
          <Text size="sm" c="dimmed">{t("gateways", { up: gateways.filter((g) => g.up).length, all: gateways.length })}</Text>
        </>
      )}
    </div>
  );
}
