// What the patient will hear and read, before anybody is called.
import "../../phone/phone.css";
import { Alert, Group, List, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data, raw, type Schemas } from "../../api/client";
import { Refused } from "../../api/problems";
import { useFacility } from "../../api/queries";
import { channelIcon, Icon } from "../../parts/icons";
import { Play } from "../../parts/Play";
import { Section } from "../../parts/Section";
import { Failed, Loading } from "../../parts/states";
import { useLanguageName, useTitles, wayOf } from "../prompts/words";
import type { Category } from "./model";

type Shown = Schemas["Preview"];
type Message = Schemas["PreviewMessage"];

// edition changes with whatever is previewed: the draft's ETag, or the version in force.
type Props = { name: string; draft: boolean; edition: string; ready: boolean; categories: Category[] };

export function Preview({ name, draft, edition, ready, categories }: Props) {
  const { t } = useTranslation("configurations");
  const spoken = useFacility()?.languages ?? [];
  const called = useLanguageName();
  const [chosen, setChosen] = useState("");
  const [sample, setSample] = useState("full");
  const language = spoken.includes(chosen) ? chosen : (spoken[0] ?? "");
  const query = useQuery({
    queryKey: ["preview", name, edition, language, sample],
    enabled: ready && language !== "",
    staleTime: 60_000,
    queryFn: ({ signal }) => data(api.GET("/api/v1/configurations/{name}/preview", { params: { path: { name }, query: { language, event: sample, draft, format: "json" } }, signal })) as Promise<Shown>,
  });
  const refused = query.error instanceof Refused && query.error.faults.length > 0 ? query.error.faults : undefined;
  return (
    <Section title={t("preview.title")} hint={t("preview.hint")} aside={
      <Group gap="xs">
        <NativeSelect aria-label={t("preview.language")} size="xs" value={language} onChange={(e) => setChosen(e.currentTarget.value)} data={spoken.map((l) => ({ value: l, label: called(l) }))} />
        <NativeSelect aria-label={t("preview.event")} size="xs" value={sample} onChange={(e) => setSample(e.currentTarget.value)} data={["full", "minimal"].map((v) => ({ value: v, label: t(`preview.${v}`) }))} />
      </Group>
    }>
      {!ready ? <Text size="sm" c="dimmed">{t("preview.notReady")}</Text>
        : refused ? <Alert color="orange" role="alert"><List size="sm">{refused.map((f, i) => <List.Item key={i}>{f.detail}. {f.hint}</List.Item>)}</List></Alert>
        : query.error ? <Failed error={query.error} retry={() => void query.refetch()} />
        : !query.data ? <Loading rows={3} /> : <Both shown={query.data} categories={categories} />}
    </Section>
  );
}

function Both({ shown, categories }: { shown: Shown; categories: Category[] }) {
  const { t } = useTranslation("configurations");
  return (
    <div className="shown">
      {shown.step >= 0 ? <Call shown={shown} categories={categories} /> : <Text size="sm" c="dimmed">{t("preview.noCall")}</Text>}
      <Phone messages={shown.messages ?? []} />
    </div>
  );
}

const seconds = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

function Call({ shown, categories }: { shown: Shown; categories: Category[] }) {
  const { t } = useTranslation("configurations");
  const { title } = useTitles();
  const named = (name: string) => {
    const c = categories.find((k) => k.name === name);
    return c ? title(c) : name;
  };
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Play size="sm" label={t("preview.play", { length: seconds(shown.duration_ms) })} load={async (signal) => (await raw(shown.audio, { signal })).blob()} />
      </Group>
      <div role="list" aria-label={t("preview.said")}>
        {(shown.prompts ?? []).map((p, i) => (
          <div role="listitem" key={i} className="shown-line">
            <span className="numbers">{seconds(p.start_ms)}</span>
            <div><Text size="xs" c="dimmed">{named(p.category)}</Text><div lang={shown.language} dir={wayOf(shown.language)}>{p.text}</div></div>
          </div>
        ))}
      </div>
      {(shown.left_out ?? []).map((g, i) => <Text key={i} size="sm" c="dimmed">{t("preview.leftOut", { name: named(g.category) })} {g.why}</Text>)}
    </Stack>
  );
}

// Phone shows the messages as they will look.
function Phone({ messages }: { messages: Message[] }) {
  const { t } = useTranslation("configurations");
  if (messages.length === 0) return <Text size="sm" c="dimmed">{t("preview.noMessages")}</Text>;
  return (
    <div className="handset" role="group" aria-label={t("preview.phone")}>
      <div className="handset-screen" tabIndex={0} role="log" aria-label={t("preview.messages")}>
        {messages.map((m, i) => <Bubble key={i} message={m} />)}
      </div>
    </div>
  );
}

function Bubble({ message: m }: { message: Message }) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const way = wayOf(m.language);
  const pageButtons = m.page_buttons ?? [];
  return (
    <div className="bubble" data-channel={m.channel}>
      <div className="bubble-head"><Icon name={channelIcon[m.channel] ?? "chat"} size={14} /> {words(`channel.${m.channel}`, m.channel)} · {t("preview.step", { n: m.step + 1 })}{m.segments ? ` · ${t("preview.segments", { count: m.segments })} (${m.encoding})` : ""}</div>
      {m.problem ? <Text size="sm" c="var(--mantine-color-error)">{m.problem}</Text> : (
        <>
          {m.subject && <div className="bubble-subject" dir={way} lang={m.language}>{m.subject}</div>}
          <div className="bubble-text" dir={way} lang={m.language}>{m.text || t("preview.template", { sid: m.template ?? "" })}</div>
          {(m.buttons ?? []).length > 0 && <div className="bubble-buttons" role="group" aria-label={t("preview.buttons")}>{(m.buttons ?? []).map((b) => <span key={b} dir="auto">{b}</span>)}</div>}
          {m.link_text && pageButtons.length > 0 && <div className="bubble-buttons" role="group" aria-label={t("preview.page")}><Text size="xs">{t("preview.page")}</Text>{pageButtons.map((b) => <span key={b} dir="auto">{b}</span>)}</div>}
          {m.calendar && <Text size="xs">{t(m.calendar.cancel ? "preview.calendarOut" : "preview.calendar")}: {m.calendar.summary}</Text>}
        </>
      )}
    </div>
  );
}
