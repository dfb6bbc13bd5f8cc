// The draft of one configuration: read with what is in force, saved by itself a moment after one stops typing, and
// checked by the server each time. What is in force changes only when the draft is activated.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, ifMatch, taken, type Schemas, type Taken } from "../../api/client";
import { conflicting, Refused, type Fault } from "../../api/problems";
import { useEditor } from "../../parts/editor";
import { bare, type Configuration } from "./model";

type View = Schemas["DraftView"];
export type Kept = Taken<Configuration> & { view?: View; inForce?: Taken<Configuration> };

const noDraft = '"0"';
const afterTyping = 700; // ms
const afterFailure = 4000;

const path = (name: string) => ({ path: { name } });

const orNone = (error: unknown) => {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
};

async function readBoth(name: string, signal?: AbortSignal): Promise<Kept> {
  const [draft, inForce] = await Promise.all([
    taken(api.GET("/api/v1/configurations/{name}/draft", { params: path(name), signal })).catch(orNone),
    taken(api.GET("/api/v1/configurations/{name}", { params: path(name), signal })).catch(orNone),
  ]);
  if (draft) return { data: draft.data.configuration, etag: draft.etag, view: draft.data, inForce };
  if (inForce) return { data: inForce.data, etag: noDraft, inForce };
  throw new Refused(404, { detail: "no such configuration" });
}

export const both = (name: string) => queryOptions({ queryKey: ["configurations", "one", name], queryFn: ({ signal }) => readBoth(name, signal) });

export const saveDraft = (name: string, body: Configuration, etag: string) =>
  taken(api.PUT("/api/v1/configurations/{name}/draft", { params: { ...path(name), ...ifMatch(etag) }, body: bare({ ...body, managed_by: undefined }) }));

export const begin = (body: Configuration) => saveDraft(body.name ?? "", body, noDraft);

// useDraft is the editor of one configuration. faults are what keeps it from being activated, undefined until the server said.
export function useDraft(name: string, mayEdit: boolean) {
  const queries = useQueryClient();
  const query = useQuery(both(name));
  const own = useRef<string>(undefined); // the ETag that this tab's last save was answered with
  const loaded = useRef<Kept>(undefined);
  if (query.data && query.data.etag !== own.current) loaded.current = query.data;
  const editor = useEditor<Configuration>({
    name: "configurations",
    loaded: loaded.current,
    load: () => readBoth(name),
    save: async (value, etag) => {
      const answer = await saveDraft(name, value, etag);
      own.current = answer.etag;
      queries.setQueryData(both(name).queryKey, (old) => ({ data: answer.data.configuration, etag: answer.etag, view: answer.data, inForce: old?.inForce }));
      return answer;
    },
  });
  const { value, dirty, busy, error, theirs, save } = editor;
  const latest = useRef(save);
  latest.current = save;
  const stuck = error instanceof Refused && error.status !== 401 && error.status < 500;
  useEffect(() => {
    if (!mayEdit || !dirty || busy || theirs) return;
    const timer = setTimeout(() => latest.current(), error && !stuck ? afterFailure : afterTyping);
    return () => clearTimeout(timer);
  }, [mayEdit, value, dirty, busy, error, stuck, theirs]);
  const view = query.data?.view;
  const refused = error instanceof Refused && !conflicting(error) ? error.faults : [];
  const faults: Fault[] | undefined = refused.length ? refused : view ? (view.problems ?? []) : undefined;
  return {
    ...editor,
    query,
    view,
    faults,
    inForce: query.data?.inForce,
    // fresh forgets this tab's own copy: the draft was activated or thrown away.
    fresh: async () => {
      own.current = undefined;
      await queries.invalidateQueries({ queryKey: ["configurations"] });
    },
  };
}

export type Draft = ReturnType<typeof useDraft>;
