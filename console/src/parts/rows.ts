// The rows of a long list as they were read, page by page, and what a page that is read again changes in them.

export type Chunk<T> = { cursor?: string; items: T[]; next?: string };

type KeyOf<T> = (row: T) => string;

// after is where in items the row of key stands, plus one; 0 if it is not there.
const after = <T>(items: T[], key: string, keyOf: KeyOf<T>) => items.findIndex((r) => keyOf(r) === key) + 1;

// tooLong: a first page that only ever grew is cut to what was read last.
const tooLong = 1000;

// renewed puts a page that was read again into its place. Rows that it pushed out stay below it; rows that are gone from
// its middle go. A first page that no longer touches what was read begins the list anew: between them is unread.
export function renewed<T>(chunks: Chunk<T>[], fresh: Chunk<T>, keyOf: KeyOf<T>): Chunk<T>[] {
  const at = chunks.findIndex((c) => c.cursor === fresh.cursor);
  const old = chunks[at];
  if (!old) return fresh.cursor === undefined ? [fresh] : chunks;
  const last = fresh.items.at(-1);
  if (!fresh.next) return [...chunks.slice(0, at), fresh];
  if (last === undefined || old.items.length === 0) return chunks.with(at, { ...old, items: fresh.items }); // a search that goes on further down
  const cut = after(old.items, keyOf(last), keyOf);
  if (cut > 0) {
    const items = [...fresh.items, ...old.items.slice(cut)];
    if (at === 0 && items.length > tooLong && chunks.length === 1) return [fresh];
    return chunks.with(at, { ...old, items });
  }
  const further = chunks.slice(at + 1).some((c) => after(c.items, keyOf(last), keyOf) > 0);
  if (further) return chunks.with(at, { ...old, items: fresh.items });
  return [...chunks.slice(0, at), fresh];
}

// flat is every row once, in order.
export function flat<T>(chunks: Chunk<T>[], keyOf: KeyOf<T>): T[] {
  const seen = new Set<string>();
  return chunks.flatMap((c) => c.items.filter((r) => !seen.has(keyOf(r)) && seen.add(keyOf(r))));
}

// cursorOf is the cursor of the page that holds the row of that number.
export function cursorOf<T>(chunks: Chunk<T>[], row: number): string | undefined {
  for (const c of chunks) {
    if (row < c.items.length) return c.cursor;
    row -= c.items.length;
  }
  return chunks.at(-1)?.cursor;
}
