import { Stack, Tabs } from "@mantine/core";
import { Suspense, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { FileNote } from "../../parts/FromFile";
import { Page } from "../../parts/Page";
import { Loading } from "../../parts/states";
import { Call } from "./Call";
import { Channels } from "./Channels";
import { Hospital } from "./General";
import { Matrix } from "./Matrix";
import { Webhooks } from "./Webhooks";

const parts = { hospital: Hospital, calls: Call, outcomes: Matrix, channels: Channels, webhooks: Webhooks };
type Name = keyof typeof parts;
const names = Object.keys(parts) as Name[];

// Settings shows one part at a time, by its address; what was typed in another stays there. A part that still
// loads its texts leaves the heading and the tabs alone.
export default function Settings() {
  const { t } = useTranslation("settings");
  const { t: s } = useTranslation("sections");
  const { t: shell } = useTranslation();
  const [search, go] = useSearchParams();
  const now = names.find((n) => n === search.get("part")) ?? "hospital";
  const opened = useRef(new Set<Name>()).current.add(now);
  return (
    <Page title={shell("page.settings")} intro={t("intro")}>
      <FileNote />
      <Tabs value={now} onChange={(n) => go(n && n !== "hospital" ? { part: n } : {}, { replace: true })}>
        <Tabs.List aria-label={shell("page.settings")} mb="md">{names.map((n) => <Tabs.Tab key={n} value={n}>{s(`part.${n}`)}</Tabs.Tab>)}</Tabs.List>
        {names.map((n) => {
          const Shown = parts[n];
          return <Tabs.Panel key={n} value={n}>{opened.has(n) && <Suspense fallback={<Loading rows={8} />}><Stack><Shown /></Stack></Suspense>}</Tabs.Panel>;
        })}
      </Tabs>
    </Page>
  );
}
