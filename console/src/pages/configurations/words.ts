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

// places are the texts that name a part of a configuration.
const places: Record<string, string> = {
  offset: "when.offset",
  component: "component", event: "event", when: "when.title", occurrence: "occurrence.title", call_window: "window.title", release: "more.release", priority: "more.priority", min_lead: "more.minLead",
  grace: "more.grace", cut_off: "more.cutOff", purpose: "more.purpose", opt_out: "more.optOut", early_advance: "more.early", name: "name", date: "occurrence.date", from: "from", to: "to",
  pbxs: "call.pbxs", sequence: "sequence.title", caller_id: "call.callerId", machine: "machine.title", policy: "machine.title", allow_personal: "machine.personal", detect: "machine.detect",
  template: "whatsapp.template", content_sid: "whatsapp.sid", variables: "whatsapp.variables", buttons: "whatsapp.buttons", text: "message.text", subject: "message.subject", html: "message.html", dlt: "dlt.title",
  actions: "actions.title", key: "actions.key", hours: "actions.hours", label: "actions.label", phrase: "actions.phrase", retry: "retry.title", max_attempts: "retry.retries", interval: "retry.interval", intervals: "retry.way.list",
  by_disposition: "retry.addRule", advance: "onward.title", after: "onward.after", entity_id: "dlt.entity_id", template_id: "dlt.template_id", header: "dlt.header", pattern: "dlt.pattern",
};

// usePlace says "1. Phone call › Retry policy › Retries" for /steps/0/retry/max_attempts, by the steps of the configuration.
export function usePlace(steps: readonly Step[]) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  return (pointer: string | undefined) => {
    const parts = (pointer ?? "").split("/").slice(1).map((p) => p.replaceAll("~1", "/").replaceAll("~0", "~"));
    const said = parts.map((p, i) => {
      if (p === "steps" && i === 0) return parts.length > 1 ? "" : t("cascade.title");
      if (i === 1 && parts[0] === "steps") return `${Number(p) + 1}. ${words(`channel.${steps[Number(p)]?.channel}`, "")}`.trim();
      if (/^\d+$/.test(p)) return String(Number(p) + 1);
      if (parts[i - 1] === "by_disposition") return words(`disposition.${p}`, p);
      return places[p] ? t(places[p]) : p;
    });
    return said.filter(Boolean).join(" › ");
  };
}
