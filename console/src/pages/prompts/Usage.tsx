import { Anchor, Badge, Group, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "../../api/client";
import { Ready } from "../../parts/states";
import { usage } from "./audio";

type Uses = Schemas["Usage"];

// Usage names the configurations that play a prompt and the calls that are still to come.
export function Usage({ category }: { category: string }) {
  const query = useQuery(usage(category));
  return <Ready query={query} rows={1}>{({ data }) => <Uses uses={data} />}</Ready>;
}

function Uses({ uses }: { uses: Uses }) {
  const { t } = useTranslation("prompts");
  const all = uses.configurations ?? [];
  if (all.length === 0 && uses.pending.count === 0) return <Text size="sm" c="dimmed">{t("notUsed")}</Text>;
  return (
    <Stack gap="xs">
      {all.length > 0 && (
        <List size="sm" spacing={4}>
          {all.map((c) => (
            <List.Item key={c.name}>
              <Group gap="xs" component="span">
                <Anchor component={Link} size="sm" to={`/configurations/${encodeURIComponent(c.name)}`}><bdi>{c.name}</bdi></Anchor>
                <span>{t("inSteps", { steps: (c.steps ?? []).map((s) => s + 1).join(", ") })}</span>
                <Badge component="span" variant="light" tt="none" radius="sm" color={c.active ? "teal" : "gray"}>{t(c.active ? "state.active" : "state.inactive")}</Badge>
              </Group>
            </List.Item>
          ))}
        </List>
      )}
      {uses.pending.count > 0 && (
        <details>
          <summary><Text span size="sm">{t("pending", { count: uses.pending.count })}</Text></summary>
          <List size="sm" mt="xs">{(uses.pending.transactions ?? []).map((id) => <List.Item key={id}><Anchor component={Link} size="sm" className="number" to={`/activities/${id}`}>{id}</Anchor></List.Item>)}</List>
        </details>
      )}
    </Stack>
  );
}

// Touched is what one reads before taking a prompt out of calls that play it.
export function Touched({ category }: { category: string }) {
  const { t } = useTranslation("prompts");
  return <Stack gap="xs"><Text size="sm">{t("inactivateText")}</Text><Usage category={category} /></Stack>;
}
