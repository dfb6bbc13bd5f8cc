import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Category } from "./model";

// useTitles names categories in the reader's language; a hospital's own has the name that it was given.
export function useTitles() {
  const { t } = useTranslation("categories");
  const title = useCallback((c: Category) => (c.own ? "" : t(`${c.name}.title`, "")) || c.title || c.name || "", [t]);
  const about = useCallback((c: Category) => (c.own ? "" : t(`${c.name}.about`, "")) || c.description || "", [t]);
  return { title, about };
}

const rightToLeft = new Set(["ar", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi", "dv"]);

// wayOf is the direction that a patients' language is written in.
export const wayOf = (code: string): "ltr" | "rtl" => (rightToLeft.has(code) ? "rtl" : "ltr");

// useLanguageName says "Arabic" for ar, in the reader's language.
export function useLanguageName() {
  const { i18n } = useTranslation();
  return useCallback((code: string) => new Intl.DisplayNames([i18n.language], { type: "language" }).of(code) ?? code, [i18n.language]);
}
