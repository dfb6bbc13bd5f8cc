// A list of any length: pages by cursor, only the rows on the screen are in the document.
import { Button, Group, Loader, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { usePolling } from "../api/live";
import { Icon } from "./icons";
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

export function DataTable<T>({ label, queryKey, page, columns, rowKey, empty, height = "65vh", live = true }: Props<T>) {
  const polling = usePolling();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
    refetchInterval: live ? polling : false,
    maxPages: 200, // 200 pages in memory; older ones are read again when one scrolls back
    getPreviousPageParam: () => undefined,
  });
  const rows = query.data?.pages.flatMap((p) => p.items ?? []) ?? [];
  if (query.isPending) return <Loading rows={8} />;
  if (query.error && rows.length === 0) return <Failed error={query.error} retry={() => void query.refetch()} />;
  if (rows.length === 0) return <>{empty}</>;
  return (
    <>
      {query.error && <Failed error={query.error} retry={() => void query.refetch()} />}
      <Rows {...{ label, rows, columns, rowKey, height }} more={query.hasNextPage} loading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
    </>
  );
}

type RowsProps<T> = Pick<Props<T>, "label" | "columns" | "rowKey"> & { rows: T[]; height: string; more: boolean; loading: boolean; onMore: () => void };

function Rows<T>({ label, rows, columns, rowKey, height, more, loading, onMore }: RowsProps<T>) {
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
    if (more && !loading && last >= rows.length - 20) onMore();
  }, [more, loading, last, rows.length, onMore]);
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
