// Texts by language and page: i18n/LANGUAGE/PAGE.json, loaded when a page first asks for them.
import i18n from "i18next";
import { initReactI18next } from "react-i18next";

export const languages = [
  { code: "en", name: "English", dir: "ltr" },
  { code: "ar", name: "العربية", dir: "rtl" },
  { code: "hi", name: "हिन्दी", dir: "ltr" },
] as const;

export type Language = (typeof languages)[number]["code"];

const slot = "curlew-language";
const files = import.meta.glob<{ default: object }>("./*/*.json");

export const directionOf = (code: string): "ltr" | "rtl" => languages.find((l) => l.code === code)?.dir ?? "ltr";

function preferred(): Language {
  const wanted = [localStorage.getItem(slot) ?? "", ...navigator.languages.map((l) => l.slice(0, 2))];
  return languages.find((l) => wanted.find((w) => languages.some((k) => k.code === w)) === l.code)?.code ?? "en";
}

export async function startTexts(): Promise<typeof i18n> {
  i18n.use({
    type: "backend",
    init() {},
    read(language: string, namespace: string, done: (err: unknown, texts: object | false) => void) {
      const load = files[`./${language}/${namespace}.json`];
      if (!load) done(null, {});
      else load().then((m) => done(null, m.default), (err: unknown) => done(err, false));
    },
  });
  i18n.on("languageChanged", (code) => {
    localStorage.setItem(slot, code);
    document.documentElement.lang = code;
    document.documentElement.dir = directionOf(code);
  });
  await i18n.use(initReactI18next).init({
    lng: preferred(),
    fallbackLng: "en",
    supportedLngs: languages.map((l) => l.code),
    ns: ["shell", "words"],
    defaultNS: "shell",
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  return i18n;
}
