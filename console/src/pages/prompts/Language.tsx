// One language of a prompt: its words, its recording, and both to listen to.
import { Alert, Button, Group, Paper, Stack, Text, Textarea, Title } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Play } from "../../parts/Play";
import { recorded, spoken } from "./audio";
import { Coverage } from "./Coverage";
import { inserted, offered, speaks, type Category, type Prompt } from "./model";
import { Recorder } from "./Recorder";
import { useLanguageName, wayOf } from "./words";

type Props = { category: Category; language: string; value: Prompt; wrong: Record<string, string>; locked: boolean; onChange: (change: (now: Prompt) => Prompt) => void };

export function Language({ category, language, value, wrong, locked, onChange }: Props) {
  const { t } = useTranslation("prompts");
  const name = useLanguageName()(language);
  const now = value.languages[language] ?? {};
  const shipped = category.default_text?.[language];
  const change = (part: { text?: string; audio?: string }) =>
    onChange((p) => ({ ...p, languages: { ...p.languages, [language]: { ...p.languages[language], ...part } } }));
  return (
    <Paper withBorder p="sm" component="section" aria-label={name}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Title order={3} size="h4">{name} <Text span c="dimmed" size="sm" className="number">{language}</Text></Title>
          <Coverage category={category} prompt={{ ...value, active: true }} language={language} bare />
        </Group>
        <Words {...{ category, language, locked }} text={now.text ?? ""} wrong={wrong[`/languages/${language}/text`] ?? wrong[`/languages/${language}`]} onChange={(text) => change({ text })} />
        <Group gap="xs">
          <Play label={t("hearText")} disabled={!(now.text?.trim() || shipped)} load={spoken(category.name ?? "", language, now.text?.trim() || shipped || "", value.fields)} />
          {shipped && !locked && now.text !== shipped && <Button size="xs" variant="subtle" onClick={() => change({ text: shipped })}>{t("useShipped")}</Button>}
        </Group>
        {!now.text?.trim() && !now.audio && <Text size="sm" c={shipped ? "dimmed" : "var(--mantine-color-error)"}>{t(shipped ? "shippedIs" : "missingText")}</Text>}
        {!now.text?.trim() && !now.audio && shipped && <Text size="sm" lang={language} dir={wayOf(language)}>{shipped}</Text>}
        <Text size="sm" fw={600} component="h4" m={0}>{t("recording")}</Text>
        {now.audio ? (
          <Group gap="xs">
            <Play label={t("play")} load={recorded(category.name ?? "", language, now.audio)} />
            {!locked && <Button size="xs" variant="subtle" color="red" onClick={() => change({ audio: "" })}>{t("remove")}</Button>}
            <Text size="xs" c="dimmed" className="number">{now.audio.startsWith("sha256:") ? `${now.audio.slice(7, 15)}…` : now.audio}</Text>
          </Group>
        ) : <Text size="sm" c="dimmed">{t("noRecording")}</Text>}
        {now.audio && speaks(now.text) && <Alert color="blue" p="xs"><Text size="sm">{t("spokenAnyway")}</Text></Alert>}
        {wrong[`/languages/${language}/audio`] && <Text size="sm" c="var(--mantine-color-error)" role="alert">{wrong[`/languages/${language}/audio`]}</Text>}
        {!locked && <Recorder language={name} onKept={(audio) => change({ audio })} />}
      </Stack>
    </Paper>
  );
}

type WordsProps = { category: Category; language: string; locked: boolean; text: string; wrong: string | undefined; onChange: (text: string) => void };

function Words({ category, language, locked, text, wrong, onChange }: WordsProps) {
  const { t } = useTranslation("prompts");
  const field = useRef<HTMLTextAreaElement>(null);
  const insert = (variable: string) => {
    const at = field.current;
    onChange(inserted(text, variable, at?.selectionStart, at?.selectionEnd));
    at?.focus();
  };
  return (
    <>
      <Textarea ref={field} label={t("text")} lang={language} dir={wayOf(language)} styles={{ input: { textAlign: "start" } }} autosize minRows={3} maxLength={2000} value={text} readOnly={locked} error={wrong} onChange={(e) => onChange(e.currentTarget.value)} />
      {!locked && offered(category).length > 0 && (
        <Group gap={4} role="group" aria-label={t("variables")}>
          {offered(category).map((v) => <Button key={v} size="compact-xs" variant="light" color="gray" className="number" aria-label={t("insert", { variable: v })} onClick={() => insert(v)}>{v}</Button>)}
        </Group>
      )}
    </>
  );
}
