// Every version that was in force: what it said, and the way back to it.
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, data } from "../../api/client";
import { differences, shown } from "../../parts/differences";
import { Failed, Ready } from "../../parts/states";
import { noneYet, VersionList, type Version } from "../../parts/VersionList";
import type { Configuration } from "./model";
import { usePlace } from "./words";

type Props = { name: string; now: Configuration; mayEdit: boolean; onTake: (c: Configuration) => void };

export function Versions({ name, now, mayEdit, onTake }: Props) {
  const query = useQuery({
    queryKey: ["configurations", "versions", name],
    queryFn: ({ signal }) => data(api.GET("/api/v1/configurations/{name}/versions", { params: { path: { name } }, signal })).catch(noneYet),
  });
  return (
    <Ready query={query} rows={2}>
      {({ items }) => <VersionList versions={items ?? []}>{(v) => <Body {...{ name, now, onTake }} version={v} mayEdit={mayEdit && !v.deleted} />}</VersionList>}
    </Ready>
  );
}

type BodyProps = Omit<Props, "name"> & { name: string; version: Version };

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
