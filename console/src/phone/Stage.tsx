// The phone with all that belongs to it: who is called, the event that starts it, the world's clock.
import "./phone.css";
import { Button, Group, Loader, NativeSelect, Paper, Stack, Switch, Text, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Failed } from "../parts/states";
import { Fire } from "./Fire";
import { Handset } from "./Handset";
import { onDesk, useClock, useWorld, type Act, type Patient, type World } from "./world";

type Props = {
  base: string; // where the world's doors are
  dryRun?: boolean; // an event may be played without being sent, by the settings of this server
  gone: ReactNode; // shown once there is no world any more
};

export function Stage({ base, dryRun, gone }: Props) {
  const { t } = useTranslation("rehearsal");
  const { world, came, status, error, act } = useWorld(base);
  const [chosen, setChosen] = useState("");
  const [sound, setSound] = useState(true);
  if (status === "refused") return gone;
  if (!world) return <Group role="status"><Loader size="sm" /> <Text size="sm">{t("opening")}</Text></Group>;
  const patient = onDesk(world.phones, chosen);
  return (
    <Stack gap="md">
      <WorldClock world={world} came={came} act={act} />
      {error !== undefined && <Failed error={error} />}
      <div className="stage">
        <Paper withBorder p="md" bg="var(--curlew-card)" component="section" aria-labelledby="stage-phone">
          <Group justify="space-between" mb="sm">
            <Title order={2} size="h3" id="stage-phone">{t("phone")}</Title>
            <Switch label={t("sound")} checked={sound} onChange={(e) => setSound(e.currentTarget.checked)} />
          </Group>
          <Who phones={world.phones} chosen={chosen} choose={setChosen} />
          {patient && <Handset key={patient.number} patient={patient} zone={world.time_zone} sound={sound} act={act} />}
          <Text size="xs" c="dimmed" mt="xs" ta="center">{t("keysHint")}</Text>
        </Paper>
        <Fire base={base} world={world} number={chosen || (world.phones[0]?.number ?? "")} dryRun={dryRun} />
      </div>
    </Stack>
  );
}

// behaviour says in the reader's language what a simulated patient does.
function useBehaviour() {
  const { t } = useTranslation("rehearsal");
  return (p: Patient) => t(`patients.p${p.number.slice(-2)}`, p.behaviour);
}

function Who({ phones, chosen, choose }: { phones: Patient[]; chosen: string; choose: (number: string) => void }) {
  const { t } = useTranslation("rehearsal");
  const behaviour = useBehaviour();
  const mark = (p: Patient) => (p.state === "ringing" || p.state === "talking" ? `● ${t(p.state)}: ` : "");
  return (
    <NativeSelect label={t("patient")} mb="sm" value={chosen} onChange={(e) => choose(e.currentTarget.value)}
      data={[{ value: "", label: t("whoever") }, ...phones.map((p) => ({ value: p.number, label: `${mark(p)}${p.name} – ${behaviour(p)}` }))]} />
  );
}

function WorldClock({ world, came, act }: { world: World; came: number; act: Act }) {
  const { t } = useTranslation("rehearsal");
  const now = useClock(world.now, came);
  return (
    <Group justify="space-between" gap="sm" className="stage-clock">
      <Group gap="xs">
        <Icon name="clock" />
        <Text size="sm"><strong>{t("clock")}</strong> <Moment at={now} zone={world.time_zone} precision="second" /></Text>
        {world.next_at && <Text size="sm" c="dimmed">{t("next")} <Moment at={world.next_at} zone={world.time_zone} /></Text>}
      </Group>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => void act("clock/jump?by=PT1H")}>{t("hour")}</Button>
        <Button size="xs" variant="default" disabled={!world.next_at} onClick={() => void act("clock/jump")}>{t("jump")}</Button>
      </Group>
    </Group>
  );
}
