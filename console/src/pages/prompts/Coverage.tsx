import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { has, type Category, type Has, type Prompt } from "./model";
import { useLanguageName } from "./words";

const colours: Record<Has, string> = { both: "teal", recorded: "teal", text: "blue", shipped: "gray", missing: "orange" };

// Coverage says in one badge what a call in a language finds.
export function Coverage({ category, prompt, language, bare }: { category: Category; prompt: Prompt | undefined; language: string; bare?: boolean }) {
  const { t } = useTranslation("prompts");
  const name = useLanguageName();
  const found = has(category, prompt, language);
  return <Badge variant="light" tt="none" radius="sm" color={colours[found]}>{bare ? t(`has.${found}`) : `${name(language)}: ${t(`has.${found}`)}`}</Badge>;
}
