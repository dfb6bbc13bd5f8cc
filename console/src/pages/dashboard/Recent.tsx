import { Anchor, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { useLive } from "../../api/queries";
import { channelIcon, Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { StateBadge } from "../../parts/StateBadge";
import { Empty, Ready } from "../../parts/states";

const newest = queryOptions({
  queryKey: ["activities", "newest"],
  queryFn: ({ signal }) => data(api.GET("/api/v1/activities", { params: { query: { limit: 10 } }, signal })),
});

// Recent is the newest activities, moving by themselves.
export function Recent() {
  const { t } = useTranslation("dashboard");
  const query = useQuery(useLive(newest));
  return (
    <Ready query={query} rows={6}>
      {({ items }) => !items?.length ? (
        <Empty icon="list" title={t("noRecent")} action={<Button component={Link} to="/rehearsal">{t("rehearse")}</Button>}>{t("noRecentText")}</Empty>
      ) : (
        <Paper withBorder p="md" bg="var(--curlew-card)" component="section">
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h3">{t("recent")}</Title>
            <Anchor component={Link} to="/activities" size="sm">{t("all")}</Anchor>
          </Group>
          <Stack gap={0} component="ol" p={0} m={0} style={{ listStyle: "none" }}>{items.map((a) => <Row key={a.id} activity={a} />)}</Stack>
        </Paper>
      )}
    </Ready>
  );
}

function Row({ activity: a }: { activity: Schemas["Activity"] }) {
  const { t } = useTranslation("words");
  return (
    <Group component="li" justify="space-between" py="xs" gap="xs" style={{ borderBlockStart: "1px solid var(--mantine-color-default-border)" }}>
      <Group gap="sm" wrap="nowrap">
        <Icon name={channelIcon[a.channel] ?? "phone"} />
        <div>
          <Anchor component={Link} to={`/activities/${a.id}`} size="sm" fw={600} c="inherit" underline="always">{a.configuration} · {a.subject_id}</Anchor>
          <Text size="xs" c="dimmed"><span className="number">{a.recipient.phone_masked}</span> · {t(`channel.${a.channel}`)} · <Moment at={a.created_at} /></Text>
        </div>
      </Group>
      <Stack gap={2} align="flex-end">
        <StateBadge state={a.state} />
        <Text size="xs" c="dimmed">{a.response ? t(`action.${a.response.action}`) : a.reason ? t(`reason.${a.reason}`, a.reason) : ""}</Text>
      </Stack>
    </Group>
  );
}
