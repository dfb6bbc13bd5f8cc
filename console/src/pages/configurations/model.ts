// A configuration as the form works on it, apart from any component.
import type { Schemas } from "../../api/client";
import type { Fault } from "../../api/problems";

export type Configuration = Schemas["Configuration"];
export type Step = Schemas["Step"];
export type Action = Schemas["KeyAction"];
export type Retry = Schemas["Retry"];
export type Category = Schemas["CategoryView"];
export type Component = Schemas["Component"];
export type Texts = string | Record<string, string>;

export const channels = ["ivr", "whatsapp", "sms", "email"] as const;
export type Channel = (typeof channels)[number];

export const channelOf = (s: Step | undefined): Channel => (channels.find((c) => c === s?.channel) ?? "ivr");

export const tokens = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

// phoneOnly exists on calls alone.
const phoneOnly = new Set(["repeat", "language", "transfer", "record"]);
export const fits = (action: string, channel: Channel): boolean => channel === "ivr" || !phoneOnly.has(action);

// usualKey is where patients expect an action.
const usualKey: Record<string, string> = { confirm: "1", cancel: "2", reschedule: "3", call_back: "4", transfer: "0", record: "5", opt_out: "8", repeat: "9", language: "7" };

const everyKey = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"];

// freeKey is the usual key of an action, else the first that no other has.
export function freeKey(action: string, taken: readonly Action[]): string | undefined {
  const used = new Set(taken.map((a) => a.key));
  return [usualKey[action], ...everyKey].find((k) => k !== undefined && !used.has(k));
}

// newAction is an action as the form adds it: with a key on a call, without in a message.
export function newAction(action: string, channel: Channel, taken: readonly Action[]): Action {
  return channel === "ivr" && action !== "rating" ? { key: freeKey(action, taken), action } : { action };
}

// usual are the actions that a new step begins with, of those that its event knows.
export function usual(allowed: readonly string[], channel: Channel): Action[] {
  const wanted = ["confirm", "cancel", "opt_out", "repeat"].filter((a) => allowed.includes(a) && fits(a, channel));
  return wanted.reduce<Action[]>((all, a) => [...all, newAction(a, channel, all)], []);
}

const openers = ["greeting", "patient_name"];
const subjects: Record<string, string[]> = {
  Appointment: ["appointment_date", "appointment_time"], LabReport: ["test_name"], Invoice: ["amount", "due_date"], Admission: ["department", "appointment_date"],
  Prescription: ["medicine"], Vaccination: ["vaccine", "appointment_date"],
};

// firstSequence is what a new call plays: of the usual strings those that can be played.
export function firstSequence(component: string, playable: ReadonlySet<string>): string[] {
  return [...openers, ...(subjects[component] ?? []), "action_menu"].filter((c) => playable.has(c));
}

type Blank = { actions: Action[]; sequence: string[] };

// blankStep is a step of the channel that says something sensible at once.
export function blankStep(channel: Channel, { actions, sequence }: Blank, component = ""): Step {
  const fitting = actions.filter((a) => fits(a.action ?? "", channel)).map((a) => (channel === "ivr" ? a : { ...a, key: undefined, hours: undefined }));
  const own = fitting.length ? { actions: fitting } : {};
  const timed = component === "Appointment" || component === "Admission" || component === "Vaccination" ? " {{subject.time}}." : "";
  const text = `{{facility.name}}:${timed}${fitting.length ? " {{link}}" : ""}`;
  if (channel === "ivr") return { channel, sequence, ...own, retry: { max_attempts: 3 } };
  if (channel === "email") return { channel, subject: "{{facility.name}}", text, ...own };
  if (channel === "sms") return { channel, text, ...own };
  return { channel, template: { content_sid: "", variables: { "1": "{{recipient.name}}" } }, ...own };
}

// converted keeps of a step what another channel also has.
export function converted(step: Step, channel: Channel, blank: Blank, component = ""): Step {
  const all = step.actions ?? [];
  const actions = all.filter((a) => fits(a.action ?? "", channel)).reduce<Action[]>(
    (kept, { key, hours, ...a }) => [...kept, channel !== "ivr" ? a : key || a.action === "rating" ? { key, hours, ...a } : { ...a, key: freeKey(a.action ?? "", kept) }], []);
  const next = blankStep(channel, { actions: actions.length ? actions : blank.actions, sequence: blank.sequence }, component);
  return { ...next, ...(step.advance ? { advance: step.advance } : {}), ...(channel !== "ivr" && channelOf(step) !== "ivr" && step.text ? { text: step.text } : {}) };
}

export const moved = <T,>(list: readonly T[], from: number, to: number): T[] => {
  if (to < 0 || to >= list.length) return [...list];
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
};

export const replaced = <T,>(list: readonly T[], at: number, v: T): T[] => list.map((old, i) => (i === at ? v : old));
export const without = <T,>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);

// asked must be there even while they are empty, so that the server says what is missing.
const asked = new Set(["entity_id", "template_id", "header", "pattern"]);

const empty = (v: unknown) => v === undefined || v === "" || (typeof v === "object" && v !== null && !Array.isArray(v) && Object.keys(v).length === 0);

// bare leaves out what is empty, so that a cleared field means its default.
export function bare<T>(v: T): T {
  if (Array.isArray(v)) return v.map((x: unknown) => bare(x)) as T;
  if (typeof v !== "object" || v === null) return v;
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, bare(x)] as const).filter(([k, x]) => (asked.has(k) && x !== undefined) || !empty(x))) as T;
}

// at are the faults of a field, those of what lies within it too.
export function at(faults: readonly Fault[], pointer: string): string | undefined {
  const here = faults.filter((f) => f.pointer === pointer || f.pointer?.startsWith(`${pointer}/`));
  return here.length ? here.map((f) => (f.hint ? `${f.detail}. ${f.hint}` : f.detail)).join("; ") : undefined;
}

// only are the faults of the very place, not of what lies within it.
export const only = (faults: readonly Fault[], pointer: string): string | undefined => at(faults.filter((f) => f.pointer === pointer), pointer);

// everyEvent is what a text about any component may use.
const everyEvent = ["recipient.name", "patient.name", "subject.time", "subject.date", "subject.clock", "subject.weekday", "subject.id", "facility.name", "facility.phone"];

// variablesFor are what a text of the component may use.
export const variablesFor = (component: Component | undefined, link: boolean): string[] =>
  [...everyEvent, ...(component?.fields ?? []).map((f) => `data.${f.name}`), ...(link ? ["link"] : [])];

// inheritedActions are those that step i takes over where it has none of its own: the nearest before it, without what only
// a call can do.
export function inheritedActions(steps: readonly Step[], i: number): Action[] {
  const before = steps.slice(0, i).findLast((s) => s.actions?.length)?.actions ?? [];
  const channel = channelOf(steps[i]);
  return before.filter((a) => fits(a.action ?? "", channel)).map(({ key, hours, ...a }) => (channel === "ivr" ? { key, hours, ...a } : a));
}
