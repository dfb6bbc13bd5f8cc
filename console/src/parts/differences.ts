// What differs between two values, as JSON pointers.
export type Difference = { pointer: string; mine: unknown; theirs: unknown };

const plain = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null;

export function differences(mine: unknown, theirs: unknown, at = ""): Difference[] {
  if (!plain(mine) || !plain(theirs) || Array.isArray(mine) !== Array.isArray(theirs)) {
    return Object.is(mine, theirs) ? [] : [{ pointer: at || "/", mine, theirs }];
  }
  const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  return keys.flatMap((k) => differences(mine[k], theirs[k], `${at}/${k.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

// shown writes a value for people: text as it is, the rest as JSON.
export const shown = (v: unknown): string => (v === undefined || v === null ? "–" : typeof v === "string" ? v : JSON.stringify(v));
