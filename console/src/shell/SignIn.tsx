import { Alert, Button, Center, Modal, Paper, PasswordInput, SegmentedControl, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState, type ChangeEvent, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Refused, Unreachable } from "../api/problems";
import { useExplain } from "../parts/states";
import { session, useSession, type Who } from "../session";

// open begins a session: the answer's cookie is the browser's.
async function open(body: { name: string; password: string } | { key: string }): Promise<Who> {
  const response = await fetch("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), cache: "no-store" }).catch((e: unknown) => { throw new Unreachable(e); });
  const answer = (await response.json().catch(() => ({}))) as object;
  if (!response.ok) throw new Refused(response.status, answer);
  return answer as Who;
}

function Form() {
  const { t } = useTranslation();
  const explain = useExplain();
  const [by, setBy] = useState("password");
  const [form, setForm] = useState({ name: session.now().who?.user ? session.now().who!.name : "", password: "", key: "" });
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      session.signIn(await open(by === "key" ? { key: form.key.trim() } : { name: form.name.trim(), password: form.password }));
    } catch (e) {
      setError(e);
    }
    setBusy(false);
  };
  const refused = error instanceof Refused && error.status === 401 ? t(by === "key" ? "session.wrong" : "session.wrongPassword") : undefined;
  const set = (name: keyof typeof form) => (e: ChangeEvent<HTMLInputElement>) => setForm({ ...form, [name]: e.currentTarget.value });
  return (
    <form onSubmit={(e) => void submit(e)}>
      <Stack>
        <SegmentedControl value={by} onChange={setBy} aria-label={t("session.how")} data={[{ value: "password", label: t("session.byPassword") }, { value: "key", label: t("session.key") }]} />
        {by === "key" ? (
          <PasswordInput key="key" label={t("session.key")} description={t("session.hint")} value={form.key} onChange={set("key")} error={refused} required autoComplete="off" spellCheck={false} data-autofocus />
        ) : (
          <>
            <TextInput label={t("session.name")} value={form.name} onChange={set("name")} required autoComplete="username" spellCheck={false} data-autofocus />
            <PasswordInput key="password" label={t("session.password")} value={form.password} onChange={set("password")} error={refused} required autoComplete="current-password" />
          </>
        )}
        {error !== undefined && !refused && <Alert color="red" role="alert">{explain(error)}</Alert>}
        <Button type="submit" loading={busy}>{t("session.signIn")}</Button>
      </Stack>
    </form>
  );
}

export function SignIn() {
  const { t } = useTranslation();
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={420} bg="var(--curlew-card)">
        <Stack>
          <img src="/page/icon.svg" alt="" width={44} height={44} />
          <Title order={1}>{t("session.title")}</Title>
          <Form />
        </Stack>
      </Paper>
    </Center>
  );
}

// SignInAgain covers a page whose session ended; what was typed below stays as it is.
export function SignInAgain() {
  const { t } = useTranslation();
  const { expired } = useSession();
  return (
    <Modal opened={expired} zIndex={1000} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title={t("session.ended")} centered>
      <Stack>
        <Text size="sm">{t("session.kept")}</Text>
        <Form />
      </Stack>
    </Modal>
  );
}
