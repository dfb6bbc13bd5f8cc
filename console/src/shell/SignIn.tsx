import { Alert, Button, Center, Modal, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../api/problems";
import { useExplain } from "../parts/states";
import { session, useSession } from "../session";

// tried asks the server whether the key opens anything.
async function tried(key: string) {
  const response = await fetch("/api/v1/pauses", { headers: { Authorization: `Bearer ${key}` }, cache: "no-store" });
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
}

function KeyForm() {
  const { t } = useTranslation();
  const explain = useExplain();
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await tried(key.trim());
      session.signIn(key.trim());
    } catch (e) {
      setError(e);
    }
    setBusy(false);
  };
  const refused = error instanceof Refused && error.status === 401 ? t("session.wrong") : undefined;
  return (
    <form onSubmit={(e) => void submit(e)}>
      <Stack>
        <PasswordInput label={t("session.key")} description={t("session.hint")} value={key} onChange={(e) => setKey(e.currentTarget.value)} error={refused} required autoComplete="off" spellCheck={false} data-autofocus />
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
          <KeyForm />
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
    <Modal opened={expired} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title={t("session.ended")} centered>
      <Stack>
        <Text size="sm">{t("session.kept")}</Text>
        <KeyForm />
      </Stack>
    </Modal>
  );
}
