import { Alert, Stack, Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { byField, conflicting } from "../../api/problems";
import { Conflict } from "../../parts/Conflict";
import { useEditor } from "../../parts/editor";
import { FileNote } from "../../parts/FromFile";
import { Page } from "../../parts/Page";
import { SaveBar } from "../../parts/SaveBar";
import { Failed, Ready } from "../../parts/states";
import { ConfigFile } from "./ConfigFile";
import { fields, Form } from "./Form";
import { Purge } from "./Purge";

export type General = Schemas["General"];

const load = (signal?: AbortSignal) => taken(api.GET("/api/v1/settings", { signal }));
const settings = queryOptions({ queryKey: ["config", "settings"], queryFn: ({ signal }) => load(signal) });

export default function Settings() {
  const { t } = useTranslation("settings");
  const { t: shell } = useTranslation();
  const query = useQuery(settings);
  const editor = useEditor<General>({
    name: "config",
    loaded: query.data,
    load: () => load(),
    save: (body, etag) => taken(api.PUT("/api/v1/settings", { params: ifMatch(etag), body })),
  });
  const faults = byField(editor.error, fields);
  const other = editor.error && !conflicting(editor.error) && Object.keys(faults.fields).length + faults.rest.length === 0;
  return (
    <Page title={shell("page.settings")} intro={t("intro")}>
      <Ready query={{ data: editor.value, error: query.error, isPending: query.isPending, refetch: query.refetch }} rows={8}>
        {(value) => (
          <form onSubmit={(e) => { e.preventDefault(); editor.save(); }} noValidate>
            <Stack>
              {editor.theirs && <Conflict mine={value} theirs={editor.theirs.data} busy={editor.busy} onMine={editor.keepMine} onTheirs={editor.takeTheirs} />}
              {other && <Failed error={editor.error} />}
              {faults.rest.length > 0 && <Alert color="red" role="alert">{faults.rest.map((f) => <Text size="sm" key={f}>{f}</Text>)}</Alert>}
              <FileNote />
              <Form value={value} change={editor.change} faults={faults.fields} />
              <SaveBar dirty={editor.dirty} busy={editor.busy} saved={editor.saved} onSave={editor.save} />
            </Stack>
          </form>
        )}
      </Ready>
      <Purge />
      <ConfigFile />
    </Page>
  );
}
