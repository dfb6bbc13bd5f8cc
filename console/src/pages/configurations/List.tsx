import { Anchor, Badge, Button, Group, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { read, useLive } from "../../api/queries";
import { channelIcon, Icon } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { Section } from "../../parts/Section";
import { Empty, Ready } from "../../parts/states";
import { useMay } from "../../session";
import { useCatalogueNames } from "./catalogue";
import type { Configuration } from "./model";
import { useSummaries } from "./words";

const drafts = { queryKey: ["configurations", "drafts"], queryFn: ({ signal }: { signal: AbortSignal }) => data(api.GET("/api/v1/drafts", { signal })) };

export function List() {
  const { t } = useTranslation("configurations");
  const { t: shell } = useTranslation();
  const query = useQuery(useLive(read.configurations));
  const begun = useQuery(drafts).data?.items ?? [];
  const admin = useMay("admin");
  const [words, setWords] = useState("");
  const add = admin && <Button component={Link} to="/configurations/new" leftSection={<Icon name="plus" size={16} />}>{t("add")}</Button>;
  return (
    <Page title={shell("page.configurations")} intro={t("intro")} actions={query.data?.data.items?.length ? add : undefined}>
      <Ready query={query}>
        {({ data: { items } }) => {
          const all = items ?? [];
          const fresh = begun.filter((d) => !all.some((c) => c.name === d.name));
          if (all.length + fresh.length === 0) return <Empty icon="cascade" title={t("empty")} action={add || undefined}>{t("emptyText")}</Empty>;
          const fits = (name: string | undefined, ...more: (string | undefined)[]) => [name, ...more].join(" ").toLowerCase().includes(words.toLowerCase());
          return (
            <>
              {all.length > 5 && <TextInput aria-label={t("search")} placeholder={t("search")} value={words} onChange={(e) => setWords(e.currentTarget.value)} leftSection={<Icon name="search" size={16} />} maw={360} />}
              {fresh.filter((d) => fits(d.name)).map((d) => <Fresh key={d.name} draft={d} />)}
              {all.filter((c) => fits(c.name, c.component, c.event)).map((c) => <Card key={c.name} value={c} draft={begun.find((d) => d.name === c.name)} />)}
            </>
          );
        }}
      </Ready>
    </Page>
  );
}

const to = (name: string | undefined) => `/configurations/${encodeURIComponent(name ?? "")}`;

function Fresh({ draft }: { draft: Schemas["DraftRow"] }) {
  const { t } = useTranslation("configurations");
  return <Section title={<Anchor component={Link} to={to(draft.name)} c="inherit" underline="always"><bdi>{draft.name}</bdi></Anchor>} hint={t("neverActive")} aside={<DraftBadge draft={draft} />}>{null}</Section>;
}

function DraftBadge({ draft }: { draft: Schemas["DraftRow"] }) {
  const { t } = useTranslation("configurations");
  return <Badge variant="light" color="orange" tt="none" radius="sm">{t("draftBy", { by: draft.actor })}</Badge>;
}

function Card({ value: c, draft }: { value: Configuration; draft: Schemas["DraftRow"] | undefined }) {
  const { t } = useTranslation("configurations");
  const { t: shell } = useTranslation();
  const { t: words } = useTranslation("words");
  const say = useSummaries();
  const names = useCatalogueNames();
  const component = useQuery(read.components).data?.items?.find((k) => k.name === c.component);
  const event = component?.events?.find((e) => e.name === c.event);
  const steps = c.steps ?? [];
  return (
    <Section title={<Anchor component={Link} to={to(c.name)} c="inherit" underline="always"><bdi>{c.name}</bdi></Anchor>}
      hint={<>{component ? names.component(component) : c.component} · {event ? names.event(component, event) : c.event} · {say.when(c)} · {say.occurrence(c)}</>}
      aside={<Group gap={6}>
        {draft && <DraftBadge draft={draft} />}
        {c.managed_by === "file" && <Badge variant="light" tt="none" radius="sm" color="grape">{shell("managed.file")}</Badge>}
        <Badge variant="light" tt="none" radius="sm" color={c.active ? "teal" : "gray"}>{shell(c.active ? "managed.active" : "managed.inactive")}</Badge>
      </Group>}>
      <Group gap="xs" role="list" aria-label={t("cascade.title")}>
        {steps.map((s, i) => (
          <Group gap="xs" key={i} role="listitem">
            {i > 0 && <Icon name="next" size={14} flip />}
            <Icon name={channelIcon[s.channel ?? ""] ?? "chat"} size={16} /><Text size="sm">{words(`channel.${s.channel}`, s.channel ?? "")}</Text>
          </Group>
        ))}
      </Group>
    </Section>
  );
}
