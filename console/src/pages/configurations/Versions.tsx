// Every version that was in force: what it said, and the way back to it.
import { Accordion, Badge, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { Refused } from "../../api/problems";
import { Moment } from "../../parts/Moment";
import { differences, shown } from "../../parts/differences";
import { Failed, Ready } from "../../parts/states";
import type { Configuration } from "./model";
import { usePlace } from "./words";

type Props = { name: string; now: Configuration; mayEdit: boolean; onTake: (c: Configuration) => void };

const none = (error: unknown) => {
  if (error instanceof Refused && error.status === 404) return { items: [] };
  throw error;
};

const atOnce = 10;

export function Versions({ name, now, mayEdit, onTake }: Props) {
  const { t } = useTranslation("configurations");
  const [open, setOpen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const query = useQuery({
    queryKey: ["configurations", "versions", name],
    queryFn: ({ signal }) => data(api.GET("/api/v1/configurations/{name}/versions", { params: { path: { name } }, signal })).catch(none),
  });
  return (
    <Ready query={query} rows={2}>
      {({ items }) => {
        const versions = items ?? [];
        if (versions.length === 0) return <Text size="sm" c="dimmed">{t("versions.none")}</Text>;
        return (
          <>
            <Accordion value={open} onChange={setOpen} order={3} variant="contained">
              {(all ? versions : versions.slice(0, atOnce)).map((v) => (
                <Accordion.Item key={v.version} value={String(v.version)}>
                  <Accordion.Control><Head version={v} /></Accordion.Control>
                  <Accordion.Panel>{open === String(v.version) && <Body {...{ name, now, onTake }} version={v} mayEdit={mayEdit && !v.deleted} />}</Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
            {!all && versions.length > atOnce && <div><Button size="xs" variant="default" onClick={() => setAll(true)}>{t("versions.all", { count: versions.length })}</Button></div>}
          </>
        );
      }}
    </Ready>
  );
}

function Head({ version: v }: { version: Schemas["VersionView"] }) {
  const { t } = useTranslation("configurations");
  const mark = v.deleted ? "deleted" : v.in_force ? "inForce" : v.active ? undefined : "inactive";
  return (
    <Group gap="sm" component="span">
      <Text span fw={600} size="sm">{t("versions.version", { version: v.version })}</Text>
      <Text span size="sm"><Moment at={v.at} /></Text>
      <Text span size="sm" c="dimmed"><bdi>{v.actor}</bdi></Text>
      {mark && <Badge component="span" variant="light" tt="none" radius="sm" color={mark === "inForce" ? "teal" : "gray"}>{t(`versions.mark.${mark}`)}</Badge>}
    </Group>
  );
}

type BodyProps = Omit<Props, "name"> & { name: string; version: Schemas["VersionView"] };

function Body({ name, now, version: v, mayEdit, onTake }: BodyProps) {
  const { t } = useTranslation("configurations");
  const queries = useQueryClient();
  const place = usePlace(now.steps ?? []);
  const query = useQuery({
    queryKey: ["configuration-version", name, v.version], staleTime: Infinity, // a version never changes
    queryFn: ({ signal }) => data(api.GET("/api/v1/configurations/{name}/versions/{version}", { params: { path: { name, version: v.version } }, signal })),
  });
  const back = useMutation({
    mutationFn: () => data(api.POST("/api/v1/configurations/{name}/rollback", { params: { path: { name } }, body: { version: v.version } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["configurations"] }),
  });
  return (
    <Ready query={query} rows={2}>
      {(body) => {
        const rows = differences(body, now);
        return (
          <Stack gap="sm">
            {rows.length === 0 ? <Text size="sm">{t("versions.same")}</Text> : (
              <div role="list" aria-label={t("versions.differs")}>
                {rows.map((d) => <Text role="listitem" size="sm" key={d.pointer}>{place(d.pointer)}: <bdi>{shown(d.mine)}</bdi></Text>)}
              </div>
            )}
            <details><summary><Text span size="sm">{t("versions.json")}</Text></summary><Code block dir="ltr" tabIndex={0} style={{ maxHeight: "20rem" }}>{JSON.stringify(body, null, 2)}</Code></details>
            {back.error && <Failed error={back.error} />}
            {mayEdit && !v.in_force && (
              <Group gap="sm">
                <Button size="xs" variant="default" onClick={() => onTake(body)}>{t("versions.take")}</Button>
                <Button size="xs" loading={back.isPending} onClick={() => back.mutate()}>{t("versions.back")}</Button>
              </Group>
            )}
          </Stack>
        );
      }}
    </Ready>
  );
}
