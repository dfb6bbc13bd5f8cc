// Call action mapping: which key does what; in messages, which buttons there are.
import { ActionIcon, Button, Fieldset, Group, Menu, NativeSelect, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Fault } from "../../api/problems";
import { useFacility } from "../../api/queries";
import { Icon } from "../../parts/icons";
import { useLanguageName, wayOf } from "../prompts/words";
import { Hours } from "./Hours";
import { at, fits, newAction, only, replaced, without, type Action, type Channel } from "./model";

type Props = { channel: Channel; value: Action[]; inherited: Action[] | undefined; allowed: readonly string[]; onChange: (v: Action[] | undefined) => void; faults: Fault[]; pointer: string };

// asked twice: a wrong key must not cancel an appointment.
const twice = new Set(["cancel", "reschedule", "opt_out"]);

export function Actions({ channel, value, inherited, allowed, onChange, faults, pointer }: Props) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const open = allowed.filter((a) => fits(a, channel) && (a === "language" || !value.some((v) => v.action === a)));
  const call = channel === "ivr";
  const takes = inherited !== undefined && value.length === 0;
  return (
    <Fieldset legend={t(call ? "actions.title" : "actions.buttons")}>
      <Stack gap="sm">
        {inherited !== undefined && <Switch label={t("actions.inherit")} description={takes ? inherited.map((a) => words(`action.${a.action}`, a.action ?? "")).join(", ") || t("actions.noneBefore") : undefined} checked={takes}
          onChange={(e) => onChange(e.currentTarget.checked ? undefined : inherited.length ? inherited.map(({ action, target, label }) => ({ action, target, label })) : open.slice(0, 1).map((a) => newAction(a, channel, [])))} />}
        {value.map((a, i) => <One key={i} channel={channel} value={a} faults={faults} pointer={`${pointer}/${i}`} onChange={(v) => onChange(replaced(value, i, v))} onRemove={() => onChange(without(value, i))} />)}
        {!takes && value.length === 0 && <Text size="sm" c="dimmed">{t("actions.none")}</Text>}
        {only(faults, pointer) && <Text size="sm" c="var(--mantine-color-error)" role="alert">{only(faults, pointer)}</Text>}
        {!takes && open.length > 0 && (
          <Menu>
            <Menu.Target><Button variant="default" size="xs" leftSection={<Icon name="plus" size={14} />} style={{ alignSelf: "start" }}>{t("actions.add")}</Button></Menu.Target>
            <Menu.Dropdown>{open.map((a) => <Menu.Item key={a} onClick={() => onChange([...value, newAction(a, channel, value)])}>{words(`action.${a}`, a)}</Menu.Item>)}</Menu.Dropdown>
          </Menu>
        )}
      </Stack>
    </Fieldset>
  );
}

type OneProps = { channel: Channel; value: Action; faults: Fault[]; pointer: string; onChange: (v: Action) => void; onRemove: () => void };

function One({ channel, value: a, faults, pointer, onChange, onRemove }: OneProps) {
  const { t } = useTranslation("configurations");
  const { t: words } = useTranslation("words");
  const call = channel === "ivr";
  const name = words(`action.${a.action}`, a.action ?? "");
  return (
    <div className="action" role="group" aria-label={name}>
      <Group gap="sm" align="flex-start">
        {call && <NativeSelect label={t("actions.key")} w={84} value={a.key ?? ""} onChange={(e) => onChange({ ...a, key: e.currentTarget.value || undefined })} error={at(faults, `${pointer}/key`)}
          data={[...(a.action === "rating" || !a.key ? [{ value: "", label: a.action === "rating" ? t("actions.ratingKeys") : "–" }] : []), ..."1234567890*#"]} />}
        <div style={{ flex: 1, minWidth: "9rem" }}>
          <Text size="sm" fw={600} mt={call ? 30 : 6}>{name}</Text>
          {call && twice.has(a.action ?? "") && <Text size="xs" c="dimmed">{t("actions.twice")}</Text>}
          {at(faults, `${pointer}/action`) && <Text size="xs" c="var(--mantine-color-error)" role="alert">{at(faults, `${pointer}/action`)}</Text>}
        </div>
        <Target value={a} onChange={onChange} fault={at(faults, `${pointer}/target`)} />
        <ActionIcon variant="default" mt={call ? 26 : 0} aria-label={t("actions.remove", { name })} onClick={onRemove}><Icon name="trash" size={16} /></ActionIcon>
      </Group>
      {a.action === "transfer" && <Hours label={t("actions.hours")} hint={t("actions.hoursHint")} value={a.hours} onChange={(hours) => onChange({ ...a, hours })} error={at(faults, `${pointer}/hours`)} byDefault={{ from: "00:00", to: "24:00" }} />}
      <Wording call={call} value={a} onChange={onChange} faults={faults} pointer={pointer} />
    </div>
  );
}

function Target({ value: a, onChange, fault }: { value: Action; onChange: (v: Action) => void; fault: string | undefined }) {
  const { t } = useTranslation("configurations");
  const languages = useFacility()?.languages ?? [];
  const name = useLanguageName();
  if (a.action === "transfer") return <TextInput label={t("actions.transferTo")} dir="ltr" value={a.target ?? ""} onChange={(e) => onChange({ ...a, target: e.currentTarget.value || undefined })} error={fault} required />;
  if (a.action === "language") return <NativeSelect label={t("actions.language")} value={a.target ?? ""} onChange={(e) => onChange({ ...a, target: e.currentTarget.value || undefined })} error={fault} data={[{ value: "", label: "–" }, ...languages.map((l) => ({ value: l, label: name(l) }))]} />;
  if (a.action === "rating") return <NativeSelect label={t("actions.best")} value={a.target ?? "5"} onChange={(e) => onChange({ ...a, target: e.currentTarget.value })} error={fault} data={["2", "3", "4", "5", "6", "7", "8", "9"]} />;
  return null;
}

// Wording is what the menu says and buttons read where the shipped words do not fit.
function Wording({ call, value: a, onChange, faults, pointer }: { call: boolean; value: Action; onChange: (v: Action) => void; faults: Fault[]; pointer: string }) {
  const { t } = useTranslation("configurations");
  const languages = useFacility()?.languages ?? [];
  const name = useLanguageName();
  const own = Object.values({ ...a.label, ...a.phrase }).some(Boolean);
  const rows = [...(call ? (["phrase"] as const) : []), "label" as const];
  return (
    <details open={own || at(faults, `${pointer}/label`) !== undefined || at(faults, `${pointer}/phrase`) !== undefined || undefined}>
      <summary><Text span size="xs">{t("actions.wording")}</Text></summary>
      {rows.map((what) => (
        <Fieldset key={what} legend={t(`actions.${what}`)} mt="xs">
          <Group gap="xs">
            {languages.map((l) => (
              <TextInput key={l} size="xs" label={name(l)} lang={l} dir={wayOf(l)} style={{ flex: 1, minWidth: "10rem" }} value={a[what]?.[l] ?? ""} error={at(faults, `${pointer}/${what}/${l}`)}
                onChange={(e) => onChange({ ...a, [what]: { ...a[what], [l]: e.currentTarget.value } })} />
            ))}
          </Group>
        </Fieldset>
      ))}
    </details>
  );
}
