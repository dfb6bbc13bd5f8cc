// One prompt: what it says in every language, its fields, who plays it, and how it was before.
import { Alert, Badge, Button, Group, List, SimpleGrid, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data, ifMatch, taken, type Schemas, type Taken } from "../../api/client";
import { byField } from "../../api/problems";
import { queryClient, read, useFacility, useLive } from "../../api/queries";
import { Conflict } from "../../parts/Conflict";
import { useEditor } from "../../parts/editor";
import { FileNote } from "../../parts/FromFile";
import { Icon } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Empty, Failed, Loading } from "../../parts/states";
import { Sure } from "../../parts/Sure";
import { useMay } from "../../session";
import { usage } from "./audio";
import { CategoryForm } from "./CategoryForm";
import { Delete } from "./Delete";
import { Fields } from "./Fields";
import { Language } from "./Language";
import { bare, whole, type Category, type Prompt } from "./model";
import { Touched, Usage } from "./Usage";
import { Versions } from "./Versions";
import { useTitles } from "./words";

type Listed = Taken<{ items: Schemas["Prompt"][] | null }>;

const fresh = (category: string): Prompt => ({ category, active: true, languages: {}, fields: {} });

const among = ({ data: list, etag }: Listed, category: string): Taken<Prompt> & { saved: boolean } => {
  const found = list.items?.find((p) => p.category === category);
  return { data: found ? whole(found) : fresh(category), etag, saved: found !== undefined };
};

export function One({ category }: { category: string }) {
  const { t } = useTranslation("prompts");
  const categories = useQuery(useLive(read.categories));
  const prompts = useQuery(useLive(read.prompts));
  const { title } = useTitles();
  const failed = categories.error ?? prompts.error;
  if (!categories.data || !prompts.data) return failed ? <Failed error={failed} retry={() => void prompts.refetch()} /> : <Loading rows={6} />;
  const found = categories.data.items?.find((c) => c.name === category);
  if (!found) return <Page title={category}><Empty icon="voice" title={t("gone")} action={<Button component={Link} to="/prompts" variant="default">{t("back")}</Button>} /></Page>;
  return <Editor category={found} title={title(found)} listed={prompts.data} />;
}

// usePrompt edits the saved prompt of the category, or begins one.
function usePrompt(name: string, listed: Listed) {
  const [warnings, setWarnings] = useState<Schemas["ProblemError"][]>([]);
  const loaded = useMemo(() => among(listed, name), [listed, name]);
  const edit = useEditor<Prompt>({
    name: "prompts", loaded,
    load: async () => among(await queryClient.fetchQuery({ ...read.prompts, staleTime: 0 }), name),
    save: async (value, etag) => {
      const answer = await taken(api.PUT("/api/v1/prompts/{category}", { params: { path: { category: name }, ...ifMatch(etag) }, body: bare(value) }));
      setWarnings(answer.data.warnings ?? []);
      return answer;
    },
  });
  return { edit, loaded, warnings };
}

function Editor({ category, title, listed }: { category: Category; title: string; listed: Listed }) {
  const { t } = useTranslation("prompts");
  const name = category.name ?? "";
  const { edit, loaded, warnings } = usePrompt(name, listed);
  const { about } = useTitles();
  const [asking, setAsking] = useState(false);
  const [own, setOwn] = useState(false);
  const admin = useMay("admin");
  const latest = useRef(edit.value);
  latest.current = edit.value;
  const facility = useFacility();
  const { value } = edit;
  if (!value || !facility) return <Loading rows={6} />;
  const languages = [...new Set([...facility.languages, ...Object.keys(value.languages)])];
  const pointers = [...languages.flatMap((l) => [`/languages/${l}/text`, `/languages/${l}/audio`, `/languages/${l}`]), ...(category.fields ?? []).map((f) => `/fields/${f.name}`), "/active"];
  const wrong = byField(edit.error, pointers);
  // What a finished upload changes is what is there then, not what was there when it began.
  const change = (f: (now: Prompt) => Prompt) => latest.current && edit.change((latest.current = f(latest.current)));
  const save = async () => {
    if (loaded.saved && loaded.data.active && !value.active) {
      const used = await queryClient.fetchQuery({ ...usage(name), staleTime: 0 }).catch(() => undefined);
      if (used && (used.data.configurations?.length || used.data.pending.count)) return setAsking(true);
    }
    edit.save();
  };
  return (
    <Page title={title} intro={about(category)} actions={<Acts {...{ category, admin, saved: loaded.saved }} etag={edit.etag} onOwn={() => setOwn(true)} />}>
      {edit.theirs && <Conflict mine={bare(value)} theirs={bare(edit.theirs.data)} busy={edit.busy} onMine={edit.keepMine} onTheirs={edit.takeTheirs} />}
      {edit.error && !edit.theirs && (wrong.rest.length > 0 || Object.keys(wrong.fields).length === 0) && <Failed error={edit.error} />}
      {warnings.length > 0 && edit.saved && <Alert color="orange" role="status" icon={<Icon name="warn" />} title={t("warned")}><List size="sm" lang="en" dir="ltr">{warnings.map((w, i) => <List.Item key={i}>{w.detail}. {w.hint}</List.Item>)}</List></Alert>}
      {loaded.saved && <FileNote resource={`prompts/${name}`} />}
      <Section title={t("languages")} hint={t("languagesHint")} aside={<Switch label={t("active")} checked={value.active} disabled={!admin} onChange={(e) => { const active = e.currentTarget.checked; change((p) => ({ ...p, active })); }} />}>
        {!loaded.saved && <Text size="sm">{t("unsavedYet")}</Text>}
        {wrong.fields["/active"] && <Text size="sm" c="var(--mantine-color-error)" role="alert">{wrong.fields["/active"]}</Text>}
        <SimpleGrid cols={{ base: 1, md: 2, lg: Math.min(languages.length, 3) }}>
          {languages.map((l) => <Language key={l} language={l} locked={!admin} onChange={change} {...{ category, value }} wrong={wrong.fields} />)}
        </SimpleGrid>
      </Section>
      {(category.fields ?? []).length > 0 && <Section title={t("fields")} hint={t("fieldsHint")}><Fields category={category} value={value} wrong={wrong.fields} onChange={(next) => change(() => next)} /></Section>}
      {admin && <SaveBar dirty={edit.dirty} busy={edit.busy} saved={edit.saved} onSave={() => void save()} />}
      <Section title={t("usedBy")} hint={t("usedByHint")}>{loaded.saved ? <Usage category={name} /> : <Text size="sm" c="dimmed">{t("notUsed")}</Text>}</Section>
      <Section title={t("versions")} hint={t("versionsHint")}><Versions category={name} onRestore={admin ? (p) => change((now) => ({ ...p, active: now.active })) : undefined} /></Section>
      <Sure opened={asking} title={t("inactivateTitle")} text={<Touched category={name} />} yes={t("inactivate")} onYes={() => { setAsking(false); edit.save(); }} onNo={() => setAsking(false)} />
      {own && <CategoryForm category={category} onClose={() => setOwn(false)} />}
    </Page>
  );
}

function Acts({ category, admin, saved, etag, onOwn }: { category: Category; admin: boolean; saved: boolean; etag: string; onOwn: () => void }) {
  const { t } = useTranslation("prompts");
  const name = category.name ?? "";
  const path = { category: name };
  return (
    <Group gap="sm">
      <Button component={Link} to="/prompts" variant="default" leftSection={<Icon name="next" size={16} style={{ transform: document.documentElement.dir === "rtl" ? undefined : "scaleX(-1)" }} />}>{t("back")}</Button>
      {category.personal && <Badge variant="light" tt="none" radius="sm" color="violet">{t("personal")}</Badge>}
      {admin && category.own && <Button variant="default" onClick={onOwn}>{t("own.edit")}</Button>}
      {admin && saved && <Delete label={t("delete")} title={t("deleteTitle")} text={t("deleteText")} act={() => data(api.DELETE("/api/v1/prompts/{category}", { params: { path, ...ifMatch(etag) } }))} />}
      {admin && category.own && !saved && <Delete label={t("own.delete")} title={t("own.deleteTitle")} text={t("own.deleteText")} act={() => data(api.DELETE("/api/v1/prompt-categories/{name}", { params: { path: { name }, ...ifMatch(etag) } }))} />}
    </Group>
  );
}
