// Editing one resource that others may edit too: a local copy, the ETag that it was read with, and what to do
// when somebody else was faster.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Taken } from "../api/client";
import { conflicting } from "../api/problems";

type Options<T> = {
  name: string; // the first word of the queries that a save makes stale
  loaded: Taken<T> | undefined; // undefined while it loads
  load?: () => Promise<Taken<T>>; // reads what others wrote
  save: (value: T, etag: string) => Promise<Taken<unknown>>;
  onSaved?: (value: T) => void;
};

// useEditor keeps what was typed through failures, expired sessions and other people's changes. value is
// undefined until it is loaded; theirs is what somebody else saved meanwhile.
export function useEditor<T>({ name, loaded, load, save, onSaved }: Options<T>) {
  const queries = useQueryClient();
  const [value, setValue] = useState<T>();
  const [etag, setETag] = useState("");
  const [dirty, setDirty] = useState(false);
  const [theirs, setTheirs] = useState<Taken<T>>();
  const newest = useRef(loaded);
  newest.current = loaded;
  const typed = useRef(value);
  typed.current = value;
  const seen = useRef<Taken<T>>(undefined); // taken over already, or older than what was saved since
  useEffect(() => {
    if (!loaded || dirty || seen.current === loaded) return;
    seen.current = loaded;
    setValue(loaded.data);
    setETag(loaded.etag);
  }, [loaded, dirty]);
  const saving = useMutation({
    mutationFn: async (as: { value: T; etag: string }) => save(as.value, as.etag),
    onSuccess: (answer, as) => {
      seen.current = newest.current;
      setETag(answer.etag || as.etag);
      setDirty(typed.current !== as.value); // what was typed while the answer was under way is not saved yet
      setTheirs(undefined);
      void queries.invalidateQueries({ queryKey: [name] });
      onSaved?.(as.value);
    },
    onError: async (error) => {
      if (conflicting(error) && load) setTheirs(await load());
    },
  });
  return {
    value,
    etag,
    dirty,
    theirs,
    error: saving.error,
    busy: saving.isPending,
    saved: saving.isSuccess && !dirty,
    change: (next: T) => {
      setValue(next);
      setDirty(true);
    },
    save: () => value !== undefined && saving.mutate({ value, etag }),
    // keepMine saves over what the other wrote, having seen it; takeTheirs drops what was typed here.
    keepMine: () => value !== undefined && theirs && saving.mutate({ value, etag: theirs.etag }),
    takeTheirs: () => {
      if (!theirs) return;
      setValue(theirs.data);
      setETag(theirs.etag);
      setDirty(false);
      setTheirs(undefined);
      saving.reset();
    },
  };
}
