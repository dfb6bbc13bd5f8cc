import { NumberInput, SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, taken, type Schemas } from "../../api/client";
import { Section } from "../../parts/Section";
import { DurationInput } from "../configurations/DurationInput";
import { Part } from "./Part";

type CallSettings = Schemas["CallSettings"];

const spans = {
  ringing: [["ring_timeout", "PT35S"], ["max_duration", "PT3M"], ["socket_watchdog", "PT3S"], ["first_prompt", "PT0.7S"]],
  keys: [["key_wait", "PT6S"], ["inter_digit", "PT3S"], ["debounce", "PT0.1S"]],
} as const;
const counts = [["no_input", 2], ["invalid", 2], ["repeat", 3]] as const;

const fields = [...spans.ringing, ...spans.keys, ...counts].map(([f]) => `/${f}`);

export function Call() {
  const { t } = useTranslation("sections");
  return (
    <Part<CallSettings> name="call" fields={() => fields} load={(signal) => taken(api.GET("/api/v1/settings/call", { signal }))}
      save={(body, etag) => taken(api.PUT("/api/v1/settings/call", { params: ifMatch(etag), body }))}>
      {(value, change, faults) => (
        <>
          {(["ringing", "keys"] as const).map((group) => (
            <Section key={group} title={t(`call.${group}`)} hint={t(`call.${group}Hint`)}>
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                {spans[group].map(([f, usual]) => (
                  <DurationInput key={f} label={t(`call.${f}`)} hint={t(`call.hint.${f}`)} value={value[f]} byDefault={usual} only={["seconds", "minutes"]} fine={f === "first_prompt" || f === "debounce"}
                    error={faults[`/${f}`]} onChange={(v) => change({ ...value, [f]: v })} />
                ))}
                {group === "keys" && counts.map(([f, usual]) => (
                  <NumberInput key={f} label={t(`call.${f}`)} description={`${t(`call.hint.${f}`)} · ${t("usual", { n: usual })}`} placeholder={String(usual)} value={value[f] ?? ""} min={0} allowDecimal={false}
                    error={faults[`/${f}`]} onChange={(v) => change({ ...value, [f]: v === "" ? undefined : Number(v) })} />
                ))}
              </SimpleGrid>
            </Section>
          ))}
        </>
      )}
    </Part>
  );
}
