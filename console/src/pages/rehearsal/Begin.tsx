import { Button, Checkbox, NativeSelect, Paper, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { raw } from "../../api/client";
import { byField } from "../../api/problems";
import { read, useFacility } from "../../api/queries";
import { Empty, Failed, Ready } from "../../parts/states";

// Begin asks what is to be rehearsed: which configuration, its draft perhaps, in which language.
export function Begin() {
  const configurations = useQuery(read.configurations);
  return <Ready query={configurations}>{({ data: list }) => <Form names={(list.items ?? []).map((c) => c.name ?? "")} />}</Ready>;
}

function Form({ names }: { names: string[] }) {
  const { t, i18n } = useTranslation("rehearsal");
  const facility = useFacility();
  const [query] = useSearchParams();
  const go = useNavigate();
  const [wanted, setWanted] = useState(query.get("configuration") ?? "");
  const [spoken, setSpoken] = useState("");
  const [draft, setDraft] = useState(query.get("draft") === "true");
  const configuration = names.includes(wanted) ? wanted : (names[0] ?? "");
  const begin = useMutation({
    mutationFn: async () => {
      const body = JSON.stringify({ configuration, language: spoken || undefined, draft });
      const answer = await raw("/api/v1/rehearsals", { method: "POST", body, headers: { "Content-Type": "application/json" } });
      return (await answer.json()) as { id: string };
    },
    onSuccess: ({ id }) => void go(`/rehearsal/${id}`),
  });
  if (names.length === 0) return <Empty icon="cascade" title={t("empty")} action={<Button component={Link} to="/configurations">{t("toConfigurations")}</Button>}>{t("emptyText")}</Empty>;
  const language = new Intl.DisplayNames([i18n.language], { type: "language" });
  const faults = byField(begin.error, ["/configuration", "/language"]).fields;
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" maw={560} component="form" onSubmit={(e) => (e.preventDefault(), begin.mutate())}>
      <Stack>
        <NativeSelect label={t("configuration")} data={names} value={configuration} onChange={(e) => setWanted(e.currentTarget.value)} error={faults["/configuration"]} />
        <NativeSelect label={t("language")} value={spoken} onChange={(e) => setSpoken(e.currentTarget.value)} error={faults["/language"]}
          data={[{ value: "", label: t("firstLanguage") }, ...(facility?.languages ?? []).map((l) => ({ value: l, label: language.of(l) ?? l }))]} />
        <Checkbox label={t("draft")} checked={draft} onChange={(e) => setDraft(e.currentTarget.checked)} />
        {begin.error !== null && <Failed error={begin.error} />}
        <Button type="submit" loading={begin.isPending}>{t("begin")}</Button>
      </Stack>
    </Paper>
  );
}
