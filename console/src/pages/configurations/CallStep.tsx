import { MultiSelect, NativeSelect, SimpleGrid, Stack, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { read } from "../../api/queries";
import { at, type Step } from "./model";
import { Sequence } from "./Sequence";
import type { StepPart } from "./StepCard";

const policies = ["human_test", "hang_up", "voicemail"] as const;

export function CallStep({ value: s, onChange, faults, pointer, known }: StepPart) {
  const { t } = useTranslation("configurations");
  const pbxs = useQuery(read.pbxs).data?.data.items ?? [];
  const policy = s.machine?.policy ?? "human_test";
  const machine = (over: Partial<NonNullable<Step["machine"]>>) => onChange({ ...s, machine: { policy, ...s.machine, ...over } });
  return (
    <Stack>
      <Sequence value={s.sequence ?? []} onChange={(sequence) => onChange({ ...s, sequence })} categories={known.categories} active={known.active} faults={faults} pointer={`${pointer}/sequence`} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <MultiSelect label={t("call.pbxs")} description={t("call.pbxsHint")} data={[...new Set([...pbxs.map((p) => p.name ?? ""), ...(s.pbxs ?? [])])]} value={s.pbxs ?? []} onChange={(v) => onChange({ ...s, pbxs: v.length ? v : undefined })} placeholder={s.pbxs?.length ? undefined : t("call.allPbxs")} error={at(faults, `${pointer}/pbxs`)} />
        <TextInput label={t("call.callerId")} description={t("call.callerIdHint")} dir="ltr" value={s.caller_id ?? ""} onChange={(e) => onChange({ ...s, caller_id: e.currentTarget.value || undefined })} error={at(faults, `${pointer}/caller_id`)} />
        <NativeSelect label={t("machine.title")} description={t(`machine.hint.${policy}`, "")} value={policy} onChange={(e) => machine({ policy: e.currentTarget.value })} data={policies.map((p) => ({ value: p, label: t(`machine.${p}`) }))} error={at(faults, `${pointer}/machine/policy`)} />
        {policy === "voicemail" && <Switch mt="lg" label={t("machine.personal")} description={t("machine.personalHint")} checked={s.machine?.allow_personal ?? false} onChange={(e) => machine({ allow_personal: e.currentTarget.checked || undefined })} />}
        {policy !== "human_test" && <MultiSelect label={t("machine.detect")} description={t("machine.detectHint")} data={["beep", "silence"].map((d) => ({ value: d, label: t(`machine.by.${d}`) }))} value={s.machine?.detect ?? ["beep", "silence"]} onChange={(v) => machine({ detect: v.length === 2 || v.length === 0 ? undefined : v })} error={at(faults, `${pointer}/machine/detect`)} />}
      </SimpleGrid>
    </Stack>
  );
}
