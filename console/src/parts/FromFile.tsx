// Marks of what the config file owns: it is undone there when the file is applied again.
import { Alert, Badge } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, data } from "../api/client";
import { useLive } from "../api/queries";

const applied = queryOptions({ queryKey: ["config", "applied"], queryFn: ({ signal }) => data(api.GET("/api/v1/config/applied", { signal })) });

// useFromFile says whether the file holds the resource, as "pbxs/main"; without one, whether there is a file: its sections are its own.
function useFromFile(resource?: string) {
  const file = useQuery(useLive(applied)).data;
  return resource === undefined ? Boolean(file?.sha256) : Boolean(file?.resources?.includes(resource));
}

export function FileBadge({ resource }: { resource: string }) {
  const { t } = useTranslation();
  return useFromFile(resource) && <Badge variant="light" tt="none" radius="sm" color="grape" style={{ flexShrink: 0 }}>{t("managed.file")}</Badge>;
}

export function FileNote({ resource }: { resource?: string }) {
  const { t } = useTranslation();
  return useFromFile(resource) && <Alert color="grape">{t("managed.fromFile")}</Alert>;
}
