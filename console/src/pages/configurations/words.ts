// What a configuration does, in the reader's words.
import { useTranslation } from "react-i18next";
import { parted } from "./duration";
import type { Configuration, Step } from "./model";

// useSpan says "24 hours" for PT24H.
export function useSpan() {
  const { t } = useTranslation("configurations");
  return (text: string | undefined) => {
    const p = parted(text);
    return p ? t(`span.${p.unit}`, { count: p.n }) : (text ?? "");
  };
}

export function useSummaries() {
  const { t } = useTranslation("configurations");
  const span = useSpan();
  return {
    when: (c: Configuration) => {
      const type = c.when?.type ?? "immediate";
      return type === "immediate" ? t("said.immediate") : t(`said.${type === "after" ? "after" : "before"}`, { span: span(c.when?.offset) });
    },
    occurrence: (c: Configuration) => (c.occurrence?.type === "once" ? t("said.once", { date: c.occurrence.date ?? "" }) : t("said.continue")),
    tries: (s: Step) => {
      const n = s.retry?.max_attempts || (s.channel === "ivr" ? 3 : 1);
      return n > 1 ? t("said.retries", { count: n - 1 }) : t("said.oneTry");
    },
    onward: (s: Step) => {
      const on = s.advance?.on ?? ["failed", "no_response"];
      const after = span(s.advance?.after ?? (s.channel === "ivr" ? "PT1H" : "PT2H"));
      if (on.includes("failed") && on.includes("no_response")) return t("said.onBoth", { after });
      if (on.includes("no_response")) return t("said.onSilence", { after });
      return t("said.onFailure");
    },
  };
}
