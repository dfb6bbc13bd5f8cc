// How often a step tries, how long it waits in between, and when the cascade moves on.
import { ActionIcon, Button, Fieldset, Group, NativeSelect, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Fault } from "../../api/problems";
import { Icon } from "../../parts/icons";
import { DurationInput } from "./DurationInput";
import { at, only, replaced, without, type Channel, type Retry, type Step } from "./model";

type Props = { channel: Channel; value: Step; onChange: (v: Step) => void; faults: Fault[]; pointer: string };

// usualWait is what a rule for how a try ended begins with.
const usualWait: Record<string, string> = { busy: "PT10M", no_answer: "PT2H" };

const ends: Record<"call" | "message", string[]> = {
  call: ["busy", "no_answer", "answered", "machine", "rejected", "unreachable"],
  message: ["undelivered", "throttled"],
};

export function RetryPolicy({ channel, value: s, onChange, faults, pointer }: Props) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const retry = s.retry ?? {};
  const set = (next: Retry) => onChange({ ...s, retry: next });
  const by = retry.by_disposition ?? {};
  const kinds = ends[channel === "ivr" ? "call" : "message"];
  const free = kinds.filter((d) => !(d in by));
  const tries = channel === "ivr" ? 3 : 1;
  return (
    <Fieldset legend={t("retry.title")}>
      <Stack gap="sm">
        {only(faults, pointer) && <Text size="sm" c="var(--mantine-color-error)" role="alert">{only(faults, pointer)}</Text>}
        <Rule value={retry} onChange={set} byDefault={tries} faults={faults} pointer={pointer} />
        {Object.entries(by).map(([d, rule]) => (
          <Fieldset key={d} legend={t("retry.after", { what: words(`disposition.${d}`, d) })}>
            <Group align="flex-start" wrap="nowrap">
              <div style={{ flex: 1 }}><Rule value={rule} onChange={(v) => set({ ...retry, by_disposition: { ...by, [d]: v } })} byDefault={retry.max_attempts || tries} faults={faults} pointer={`${pointer}/by_disposition/${d}`} /></div>
              <ActionIcon variant="default" aria-label={t("retry.dropRule", { what: words(`disposition.${d}`, d) })} onClick={() => set({ ...retry, by_disposition: Object.fromEntries(Object.entries(by).filter(([k]) => k !== d)) })}><Icon name="trash" size={16} /></ActionIcon>
            </Group>
          </Fieldset>
        ))}
        {free.length > 0 && <NativeSelect label={t("retry.addRule")} description={t("retry.addRuleHint")} value="" onChange={(e) => e.currentTarget.value && set({ ...retry, by_disposition: { ...by, [e.currentTarget.value]: { max_attempts: retry.max_attempts || tries, interval: usualWait[e.currentTarget.value] ?? "PT30M" } } })}
          data={[{ value: "", label: "–" }, ...free.map((d) => ({ value: d, label: words(`disposition.${d}`, d) }))]} />}
      </Stack>
    </Fieldset>
  );
}

function Rule({ value: r, onChange, byDefault, faults, pointer }: { value: Retry; onChange: (v: Retry) => void; byDefault: number; faults: Fault[]; pointer: string }) {
  const { t } = useTranslation("configurations");
  const way = r.intervals?.length ? "list" : r.interval ? "same" : "default";
  const to = (next: string) => onChange({ ...r, interval: next === "same" ? (r.intervals?.[0] ?? "PT15M") : undefined, intervals: next === "list" ? [r.interval ?? "PT15M", "PT1H"] : undefined });
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput label={t("retry.retries")} description={t("retry.retriesHint", { count: byDefault - 1 })} value={r.max_attempts ? r.max_attempts - 1 : ""} onChange={(v) => onChange({ ...r, max_attempts: v === "" ? undefined : Number(v) + 1 })} min={0} max={9} allowDecimal={false} error={at(faults, `${pointer}/max_attempts`)} />
        <NativeSelect label={t("retry.wait")} value={way} onChange={(e) => to(e.currentTarget.value)} data={["default", "same", "list"].map((w) => ({ value: w, label: t(`retry.way.${w}`) }))} />
        {way === "same" && <DurationInput label={t("retry.interval")} value={r.interval} unit="minutes" onChange={(interval) => onChange({ ...r, interval })} error={at(faults, `${pointer}/interval`)} />}
      </SimpleGrid>
      {way === "list" && (
        <Stack gap="xs">
          {(r.intervals ?? []).map((d, i) => (
            <Group key={i} align="flex-end" wrap="nowrap">
              <div style={{ flex: 1 }}><DurationInput label={t("retry.before", { n: i + 2 })} value={d} unit="minutes" onChange={(v) => onChange({ ...r, intervals: replaced(r.intervals ?? [], i, v ?? "PT15M") })} error={at(faults, `${pointer}/intervals/${i}`)} /></div>
              <ActionIcon variant="default" size="lg" aria-label={t("retry.drop", { n: i + 2 })} onClick={() => onChange({ ...r, intervals: without(r.intervals ?? [], i) })}><Icon name="trash" size={16} /></ActionIcon>
            </Group>
          ))}
          <div><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => onChange({ ...r, intervals: [...(r.intervals ?? []), "PT1H"] })}>{t("retry.add")}</Button></div>
        </Stack>
      )}
    </Stack>
  );
}

// Onward is when a step that got no answer hands over to the next.
export function Onward({ channel, value: s, onChange, faults, pointer }: Props) {
  const { t } = useTranslation("configurations");
  const on = s.advance?.on ?? ["failed", "no_response"];
  const way = on.length > 1 ? "both" : on[0] === "no_response" ? "no_response" : "failed";
  const to = (next: string) => onChange({ ...s, advance: { ...s.advance, on: next === "both" ? undefined : [next] } });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <NativeSelect label={t("onward.title")} value={way} onChange={(e) => to(e.currentTarget.value)} error={at(faults, `${pointer}/on`)} data={["both", "failed", "no_response"].map((w) => ({ value: w, label: t(`onward.${w}`) }))} />
      {way !== "failed" && <DurationInput label={t("onward.after")} value={s.advance?.after} byDefault={channel === "ivr" ? "PT1H" : "PT2H"} onChange={(after) => onChange({ ...s, advance: { ...s.advance, after } })} error={at(faults, `${pointer}/after`)} />}
    </SimpleGrid>
  );
}
