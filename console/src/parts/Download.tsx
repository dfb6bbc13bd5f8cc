// A file from the server with its progress in sight; it can be cancelled.
import { Button, Group, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { raw } from "../api/client";
import { Icon } from "./icons";
import { Failed } from "./states";

// lines counts the rows of CSV in a chunk; a line break inside quotes counts too, so it is shown as "about".
const lines = (chunk: Uint8Array) => chunk.reduce((n, byte) => (byte === 10 ? n + 1 : n), 0);

export function Download({ path, name, label }: { path: string; name: string; label: string }) {
  const { t } = useTranslation();
  const [rows, setRows] = useState<number>();
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const load = async () => {
    const { signal } = (stop.current = new AbortController());
    setError(undefined);
    setRows(0);
    try {
      const reader = (await raw(path, { signal })).body!.getReader();
      const parts: BlobPart[] = [];
      for (let part = await reader.read(), n = 0; !part.done; part = await reader.read()) {
        parts.push(part.value);
        setRows((n += lines(part.value)));
      }
      save(new Blob(parts, { type: "text/csv" }), name);
    } catch (e) {
      if (!signal.aborted) setError(e);
    }
    setRows(undefined);
  };
  if (rows !== undefined) {
    return (
      <Group gap="xs" role="status">
        <Text size="sm" className="numbers">{t("export.rows", { count: Math.max(0, rows - 1) })}</Text>
        <Button variant="default" size="sm" onClick={() => stop.current?.abort()}>{t("action.cancel")}</Button>
      </Group>
    );
  }
  return (
    <>
      <Button variant="default" leftSection={<Icon name="download" size={16} />} onClick={() => void load()}>{label}</Button>
      {error !== undefined && <Failed error={error} retry={() => void load()} />}
    </>
  );
}

export function save(file: Blob, name: string) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(file);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}
