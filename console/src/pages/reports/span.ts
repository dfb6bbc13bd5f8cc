// The days of a report, as they stand in the address: dates in the hospital's zone, both included.
export type Span = { from: string; to: string };

const day = 24 * 3600_000;

// dateIn is the date on the zone's calendar at that moment.
export const dateIn = (at: number, zone: string): string => new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

// midnight is the moment at which a date begins in a zone.
export function midnight(date: string, zone: string): Date {
  const utc = Date.parse(`${date}T00:00:00Z`);
  const wall = (at: number) => Date.parse(`${new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(at).replace(" ", "T")}Z`);
  let at = utc - (wall(utc) - utc);
  at = utc - (wall(at) - at); // the offset at that moment, not a day later
  return new Date(at);
}

export const nextDate = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + day).toISOString().slice(0, 10);

// lastDays are the days up to the moment now, today included.
export const lastDays = (count: number, now: number, zone: string): Span => ({ from: dateIn(now - (count - 1) * day, zone), to: dateIn(now, zone) });

// wrong says what is wrong with a span, as a key of the texts.
export function wrong({ from, to }: Span): "spanOrder" | "spanLong" | undefined {
  if (from > to) return "spanOrder";
  return Date.parse(to) - Date.parse(from) > 90 * day ? "spanLong" : undefined;
}

// share is a part in per cent, "–" of nothing.
export const share = (part: number, of: number): string => (of > 0 ? `${Math.round((100 * part) / of)} %` : "–");

// lasting writes seconds for people: 12 s, 3 min, 2.5 h.
export function lasting(seconds: number): [number, "s" | "min" | "h"] {
  if (seconds < 90) return [Math.round(seconds), "s"];
  if (seconds < 5400) return [Math.round(seconds / 60), "min"];
  return [Math.round(seconds / 360) / 10, "h"];
}
