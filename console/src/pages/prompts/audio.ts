// Sounds of prompts as the server gives them.
import { api, raw, taken, type Schemas } from "../../api/client";
import { send } from "../../api/upload";

export type Report = Schemas["AudioReport"];

export const most = 32 * 2 ** 20; // bytes that the server takes

// upload keeps a file; the prompt that names it is saved later.
export const upload = (file: Blob, progress: (share: number) => void, signal: AbortSignal) => send<Report>("POST", "/api/v1/recordings", file, "audio/wav", progress, signal);

const blob = async (path: string, init: RequestInit): Promise<Blob> => (await raw(path, init)).blob();

// recorded is the sound that a prompt's audio names: kept by its hash, or a file beside the configuration.
export const recorded = (category: string, language: string, audio: string) => (signal: AbortSignal) =>
  blob(audio.startsWith("sha256:") ? `/api/v1/recordings/${audio.slice(7)}` : `/api/v1/prompts/${encodeURIComponent(category)}/audio/${language}`, { signal });

// spoken is a text as a call would say it, with sample values.
export const spoken = (category: string, language: string, text: string, fields: Record<string, string>) => (signal: AbortSignal) =>
  blob(`/api/v1/prompts/${encodeURIComponent(category)}/say`, { method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ language, text, fields }) });

export const usage = (category: string) => ({
  queryKey: ["prompts", "usage", category],
  queryFn: ({ signal }: { signal: AbortSignal }) => taken(api.GET("/api/v1/prompts/{category}/usage", { params: { path: { category } }, signal })),
});
