import { Anchor, Group, List, Paper, Text, ThemeIcon, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { read, type Stats } from "../../api/queries";
import { Icon } from "../../parts/icons";

// Start leads a new installation to its first call, and goes away after it.
export function Start({ stats }: { stats?: Stats }) {
  const { t } = useTranslation("dashboard");
  const pbxs = useQuery(read.pbxs).data?.data.items;
  const prompts = useQuery(read.prompts).data?.data.items;
  const configurations = useQuery(read.configurations).data?.data.items;
  if (!stats || !pbxs || !prompts || !configurations || stats.total > 0) return null;
  const steps = [
    { name: "pbx", to: "/pbxs", done: pbxs.some((p) => p.active) },
    { name: "prompts", to: "/prompts", done: prompts.length > 0 },
    { name: "configuration", to: "/configurations", done: configurations.some((c) => c.active) },
    { name: "event", to: "/rehearsal", done: false },
  ];
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section">
      <Title order={2} size="h3">{t("start")}</Title>
      <Text size="sm" c="dimmed" mb="sm">{t("startText")}</Text>
      <List type="ordered" listStyleType="none" spacing="xs" center>
        {steps.map((s, i) => (
          <List.Item key={s.name} icon={<ThemeIcon radius="xl" size={26} variant={s.done ? "filled" : "default"}>{s.done ? <Icon name="check" size={16} /> : <span className="numbers">{i + 1}</span>}</ThemeIcon>}>
            <Group gap="xs"><Anchor component={Link} to={s.to}>{t(`step.${s.name}`)}</Anchor><Text size="xs" c="dimmed">({s.done ? t("done") : t("todo")})</Text></Group>
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}
