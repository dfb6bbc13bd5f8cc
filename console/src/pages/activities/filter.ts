// What the list is narrowed to lives in the address, so that a filtered list can be sent to a colleague.
export const fields = ["state", "reason", "channel", "configuration", "from", "to", "q"] as const;

export type Filter = Partial<Record<(typeof fields)[number], string>>;

export function chosen(search: URLSearchParams): Filter {
  const out: Filter = {};
  for (const name of fields) {
    const value = search.get(name);
    if (value) out[name] = value;
  }
  return out;
}

// dayEnd: "to" is the last day that counts, the server takes the first moment that does not.
const after = (day: string) => new Date(new Date(`${day}T00:00:00`).getTime() + 86_400_000).toISOString();

// query is the filter as the server takes it.
export function query({ from, to, ...rest }: Filter) {
  return {
    ...(rest as Record<string, never>),
    ...(from ? { from: new Date(`${from}T00:00:00`).toISOString() } : {}),
    ...(to ? { to: after(to) } : {}),
  };
}

export const address = (filter: Filter) => new URLSearchParams(Object.entries(filter).filter(([, v]) => v) as [string, string][]).toString();
