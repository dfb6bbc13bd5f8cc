// A log line in plain words: what happened, and the facts that belong to it.
import type { TFunction } from "i18next";
import type { IconName } from "../../parts/icons";

export type Line = { at: string; kind: string; transaction?: string; attempt?: string; data?: Record<string, unknown> };

export const iconOf: Record<string, IconName> = {
  claimed: "clock", dialing: "phone", ringing: "phone", answered: "check", human: "users", machine: "record", beep: "record", prompt: "voice",
  key: "key", invalid_key: "warn", answer: "check", response: "check", ended: "stop", unknown: "warn", lost: "warn", retry_scheduled: "refresh",
  step_started: "next", step_skipped: "next", transaction_ended: "stop", link_opened: "webhook", cancelled: "cross", sending: "chat", message_accepted: "chat", message_delivered: "check", message_undelivered: "warn", event_accepted: "webhook",
};

// kinds are those that the filter offers.
export const kinds = ["event_accepted", "claimed", "dialing", "ringing", "answered", "human", "machine", "beep", "prompt", "key", "invalid_key", "answer", "response",
  "ended", "unknown", "retry_scheduled", "step_started", "step_skipped", "link_opened", "released", "replanned", "sending", "message_accepted", "message_delivered", "message_undelivered", "transaction_ended", "cancelled"];

// Words of a value by its name: those in words.json or logs.json, anything else as it is.
const vocabulary: Record<string, string> = { disposition: "words:disposition", action: "words:action", channel: "words:channel", reason: "words:reason", because: "words:reason", via: "logs:via", cause: "logs:cause", sip_status: "logs:sip" };

// factsOf lists the facts of a line as [name, value]; what is empty or false says nothing.
export function factsOf(line: Line, t: TFunction): [string, string][] {
  return Object.entries(line.data ?? {})
    .filter(([name, v]) => v !== "" && v !== 0 && v !== false && v !== null && v !== undefined && !name.endsWith("_at"))
    .map(([name, v]) => [t(`logs:fact.${name}`, name.replaceAll("_", " ")), valueOf(name, v, t)]);
}

function valueOf(name: string, v: unknown, t: TFunction): string {
  if (name === "heard" && typeof v === "number") return `${Math.round(100 * v)} %`;
  if (v === true) return t("logs:yes");
  if (typeof v === "object") return JSON.stringify(v);
  const text = String(v as string | number);
  const words = vocabulary[name];
  if (!words) return text;
  const said = t(`${words}.${text}`, "");
  if (!said) return text;
  return name === "cause" || name === "sip_status" ? `${said} (${text})` : said;
}

// byAttempt gathers the lines of one transaction, oldest first: those of each attempt together, at the place of its first line.
export function byAttempt(lines: readonly Line[]): { attempt: string; lines: Line[] }[] {
  const groups: { attempt: string; lines: Line[] }[] = [];
  for (const line of [...lines].sort((a, b) => a.at.localeCompare(b.at))) {
    const attempt = line.attempt ?? "";
    const group = attempt ? groups.find((g) => g.attempt === attempt) : groups.at(-1)?.attempt === "" ? groups.at(-1) : undefined;
    if (group) group.lines.push(line);
    else groups.push({ attempt, lines: [line] });
  }
  return groups;
}
