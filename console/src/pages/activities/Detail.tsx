// One transaction: where it is and why, every attempt, the answer, and what an operator can do about it.
import { Alert, Button, Divider, Drawer, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { useLive } from "../../api/queries";
import { channelIcon, Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { StateBadge } from "../../parts/StateBadge";
import { Failed, Ready } from "../../parts/states";
import { Sure } from "../../parts/Sure";

type Activity = Schemas["Activity"];

const open = (a: Activity) => ["scheduled", "queued", "in_progress", "awaiting_response"].includes(a.state);

const one = (id: string) => ({ queryKey: ["activity", id], queryFn: ({ signal }: { signal: AbortSignal }) => data(api.GET("/api/v1/activities/{id}", { params: { path: { id } }, signal })) });
const why = (id: string) => ({ queryKey: ["activity", id, "why"], queryFn: ({ signal }: { signal: AbortSignal }) => data(api.GET("/api/v1/activities/{id}/why", { params: { path: { id } }, signal })) });

export function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation("activities");
  const { t: shell } = useTranslation();
  return (
    <Drawer opened={id !== ""} onClose={onClose} position="right" size="lg" title={t("detail")} closeButtonProps={{ "aria-label": shell("action.close") }}>
      {id !== "" && <Body id={id} />}
    </Drawer>
  );
}

function Body({ id }: { id: string }) {
  const found = useQuery(useLive(one(id)));
  return <Ready query={found}>{(a) => <Stack><Facts a={a} />{open(a) && <WhyNotYet id={id} />}<Acts a={a} /><Attempts a={a} /></Stack>}</Ready>;
}

function Facts({ a }: { a: Activity }) {
  const { t } = useTranslation("activities");
  const { t: words } = useTranslation("words");
  const rows: [string, ReactNode][] = [
    [t("state"), <Group gap="xs" key="s"><StateBadge state={a.state} />{a.reason && <Text size="sm" span>{words(`reason.${a.reason}`, a.reason)}</Text>}</Group>],
    [t("configuration"), <bdi key="c">{a.configuration}</bdi>],
    [t("eventOf"), <bdi key="e">{a.component} · {a.event} · {a.subject_id}</bdi>],
    [t("patient"), <span key="p"><bdi>{a.recipient.id}</bdi> · <span className="number">{a.recipient.phone_masked}</span> · {a.recipient.language}</span>],
    [t("due"), <Moment key="d" at={a.due_at} />],
    [t("next"), <Moment key="n" at={a.next_at} />],
    [t("expires"), <Moment key="x" at={a.expires_at} />],
  ];
  if (a.response) rows.push([t("answer"), <span key="r"><b>{words(`action.${a.response.action}`, a.response.action)}</b> · {words(`channel.${a.response.channel}`, a.response.channel)} · <Moment at={a.response.at} />{a.response.late && ` · ${t("late")}`}</span>]);
  return (
    <Table withRowBorders={false} verticalSpacing={4}>
      <Table.Tbody>
        {rows.map(([name, value]) => <Table.Tr key={name}><Table.Th scope="row" w="9rem" c="dimmed" fw={500} style={{ verticalAlign: "top" }}>{name}</Table.Th><Table.Td>{value}</Table.Td></Table.Tr>)}
      </Table.Tbody>
    </Table>
  );
}

function WhyNotYet({ id }: { id: string }) {
  const { t } = useTranslation("activities");
  const { t: words } = useTranslation("words");
  const held = useQuery(useLive(why(id)));
  return (
    <Ready query={held} rows={1}>
      {(h) => (
        <Alert variant="light" icon={<Icon name="clock" />} title={t("why")}>
          <Text size="sm">{words(`reason.${h.reason}`, h.reason ?? "")}{h.rule ? ` – ${h.rule}` : ""}</Text>
          {h.next_at && <Text size="sm">{t("eligible")} <Moment at={h.next_at} /></Text>}
        </Alert>
      )}
    </Ready>
  );
}

function Acts({ a }: { a: Activity }) {
  const { t } = useTranslation("activities");
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const act = useMutation({
    mutationFn: (to: "cancel" | "retry") => {
      const at = { params: { path: { id: a.id } } };
      return data(to === "cancel" ? api.POST("/api/v1/activities/{id}/cancel", at) : api.POST("/api/v1/activities/{id}/retry", at));
    },
    onSuccess: (now) => {
      queries.setQueryData(["activity", a.id], now);
      void queries.invalidateQueries({ queryKey: ["activities"] });
      setAsked(false);
    },
  });
  const waits = a.state === "scheduled" || a.state === "queued";
  return (
    <>
      <Group gap="sm">
        {waits && <Button size="sm" variant="default" leftSection={<Icon name="play" size={16} />} loading={act.isPending && act.variables === "retry"} onClick={() => act.mutate("retry")}>{t("retryNow")}</Button>}
        {open(a) && <Button size="sm" color="red" variant="outline" leftSection={<Icon name="cross" size={16} />} onClick={() => setAsked(true)}>{t("cancel")}</Button>}
        <Button size="sm" variant="subtle" component={Link} to={`/logs?transaction=${a.id}`} leftSection={<Icon name="timeline" size={16} />}>{t("toLogs")}</Button>
      </Group>
      {act.error && act.variables === "retry" && <Failed error={act.error} />}
      <Sure opened={asked} title={t("cancelTitle")} text={t("cancelText")} yes={t("cancel")} busy={act.isPending} error={act.variables === "cancel" ? act.error : undefined} onYes={() => act.mutate("cancel")} onNo={() => setAsked(false)} />
    </>
  );
}

function Attempts({ a }: { a: Activity }) {
  const { t } = useTranslation("activities");
  const { t: words } = useTranslation("words");
  const attempts = a.attempts ?? [];
  return (
    <section>
      <Divider mb="sm" />
      <Title order={3} size="h4" mb="xs">{t("attempts", { count: attempts.length })}</Title>
      {attempts.length === 0 && <Text size="sm" c="dimmed">{t("noAttempts")}</Text>}
      <Stack gap="xs" component="ol" p={0} m={0} style={{ listStyle: "none" }}>
        {attempts.map((at) => (
          <li key={at.id}>
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <Icon name={channelIcon[at.channel] ?? "phone"} />
              <div>
                <Text size="sm"><b>{words(`disposition.${at.disposition}`, at.disposition || at.state)}</b>{at.digits && <> · {t("pressed")} <kbd className="number">{at.digits}</kbd></>}</Text>
                <Text size="xs" c="dimmed"><Moment at={at.started_at} precision="second" />{at.gateway && <> · <bdi>{at.pbx}/{at.gateway}</bdi></>}{at.cause && <> · <bdi>{at.cause}{at.sip_status ? ` (${at.sip_status})` : ""}</bdi></>}{!at.counted && at.ended_at && <> · {t("free")}</>}</Text>
                {at.detail && <Text size="xs" c="dimmed">{at.detail}</Text>}
              </div>
            </Group>
          </li>
        ))}
      </Stack>
    </section>
  );
}
