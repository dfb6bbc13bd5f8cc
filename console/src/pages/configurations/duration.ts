// ISO 8601 durations as a number and a unit. Days and weeks are calendar days; a day of hours is elapsed time.
export const units = ["seconds", "minutes", "hours", "days", "weeks"] as const;
export type Unit = (typeof units)[number];

const spelt: Record<Unit, (n: number) => string> = {
  seconds: (n) => `PT${n}S`, minutes: (n) => `PT${n}M`, hours: (n) => `PT${n}H`, days: (n) => `P${n}D`, weeks: (n) => `P${n}W`,
};

export const spell = (n: number, unit: Unit): string => spelt[unit](n);

// parted reads what one number and one unit can say: PT90M, PT1H30M (90 minutes), P2D. undefined is anything else.
export function parted(text: string | undefined): { n: number; unit: Unit } | undefined {
  const simple = /^P(?:(\d+)W|(\d+)D|T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)$/.exec(text ?? "");
  if (!simple) return undefined;
  const [, weeks, days, h, m, s] = simple;
  if (weeks) return { n: +weeks, unit: "weeks" };
  if (days) return { n: +days, unit: "days" };
  if (h === undefined && m === undefined && s === undefined) return undefined;
  const seconds = +(h ?? 0) * 3600 + +(m ?? 0) * 60 + +(s ?? 0);
  if (s !== undefined && seconds % 60 !== 0) return { n: seconds, unit: "seconds" };
  if (m !== undefined || seconds % 3600 !== 0) return { n: seconds / 60, unit: "minutes" };
  return { n: seconds / 3600, unit: "hours" };
}
