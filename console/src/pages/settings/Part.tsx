// One part of the settings that is read and saved on its own: what was typed survives, mistakes land on their fields.
import { Alert, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Taken } from "../../api/client";
import { byField, conflicting } from "../../api/problems";
import { Conflict } from "../../parts/Conflict";
import { useEditor } from "../../parts/editor";
import { SaveBar } from "../../parts/SaveBar";
import { Failed, Ready } from "../../parts/states";
import type { Faults } from "./check";

type Props<T> = {
  name: string; // of the query
  load: (signal?: AbortSignal) => Promise<Taken<T>>;
  save: (value: T, etag: string) => Promise<Taken<unknown>>;
  fields: (value: T) => readonly string[]; // pointers for faults to land on
  check?: (value: T) => Faults; // what is known to be wrong while one types: keys of sections.json under "fault"
  children: (value: T, change: (next: T) => void, faults: Record<string, string>) => ReactNode;
};

export function Part<T>({ name, load, save, fields, check, children }: Props<T>) {
  const { t } = useTranslation("sections");
  const query = useQuery({ queryKey: ["config", "settings", name], queryFn: ({ signal }) => load(signal) });
  const editor = useEditor<T>({ name: "config", loaded: query.data, load: () => load(), save });
  return (
    <Ready query={{ data: editor.value, error: query.error, isPending: query.isPending, refetch: query.refetch }} rows={8}>
      {(value) => {
        const told = byField(editor.error, fields(value));
        const seen = Object.fromEntries(Object.entries(editor.dirty ? (check?.(value) ?? {}) : {}).map(([at, key]) => [at, t(`fault.${key}`)]));
        const other = editor.error && !conflicting(editor.error) && Object.keys(told.fields).length + told.rest.length === 0;
        return (
          <form onSubmit={(e) => { e.preventDefault(); editor.save(); }} noValidate>
            <Stack>
              {editor.theirs && <Conflict mine={value} theirs={editor.theirs.data} busy={editor.busy} onMine={editor.keepMine} onTheirs={editor.takeTheirs} />}
              {other && <Failed error={editor.error} />}
              {told.rest.length > 0 && <Alert color="red" role="alert">{told.rest.map((f) => <Text size="sm" key={f}>{f}</Text>)}</Alert>}
              {children(value, editor.change, { ...seen, ...told.fields })}
              <SaveBar dirty={editor.dirty} busy={editor.busy} saved={editor.saved} onSave={editor.save} />
            </Stack>
          </form>
        );
      }}
    </Ready>
  );
}
