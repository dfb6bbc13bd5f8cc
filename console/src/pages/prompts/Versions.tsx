// How the prompt was before: read it, hear it, take it back into the form.
import { Accordion, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { Refused } from "../../api/problems";
import { Moment } from "../../parts/Moment";
import { Play } from "../../parts/Play";
import { Ready } from "../../parts/states";
import { recorded } from "./audio";
import { whole, type Prompt } from "./model";
import { useLanguageName, wayOf } from "./words";

type Version = Schemas["VersionView"];

type Props = { category: string; onRestore?: (p: Prompt) => void };

// none: a prompt that was never saved has no versions.
const none = (error: unknown) => {
  if (error instanceof Refused && error.status === 404) return { items: [] };
  throw error;
};

const shownAtOnce = 10;

export function Versions({ category, onRestore }: Props) {
  const { t } = useTranslation("prompts");
  const [open, setOpen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const query = useQuery({
    queryKey: ["prompts", "versions", category],
    queryFn: ({ signal }) => data(api.GET("/api/v1/prompts/{category}/versions", { params: { path: { category } }, signal })).catch(none),
  });
  return (
    <Ready query={query} rows={2}>
      {({ items }) => {
        const versions = items ?? [];
        if (versions.length === 0) return <Text size="sm" c="dimmed">{t("noVersions")}</Text>;
        return (
          <>
            <Accordion value={open} onChange={setOpen} order={3} variant="contained">
              {(all ? versions : versions.slice(0, shownAtOnce)).map((v) => (
                <Accordion.Item key={v.version} value={String(v.version)}>
                  <Accordion.Control><Head version={v} /></Accordion.Control>
                  <Accordion.Panel>{open === String(v.version) && <Body category={category} version={v.version} onRestore={v.in_force ? undefined : onRestore} />}</Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
            {!all && versions.length > shownAtOnce && <div><Button size="xs" variant="default" onClick={() => setAll(true)}>{t("allVersions", { count: versions.length })}</Button></div>}
          </>
        );
      }}
    </Ready>
  );
}

function Head({ version: v }: { version: Version }) {
  const { t } = useTranslation("prompts");
  const mark = v.deleted ? "deleted" : v.in_force ? "inForce" : v.active ? undefined : "inactive";
  return (
    <Group gap="sm" component="span">
      <Text span fw={600} size="sm">{t("version", { version: v.version })}</Text>
      <Text span size="sm"><Moment at={v.at} /></Text>
      <Text span size="sm" c="dimmed"><bdi>{v.actor}</bdi></Text>
      {mark && <Badge component="span" variant="light" tt="none" radius="sm" color={mark === "inForce" ? "teal" : "gray"}>{t(`mark.${mark}`)}</Badge>}
    </Group>
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
