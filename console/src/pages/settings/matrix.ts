// The cause matrix as one list: the hospital's rules, read first, then the shipped ones.
import type { Schemas } from "../../api/client";

export type Rule = Schemas["CauseRule"];

export const verdicts = ["retry_later", "next_gateway", "back_pressure", "next_channel", "suppress"] as const;
export const dispositions = ["busy", "no_answer", "rejected", "unreachable", "invalid_number", "trunk_fault", "back_pressure", "unwanted", "unknown"] as const;

// same reports whether two rules are about the same calls.
export function same(a: Rule, b: Rule): boolean {
  const statuses = (r: Rule) => [...(r.sip ?? [])].sort().join();
  return (a.cause ?? "") === (b.cause ?? "") && a.progress === b.progress && statuses(a) === statuses(b);
}

// replaced reports whether one of the hospital's rules stands in front of a shipped one.
export const replaced = (own: readonly Rule[], shipped: Rule): boolean => own.some((r) => same(r, shipped));

// moved puts the rule at i by one up (-1) or down (+1); at an end nothing changes.
export function moved<T>(rows: readonly T[], i: number, by: -1 | 1): T[] {
  const out = [...rows];
  const [here, there] = [out[i], out[i + by]];
  if (here === undefined || there === undefined) return out;
  out[i] = there;
  out[i + by] = here;
  return out;
}

// causesOf are the causes that the shipped rules know.
export const causesOf = (shipped: readonly Rule[]): string[] => [...new Set(shipped.flatMap((r) => (r.cause ? [r.cause] : [])))].sort();
