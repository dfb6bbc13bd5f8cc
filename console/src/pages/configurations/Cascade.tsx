// The cascade as it runs: what starts it, the first channel, and where it falls back to.
import "./configurations.css";
import { Button, Group, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { Fragment, useRef } from "react";
import { useTranslation } from "react-i18next";
import { channelIcon, Icon } from "../../parts/icons";
import { Section } from "../../parts/Section";
import { blankStep, channelOf, channels, converted, firstSequence, inheritedActions, moved, only, replaced, usual, without, type Channel, type Step } from "./model";
import type { Part } from "./Basics";
import { Onward } from "./RetryPolicy";
import { StepCard, type Known } from "./StepCard";
import { useCatalogueNames } from "./catalogue";
import { useSummaries } from "./words";

type Props = Part & { known: Known; opened: number | undefined; setOpened: (step: number | undefined) => void };

const most = 12; // steps that the server takes

export function Cascade({ value: c, change, faults, known, opened, setOpened }: Props) {
  const { t } = useTranslation("configurations");
  const steps = c.steps ?? [];
  const set = (next: Step[]) => change({ ...c, steps: next });
  const blank = (channel: Channel) => ({ actions: usual(known.allowed, channel), sequence: firstSequence(c.component ?? "", known.active) });
  const add = (channel: Channel) => {
    const inherits = channel !== "ivr" && steps.length > 0;
    const actions = inherits ? inheritedActions([...steps, { channel }], steps.length) : usual(known.allowed, channel);
    const step = blankStep(channel, { ...blank(channel), actions }, c.component);
    set([...steps, inherits ? { ...step, actions: undefined } : step]);
    setOpened(steps.length);
  };
  return (
    <>
      <Mode {...{ value: c, change }} convert={(step, to) => converted(step, to, blank(to), c.component)} />
      <Section title={t("cascade.title")} hint={t("cascade.hint")}>
        {only(faults, "/steps") && <Text size="sm" c="var(--mantine-color-error)" role="alert">{only(faults, "/steps")}</Text>}
        <Beginning value={c} known={known} />
        {steps.map((s, i) => (
          <Fragment key={i}>
            <div className="cascade-line" aria-hidden><Icon name="down" size={18} /></div>
            {i > 0 && <Paper withBorder p="sm" className="cascade-if"><Onward channel={channelOf(steps[i - 1])} value={steps[i - 1]!} onChange={(v) => set(replaced(steps, i - 1, v))} faults={faults} pointer={`/steps/${i - 1}/advance`} /></Paper>}
            {i > 0 && <div className="cascade-line" aria-hidden><Icon name="down" size={18} /></div>}
            <StepCard place={i} steps={steps} value={s} onChange={(v) => set(replaced(steps, i, v))} faults={faults} known={known} inherited={i > 0 ? inheritedActions(steps, i) : undefined}
              open={opened === i} onOpen={() => setOpened(opened === i ? undefined : i)} onMove={(to) => { set(moved(steps, i, to)); setOpened(to); }} onRemove={() => { set(without(steps, i)); setOpened(undefined); }} />
          </Fragment>
        ))}
        {steps.length < most && <Add first={steps.length === 0} onAdd={add} />}
      </Section>
    </>
  );
}

// Mode is the channel that the cascade begins with. What another mode had comes back with it.
function Mode({ value: c, change, convert }: Pick<Part, "value" | "change"> & { convert: (s: Step, to: Channel) => Step }) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const kept = useRef<Partial<Record<Channel, Step>>>({});
  const steps = c.steps ?? [];
  const first = steps[0];
  if (!first) return null;
  const pick = (to: Channel) => {
    kept.current[channelOf(first)] = first;
    change({ ...c, steps: replaced(steps, 0, kept.current[to] ?? convert(first, to)) });
  };
  return (
    <Section title={t("mode.title")} hint={t("mode.hint")}>
      <SegmentedControl className="modes" aria-label={t("mode.title")} value={channelOf(first)} onChange={(v) => pick(v as Channel)} data={channels.map((v) => ({ value: v, label: words(`channel.${v}`) }))} />
    </Section>
  );
}

function Beginning({ value: c, known }: { value: Props["value"]; known: Known }) {
  const say = useSummaries();
  const names = useCatalogueNames();
  const event = known.component?.events?.find((e) => e.name === c.event);
  return (
    <Group gap="sm" className="cascade-begin">
      <Icon name="clock" />
      <Text size="sm"><strong>{event ? names.event(known.component, event) : c.event}</strong> · {say.when(c)} · {say.occurrence(c)}</Text>
    </Group>
  );
}

function Add({ first, onAdd }: { first: boolean; onAdd: (c: Channel) => void }) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  return (
    <Stack gap={6} mt="xs">
      <Text size="sm" fw={600}>{t(first ? "cascade.first" : "cascade.add")}</Text>
      <Group gap="xs">
        {channels.map((k) => <Button key={k} size="xs" variant="default" leftSection={<Icon name={channelIcon[k] ?? "chat"} size={16} />} onClick={() => onAdd(k)}>{words(`channel.${k}`)}</Button>)}
      </Group>
    </Stack>
  );
}
