// Every category, by where it plays, with what each language has.
import { Anchor, Badge, Button, Group, Paper, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { read, useFacility, useLive } from "../../api/queries";
import { FileBadge } from "../../parts/FromFile";
import { Icon } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { Section } from "../../parts/Section";
import { Empty, Ready } from "../../parts/states";
import { useMay } from "../../session";
import { CategoryForm } from "./CategoryForm";
import { Coverage } from "./Coverage";
import { has, matching, roles, whole, type Category, type Prompt } from "./model";
import { useTitles } from "./words";

const narrowings = ["all", "active", "inactive", "shipped"] as const;
type Narrowing = (typeof narrowings)[number];

const stateOf = (p: Prompt | undefined): Narrowing => (!p ? "shipped" : p.active ? "active" : "inactive");

export function List() {
  const { t } = useTranslation("prompts");
  const { t: shell } = useTranslation();
  const { title } = useTitles();
  const [words, setWords] = useState("");
  const [only, setOnly] = useState<Narrowing>("all");
  const [adding, setAdding] = useState(false);
  const admin = useMay("admin");
  const categories = useQuery(useLive(read.categories));
  const prompts = useQuery(useLive(read.prompts));
  const saved = useMemo(() => new Map((prompts.data?.data.items ?? []).map((p) => [p.category ?? "", whole(p)])), [prompts.data]);
  const shown = (c: Category) => (only === "all" || stateOf(saved.get(c.name ?? "")) === only) && matching(c, title(c), saved.get(c.name ?? ""), words);
  return (
    <Page title={shell("page.prompts")} intro={t("intro")} actions={admin && <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setAdding(true)}>{t("own.add")}</Button>}>
      <Group align="flex-end" gap="sm" component="form" role="search" onSubmit={(e) => e.preventDefault()}>
        <TextInput label={t("search")} value={words} onChange={(e) => setWords(e.currentTarget.value)} leftSection={<Icon name="search" size={16} />} w={{ base: "100%", xs: 300 }} />
        <SegmentedControl aria-label={t("only")} value={only} onChange={(v) => setOnly(v as Narrowing)} data={narrowings.map((n) => ({ value: n, label: t(`narrow.${n}`) }))} />
      </Group>
      <Ready query={prompts.isPending ? prompts : categories}>
        {() => {
          const found = (categories.data?.items ?? []).filter(shown);
          if (found.length === 0) return <Empty icon="search" title={t("nothing")}>{t("nothingText")}</Empty>;
          return roles.map((role) => <Role key={role} role={role} all={found.filter((c) => c.role === role)} saved={saved} />);
        }}
      </Ready>
      {adding && <CategoryForm onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Role({ role, all, saved }: { role: (typeof roles)[number]; all: Category[]; saved: Map<string, Prompt> }) {
  const { t } = useTranslation("prompts");
  if (all.length === 0) return null;
  return (
    <Section title={t(`role.${role}`)} hint={t(`roleHint.${role}`)}>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="sm">
        {all.map((c) => <Card key={c.name} category={c} prompt={saved.get(c.name ?? "")} />)}
      </SimpleGrid>
    </Section>
  );
}

const colours = { active: "teal", inactive: "orange", shipped: "gray", all: "gray" };

function Card({ category, prompt }: { category: Category; prompt: Prompt | undefined }) {
  const { t } = useTranslation("prompts");
  const { title, about } = useTitles();
  const languages = useFacility()?.languages ?? [];
  const state = stateOf(prompt);
  return (
    <Paper withBorder p="sm">
      <Stack gap={6} h="100%" justify="space-between">
        <div>
          <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
            <Anchor component={Link} to={`/prompts/${encodeURIComponent(category.name ?? "")}`} fw={600}><bdi>{title(category)}</bdi></Anchor>
            <Badge variant="light" tt="none" radius="sm" color={colours[state]} style={{ flexShrink: 0 }}>{t(`state.${state}`)}</Badge>
          </Group>
          <Text size="sm" c="dimmed" mt={2}><bdi>{about(category)}</bdi></Text>
        </div>
        <Group gap={6}>
          {languages.filter((code) => state !== "shipped" || has(category, prompt, code) === "missing").map((code) => <Coverage key={code} category={category} prompt={prompt} language={code} />)}
          {category.own && <Badge variant="outline" tt="none" radius="sm" color="grape">{t("own.mark")}</Badge>}
          {prompt && <FileBadge resource={`prompts/${category.name}`} />}
        </Group>
      </Stack>
    </Paper>
  );
}
