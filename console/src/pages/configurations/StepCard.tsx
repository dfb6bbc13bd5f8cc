import { ActionIcon, Badge, Collapse, Group, Paper, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Fault } from "../../api/problems";
import { channelIcon, Icon } from "../../parts/icons";
import { Actions } from "./Actions";
import { CallStep } from "./CallStep";
import { MessageStep } from "./MessageStep";
import { channelOf, only, type Action, type Category, type Channel, type Component, type Step } from "./model";
import { RetryPolicy } from "./RetryPolicy";
import { useSummaries } from "./words";

// Known is what the hospital has that a step may use.
export type Known = { categories: Category[]; active: ReadonlySet<string>; component?: Component; allowed: readonly string[] };

export type StepPart = { channel: Channel; value: Step; onChange: (v: Step) => void; faults: Fault[]; pointer: string; known: Known; actions: Action[] };

type Props = Omit<StepPart, "channel" | "actions" | "pointer"> & {
  place: number;
  steps: Step[];
  inherited: Action[] | undefined; // what it takes over without actions of its own; undefined for the first
  open: boolean;
  onOpen: () => void;
  onMove: (to: number) => void;
  onRemove: () => void;
};

export function StepCard({ place, steps, value: s, onChange, faults, known, inherited, open, onOpen, onMove, onRemove }: Props) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const say = useSummaries();
  const channel = channelOf(s);
  const pointer = `/steps/${place}`;
  const wrong = faults.filter((f) => f.pointer?.startsWith(`${pointer}/`) || f.pointer === pointer).length;
  const own = s.actions ?? [];
  const actions = own.length ? own : (inherited ?? []);
  const part: StepPart = { channel, value: s, onChange, faults, pointer, known, actions };
  const name = `${place + 1}. ${words(`channel.${channel}`)}`;
  const body = useRef<HTMLDivElement>(null);
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section" aria-label={name} className="step" data-channel={channel} id={`step-${place}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <UnstyledButton onClick={onOpen} aria-expanded={open} aria-controls={`step-body-${place}`} style={{ flex: 1 }}>
          <Group gap="sm" wrap="nowrap" align="flex-start">
            <span className="step-mark" aria-hidden><Icon name={channelIcon[channel] ?? "chat"} /></span>
            <div>
              <Title order={3} size="h4">{name}</Title>
              <Text size="sm" c="dimmed">{channel === "ivr" ? `${t("said.strings", { count: s.sequence?.length ?? 0 })} · ` : ""}{say.tries(s)}{actions.length > 0 ? ` · ${actions.map((a) => `${a.key ? `${a.key} ` : ""}${words(`action.${a.action}`, a.action ?? "")}`).join(", ")}` : ""}</Text>
            </div>
          </Group>
        </UnstyledButton>
        <Group gap={4} wrap="nowrap">
          {wrong > 0 && <Badge color="red" variant="light" tt="none">{t("settle", { count: wrong })}</Badge>}
          {steps.length > 1 && <ActionIcon variant="default" disabled={place === 0} aria-label={t("step.up", { name })} onClick={() => onMove(place - 1)}><Icon name="up" size={16} /></ActionIcon>}
          {steps.length > 1 && <ActionIcon variant="default" disabled={place === steps.length - 1} aria-label={t("step.down", { name })} onClick={() => onMove(place + 1)}><Icon name="down" size={16} /></ActionIcon>}
          {place > 0 && <ActionIcon variant="default" aria-label={t("step.remove", { name })} onClick={onRemove}><Icon name="trash" size={16} /></ActionIcon>}
        </Group>
      </Group>
      <Collapse expanded={open} id={`step-body-${place}`}>
        {open && (
          <Stack mt="md" ref={body}>
            {only(faults, pointer) && <Text size="sm" c="var(--mantine-color-error)" role="alert">{only(faults, pointer)}</Text>}
            {channel === "ivr" ? <CallStep {...part} /> : <MessageStep {...part} />}
            <Actions channel={channel} value={own} inherited={channel === "ivr" ? undefined : inherited} allowed={known.allowed} onChange={(v) => onChange({ ...s, actions: v })} faults={faults} pointer={`${pointer}/actions`} />
            <RetryPolicy channel={channel} value={s} onChange={onChange} faults={faults} pointer={`${pointer}/retry`} />
          </Stack>
        )}
      </Collapse>
    </Paper>
  );
}
