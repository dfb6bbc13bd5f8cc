// What the server wrote into the page.
const meta = (name: string): string => {
  const text = document.querySelector<HTMLMetaElement>(`meta[name="curlew-${name}"]`)?.content ?? "";
  return text.startsWith("__") ? "" : text;
};

export const nonce = meta("nonce");
export const version = meta("version");
export const demo = meta("demo") === "true";
export const demoKey = meta("key");
