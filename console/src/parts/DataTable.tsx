// A list of any length: pages by cursor, only the rows on the screen are in the document.
import { Button, Group, Loader, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { hashKey, useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { usePolling } from "../api/live";
import { Icon } from "./icons";
import { cursorOf, flat, renewed, type Chunk } from "./rows";
import { Failed, Loading } from "./states";

export type Column<T> = {
  key: string;
  title: string;
  width?: string; // a grid track, "1fr" if not given
  cell: (row: T) => ReactNode;
};

export type Pages<T> = { items?: T[] | null; next?: string };

type Props<T> = {
  label: string; // what the table holds, for screen readers
  queryKey: QueryKey; // the filters belong in it
  page: (cursor: string | undefined, signal: AbortSignal) => Promise<Pages<T>>;
  columns: Column<T>[];
  rowKey: (row: T) => string;
  empty: ReactNode;
  height?: string;
  live?: boolean; // poll while the stream is away
};

// useRows reads pages as one scrolls. A live notice reads the first page again and the one on the screen, however many
// were read.
function useRows<T>({ queryKey, page, rowKey, live = true }: Pick<Props<T>, "queryKey" | "page" | "rowKey" | "live">) {
  const refetchInterval = usePolling() && live ? 5000 : false;
  const queries = useQueryClient();
  const hash = hashKey(queryKey);
  const [list, setList] = useState<{ hash: string; chunks: Chunk<T>[] }>({ hash: "", chunks: [] });
  const [cursor, setCursor] = useState<string>(); // of the page on the screen
  const [more, setMore] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const read = async (at: string | undefined, signal: AbortSignal): Promise<Chunk<T> & { hash: string }> => {
    const { items, next } = await page(at, signal);
    return { cursor: at, items: items ?? [], next: next || undefined, hash };
  };
  const head = useQuery({ queryKey, queryFn: ({ signal }) => read(undefined, signal), refetchInterval });
  const seen = useQuery({ queryKey: [...queryKey, "at", cursor], queryFn: ({ signal }) => read(cursor, signal), refetchInterval, enabled: cursor !== undefined && list.hash === hash, gcTime: 60_000 });
  const take = useCallback((fresh: (Chunk<T> & { hash: string }) | undefined) => {
    if (!fresh || fresh.hash !== hash) return;
    setList((now) => (now.hash === hash ? { hash, chunks: renewed(now.chunks, fresh, rowKey) } : fresh.cursor === undefined ? { hash, chunks: [fresh] } : now));
  }, [hash]); // rowKey is the same for one key
  useEffect(() => take(head.data), [head.data, take]);
  useEffect(() => { if (!seen.isPlaceholderData) take(seen.data); }, [seen.data, seen.isPlaceholderData, take]);
  const next = list.hash === hash ? list.chunks.at(-1)?.next : undefined; // of another filter, nothing more is read
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => { stop.current?.abort(); setCursor(undefined); setMore({ busy: false }); }, [hash]);
  const load = useCallback(async () => {
    const { signal } = (stop.current = new AbortController());
    setMore({ busy: true });
    try {
      const fresh = await read(next, signal);
      queries.setQueryData([...queryKey, "at", next], fresh); // it is not read twice when it comes onto the screen
      setList((now) => (now.hash === hash && now.chunks.at(-1)?.next === next ? { hash, chunks: [...now.chunks, fresh] } : now));
      setMore({ busy: false });
    } catch (error) {
      if (!signal.aborted) setMore({ busy: false, error });
    }
  }, [hash, next]);
  const rows = useMemo(() => flat(list.chunks, rowKey), [list.chunks]);
  const onSeen = useCallback((row: number) => setCursor(cursorOf(list.chunks, row)), [list.chunks]);
  return { head, rows, more: next !== undefined, loading: more.busy, failed: more.error, load, onSeen, waiting: list.chunks.length === 0 };
}

export function DataTable<T>({ label, queryKey, page, columns, rowKey, empty, height = "65vh", live }: Props<T>) {
  const { head, rows, more, loading, failed, load, onSeen, waiting } = useRows({ queryKey, page, rowKey, live });
  const again = () => void head.refetch();
  const searching = rows.length === 0 && more && !loading && failed === undefined;
  useEffect(() => { if (searching) void load(); }, [searching, load]);
  if (head.error && rows.length === 0) return <Failed error={head.error} retry={again} />;
  if (head.isPending || waiting) return <Loading rows={8} />;
  if (rows.length === 0 && failed !== undefined) return <Failed error={failed} retry={() => void load()} />;
  if (rows.length === 0 && more) return <Loading rows={8} />; // what is rare may be further down
  if (rows.length === 0) return <>{empty}</>;
  return (
    <>
      {head.error && <Failed error={head.error} retry={again} />}
      <Rows {...{ label, rows, columns, rowKey, height, more, onSeen }} loading={loading} stuck={failed !== undefined} onMore={() => void load()} />
      {failed !== undefined && <Failed error={failed} retry={() => void load()} />}
    </>
  );
}

type RowsProps<T> = Pick<Props<T>, "label" | "columns" | "rowKey"> & { rows: T[]; height: string; more: boolean; loading: boolean; stuck: boolean; onMore: () => void; onSeen: (row: number) => void };

function Rows<T>({ label, rows, columns, rowKey, height, more, loading, stuck, onMore, onSeen }: RowsProps<T>) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery("(max-width: 48em)") ?? false;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? 46 + 28 * columns.length : 48),
    getItemKey: (i) => rowKey(rows[i]!),
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loading && !stuck && last >= rows.length - 20) onMore();
  }, [more, loading, stuck, last, rows.length, onMore]);
  const middle = items[Math.floor(items.length / 2)]?.index ?? 0;
  useEffect(() => onSeen(middle), [middle, onSeen]);
  const gridTemplateColumns = columns.map((c) => c.width ?? "1fr").join(" ");
  return (
    <>
      <div className="table" ref={scroller} style={{ maxHeight: height }} data-narrow={narrow || undefined} tabIndex={0} role="region" aria-label={label}>
        <div role="table" aria-label={label} aria-rowcount={more ? -1 : rows.length + 1} style={{ minWidth: narrow ? undefined : "46rem" }}>
          <div role="rowgroup" className="table-head-group" style={{ position: "sticky", top: 0, zIndex: 2 }}>
            <div role="row" aria-rowindex={1} className="table-head" style={{ gridTemplateColumns }}>
              {columns.map((c) => <div role="columnheader" key={c.key}>{c.title}</div>)}
            </div>
          </div>
          <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => (
              <div role="row" aria-rowindex={item.index + 2} key={item.key} data-index={item.index} ref={virtual.measureElement} className="table-row" style={{ gridTemplateColumns, transform: `translateY(${item.start}px)` }}>
                {columns.map((c) => (
                  <div role="cell" key={c.key}>
                    {narrow && <span className="table-label" aria-hidden>{c.title}</span>}
                    <span>{c.cell(rows[item.index]!)}</span>
                  </div>
                ))}
              </div>
            ))}
          </div>
        </div>
      </div>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">{t(more ? "table.soFar" : "table.all", { count: rows.length })}</Text>
        {more && <Button variant="default" size="xs" onClick={onMore} leftSection={loading ? <Loader size={14} /> : <Icon name="down" size={16} />}>{t("table.more")}</Button>}
      </Group>
    </>
  );
}
