// The versions of something, newest first; one is opened at a time.
import { Accordion, Badge, Button, Group, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { Refused } from "../api/problems";
import { Moment } from "./Moment";

export type Version = Schemas["VersionView"];

const shownAtOnce = 10;

// noneYet makes an empty list of the answer that there is nothing: what was never saved has no versions.
export const noneYet = (error: unknown) => {
  if (error instanceof Refused && error.status === 404) return { items: [] };
  throw error;
};

export function VersionList({ versions, children }: { versions: Version[]; children: (v: Version) => ReactNode }) {
  const { t } = useTranslation("forms");
  const [open, setOpen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  if (versions.length === 0) return <Text size="sm" c="dimmed">{t("versions.none")}</Text>;
  return (
    <>
      <Accordion value={open} onChange={setOpen} order={3} variant="contained">
        {(all ? versions : versions.slice(0, shownAtOnce)).map((v) => (
          <Accordion.Item key={v.version} value={String(v.version)}>
            <Accordion.Control><Head version={v} /></Accordion.Control>
            <Accordion.Panel>{open === String(v.version) && children(v)}</Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      {!all && versions.length > shownAtOnce && <div><Button size="xs" variant="default" onClick={() => setAll(true)}>{t("versions.all", { count: versions.length })}</Button></div>}
    </>
  );
}

function Head({ version: v }: { version: Version }) {
  const { t } = useTranslation("forms");
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
