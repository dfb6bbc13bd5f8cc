// What is wrong with a part of the settings, told while one types; the server has the last word.
// Faults are keys of sections.json under "fault", by the pointer of their field.
import type { Schemas } from "../../api/client";

export type Faults = Record<string, string>;

// mask is what the server shows for a secret that is written out.
export const mask = "********";

const reference = /^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}]+)\}$/;
const number = /^\+[1-9][0-9]{6,14}$/;
const sender = /^(\+[1-9][0-9]{6,14}|MG[A-Za-z0-9]+|[A-Za-z0-9][A-Za-z0-9 _&+-]{0,10})$/;
const key = /^([a-z]{2,3}|\+[1-9][0-9]{0,14})$/;

type Rule = [pointer: string, value: string | undefined, ok: (v: string) => boolean, fault: string];

const like = (pattern: RegExp) => (v: string) => pattern.test(v);
const secret = (v: string) => v === mask || reference.test(v);

// broken keeps the rules whose value is there and wrong.
const broken = (rules: Rule[]): Faults => Object.fromEntries(rules.filter(([, v, ok]) => v && !ok(v)).map(([at, , , fault]) => [at, fault]));

function address(v: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(v).protocol);
  } catch {
    return false;
  }
}

export function checkChannels({ twilio: t = {}, smtp: m = {} }: Schemas["ChannelSettings"]): Faults {
  const numbered = (at: string, rows: Record<string, string> | undefined, ok: RegExp, fault: string): Rule[] =>
    Object.entries(rows ?? {}).flatMap<Rule>(([k, v]) => [[`${at}/${k}`, v, like(ok), fault], [`${at}/${k}`, k, like(key), "key"]]);
  return broken([
    ["/twilio/auth_token", t.auth_token, secret, "secret"],
    ["/twilio/sms_from", t.sms_from, like(sender), "sender"],
    ["/twilio/whatsapp_from", t.whatsapp_from, like(number), "number"],
    ["/twilio/messaging_service_sid", t.messaging_service_sid, like(/^MG[A-Za-z0-9]+$/), "service"],
    ["/twilio/base_url", t.base_url, address, "address"],
    ...numbered("/twilio/senders", t.senders, sender, "sender"),
    ...numbered("/twilio/whatsapp_senders", t.whatsapp_senders, number, "number"),
    ...Object.keys(t.codes ?? {}).map<Rule>((k) => [`/twilio/codes/${k}`, k || "?", like(/^[0-9]{3,6}$/), "code"]),
    ["/smtp/from", m.from, (v) => /@[^\s@>]+>?$/.test(v), "mail"],
    ["/smtp/password", m.password, secret, "secret"],
    ["/smtp/password", m.username && !m.password ? "?" : undefined, () => false, "together"],
    ["/twilio/auth_token", t.account_sid && !t.auth_token ? "?" : undefined, () => false, "together"],
  ]);
}

export function checkWebhooks({ in: i = {}, out }: Schemas["WebhookSettings"]): Faults {
  return broken([
    ["/in/source", i.source, like(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), "name"],
    ...(i.secrets ?? []).map<Rule>((s, n) => [`/in/secrets/${n}`, s, secret, "secret"]),
    ...(out ?? []).flatMap<Rule>((o, n) => [
      [`/out/${n}/name`, o.name, like(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), "name"],
      [`/out/${n}/name`, o.name, (v) => (out ?? []).findIndex((other) => other.name === v) === n, "twice"],
      [`/out/${n}/url`, o.url, address, "address"],
      [`/out/${n}/secret`, o.secret, secret, "secret"],
    ]),
  ]);
}

export function checkMatrix({ cause_matrix: rows }: Pick<Schemas["CauseMatrix"], "cause_matrix">): Faults {
  return broken((rows ?? []).flatMap<Rule>((r, i) => [
    [`/cause_matrix/${i}/cause`, r.cause, like(/^[A-Z][A-Z0-9_]{1,63}$/), "cause"],
    [`/cause_matrix/${i}`, !r.cause && !r.sip?.length && r.progress === undefined ? "?" : undefined, () => false, "everything"],
    [`/cause_matrix/${i}/sip`, r.sip?.some((s) => !(s >= 300 && s <= 699)) ? "?" : undefined, () => false, "sip"],
  ]));
}

// record is what rows of a table of keys and values mean; rows that are still empty mean nothing.
export function record(rows: readonly (readonly [string, string])[]): Record<string, string> | undefined {
  const said = rows.filter(([k, v]) => k !== "" || v !== "");
  return said.length ? Object.fromEntries(said) : undefined;
}
