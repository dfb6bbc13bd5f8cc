import { Alert, Anchor, Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { api, ifMatch, taken, type Schemas, type Taken } from "../../api/client";
import { byField, conflicting } from "../../api/problems";
import { Conflict } from "../../parts/Conflict";
import { useEditor } from "../../parts/editor";
import { FileNote } from "../../parts/FromFile";
import { Icon } from "../../parts/icons";
import { Page } from "../../parts/Page";
import { SaveBar } from "../../parts/SaveBar";
import { Failed, Ready } from "../../parts/states";
import { Sure } from "../../parts/Sure";
import { fieldsOf, Form } from "./Form";
import { Status } from "./Status";
import { TestCall } from "./TestCall";

type PBX = Schemas["PBX"];

const one = (name: string) =>
  queryOptions({ queryKey: ["pbxs", "one", name], queryFn: ({ signal }) => taken(api.GET("/api/v1/pbxs/{name}", { params: { path: { name } }, signal })) });

const blank: PBX = {
  name: "", active: true, esl: { host: "", port: 8021, password: "${env:PBX_PASSWORD}" }, callback: { host: "", port: 8084 },
  max_concurrent_calls: 10, calls_per_second: 2, reserve_inbound: 30, gateways: [],
};

export default function One() {
  const { t } = useTranslation("pbxs");
  const { name } = useParams();
  const go = useNavigate();
  const query = useQuery({ ...one(name ?? ""), enabled: name !== undefined });
  const fresh = useMemo<Taken<PBX>>(() => ({ data: blank, etag: "" }), []);
  const editor = useEditor<PBX>({
    name: "pbxs",
    loaded: name === undefined ? fresh : query.data,
    load: name === undefined ? undefined : () => taken(api.GET("/api/v1/pbxs/{name}", { params: { path: { name } } })),
    save: (body, etag) => name === undefined
      ? taken(api.POST("/api/v1/pbxs", { body }))
      : taken(api.PUT("/api/v1/pbxs/{name}", { params: { path: { name }, ...ifMatch(etag) }, body })),
    onSaved: (saved) => name === undefined && go(`/pbxs/${encodeURIComponent(saved.name ?? "")}`),
  });
  const title = name ?? t("new");
  return (
    <Page title={title} intro={<Anchor component={Link} to="/pbxs">{t("back")}</Anchor>} actions={name && <Remove name={name} etag={editor.etag} />}>
      {name && <Status name={name} />}
      {name && <TestCall pbx={name} />}
      {name && <FileNote resource={`pbxs/${name}`} />}
      <Ready query={{ data: editor.value, error: query.error, isPending: query.isPending, refetch: query.refetch }} rows={8}>
        {(value) => <Edit {...{ value, editor, created: name !== undefined }} />}
      </Ready>
    </Page>
  );
}

function Edit({ value, editor, created }: { value: PBX; editor: ReturnType<typeof useEditor<PBX>>; created: boolean }) {
  const faults = byField(editor.error, fieldsOf(value));
  const plainError = editor.error && !conflicting(editor.error) && Object.keys(faults.fields).length === 0;
  return (
    <form onSubmit={(e) => { e.preventDefault(); editor.save(); }} noValidate>
      <Stack>
        {editor.theirs && <Conflict mine={value} theirs={editor.theirs.data} busy={editor.busy} onMine={editor.keepMine} onTheirs={editor.takeTheirs} />}
        {plainError && <Failed error={editor.error} />}
        {faults.rest.length > 0 && <Alert color="red" role="alert">{faults.rest.map((f) => <Text size="sm" key={f}>{f}</Text>)}</Alert>}
        <Form value={value} change={editor.change} faults={faults.fields} created={created} />
        <SaveBar dirty={editor.dirty} busy={editor.busy} saved={editor.saved} onSave={editor.save} />
      </Stack>
    </form>
  );
}

function Remove({ name, etag }: { name: string; etag: string }) {
  const { t } = useTranslation("pbxs");
  const { t: shell } = useTranslation();
  const go = useNavigate();
  const queries = useQueryClient();
  const [open, { open: ask, close }] = useDisclosure();
  const removing = useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/pbxs/{name}", { params: { path: { name }, ...ifMatch(etag) } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["pbxs"] });
      void go("/pbxs");
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<Icon name="trash" size={16} />} onClick={ask}>{shell("action.delete")}</Button>
      <Sure opened={open} title={t("removeTitle", { name })} text={t("removeText")} yes={shell("action.delete")} busy={removing.isPending} error={removing.error} onYes={() => removing.mutate()} onNo={() => { removing.reset(); close(); }} />
    </>
  );
}
