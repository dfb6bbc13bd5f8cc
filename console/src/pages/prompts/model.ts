// What a prompt has and lacks, worked out apart from any component.
import type { Schemas } from "../../api/client";

export type Prompt = { category: string; active: boolean; languages: Record<string, Schemas["PromptLanguage"]>; fields: Record<string, string> };
export type Category = Schemas["CategoryView"];
export type Field = Schemas["Field"];

export const roles = ["sequence", "menu", "confirmation", "system"] as const;

export const whole = (p: Schemas["Prompt"]): Prompt => ({ category: p.category ?? "", active: p.active ?? false, languages: p.languages ?? {}, fields: p.fields ?? {} });

// bare is a prompt as the server keeps it: nothing that is empty.
export function bare(p: Prompt): Prompt {
  const languages = Object.fromEntries(Object.entries(p.languages).map(([code, l]) => [code, { ...(l.text?.trim() ? { text: l.text } : {}), ...(l.audio ? { audio: l.audio } : {}) }] as const).filter(([, l]) => l.text || l.audio));
  return { ...p, languages, fields: Object.fromEntries(Object.entries(p.fields).filter(([, v]) => v !== "")) };
}

export type Has = "both" | "recorded" | "text" | "shipped" | "missing";

// has says what a call in that language would find.
export function has(category: Category | undefined, prompt: Prompt | undefined, language: string): Has {
  const { text = "", audio = "" } = (prompt?.active !== false && prompt?.languages[language]) || {};
  if (text.trim() && audio) return "both";
  if (audio) return "recorded";
  if (text.trim()) return "text";
  return category?.default_text?.[language] ? "shipped" : "missing";
}

export const variablesIn = (text: string): string[] => [...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map((m) => m[1]!);

// speaks reports whether a call speaks the text although there is a recording: its variables differ from call to call.
export const speaks = (text: string | undefined): boolean => variablesIn(text ?? "").length > 0;

// offered are the variables that may stand in a text of the category.
export const offered = (c: Category): string[] => [...(c.variables ?? []), ...(c.fields ?? []).map((f) => `field.${f.name}`)];

// fieldFault names what is wrong with a value of a typed field, undefined if nothing is.
export function fieldFault(field: Field, value: string): string | undefined {
  if (value === "") return field.required ? "required" : undefined;
  if (field.type === "digits" && !/^[+*#]?[\d\s*#-]+$/.test(value)) return "digits";
  if ((field.type === "number" || field.type === "amount") && !/^-?\d+(\.\d+)?$/.test(value)) return "number";
  if (field.type === "date" && !/^\d{4}-\d{2}-\d{2}$/.test(value)) return "date";
  if (field.type === "boolean" && value !== "true" && value !== "false") return "boolean";
  return undefined;
}

// inserted puts a variable where the caret is.
export function inserted(text: string, variable: string, from = text.length, to = from): string {
  const before = text.slice(0, from);
  const gap = before && !/\s$/.test(before) ? " " : "";
  return `${before}${gap}{{${variable}}}${text.slice(to)}`;
}

// matching filters the list as one types.
export function matching(c: Category, title: string, prompt: Prompt | undefined, words: string): boolean {
  const all = [c.name, title, c.description, ...Object.values(prompt?.languages ?? c.default_text ?? {}).map((l) => (typeof l === "string" ? l : l.text))];
  const text = all.join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((w) => text.includes(w));
}
