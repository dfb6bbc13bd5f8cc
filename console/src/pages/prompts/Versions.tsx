// How the prompt was before: read it, hear it, take it back into the form.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data } from "../../api/client";
import { Play } from "../../parts/Play";
import { Ready } from "../../parts/states";
import { noneYet, VersionList } from "../../parts/VersionList";
import { recorded } from "./audio";
import { whole, type Prompt } from "./model";
import { useLanguageName, wayOf } from "./words";

type Props = { category: string; onRestore?: (p: Prompt) => void };

export function Versions({ category, onRestore }: Props) {
  const query = useQuery({
    queryKey: ["prompts", "versions", category],
    queryFn: ({ signal }) => data(api.GET("/api/v1/prompts/{category}/versions", { params: { path: { category } }, signal })).catch(noneYet),
  });
  return (
    <Ready query={query} rows={2}>
      {({ items }) => <VersionList versions={items ?? []}>{(v) => <Body category={category} version={v.version} onRestore={v.in_force ? undefined : onRestore} />}</VersionList>}
    </Ready>
  );
}

function Body({ category, version, onRestore }: { category: string; version: number; onRestore?: (p: Prompt) => void }) {
  const { t } = useTranslation("prompts");
  const name = useLanguageName();
  const query = useQuery({
    queryKey: ["prompts", "version", category, version],
    queryFn: ({ signal }) => data(api.GET("/api/v1/prompts/{category}/versions/{version}", { params: { path: { category, version } }, signal })),
    staleTime: Infinity, // a version never changes
  });
  const [taken, setTaken] = useState(false);
  return (
    <Ready query={query} rows={2}>
      {(body) => (
        <Stack gap="sm">
          {Object.entries(body.languages ?? {}).map(([code, l]) => (
            <Group key={code} gap="sm" align="flex-start">
              <Text size="sm" fw={600} w="6rem">{name(code)}</Text>
              <Text size="sm" lang={code} dir={wayOf(code)} style={{ flex: 1, minWidth: "12rem" }}>{l.text || "–"}</Text>
              {l.audio && <Play label={t("play")} load={recorded(category, code, l.audio)} />}
            </Group>
          ))}
          {onRestore && <div><Button size="xs" variant="default" onClick={() => { onRestore(whole(body)); setTaken(true); }}>{t("restore")}</Button></div>}
          {taken && <Text size="sm" role="status">{t("restored")}</Text>}
        </Stack>
      )}
    </Ready>
  );
}
