// One outbound configuration: the draft as a form, what it would sound and look like, and the way into force.
import { Alert, Anchor, Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { api, taken } from "../../api/client";
import { conflicting, Refused, type Fault } from "../../api/problems";
import { read } from "../../api/queries";
import { Conflict } from "../../parts/Conflict";
import { Page } from "../../parts/Page";
import { Section } from "../../parts/Section";
import { Failed, Ready } from "../../parts/states";
import { Sure } from "../../parts/Sure";
import { useMay } from "../../session";
import { Rarely, Timing, Trigger } from "./Basics";
import { Cascade } from "./Cascade";
import { useDraft, type Draft } from "./draft";
import type { Component, Configuration } from "./model";
import { Preview } from "./Preview";
import { Review } from "./Review";
import type { Known } from "./StepCard";
import { Switches } from "./Switches";
import { Versions } from "./Versions";
import { usePlace } from "./words";

export default function One() {
  const { t } = useTranslation("configurations");
  const { name = "" } = useParams();
  const admin = useMay("admin");
  const draft = useDraft(name, admin);
  const inForce = draft.inForce?.data;
  return (
    <Page title={name} intro={<Anchor component={Link} to="/configurations">{t("back")}</Anchor>}
      actions={admin && draft.value && <Switches name={name} active={inForce?.active ?? false} exists={inForce !== undefined} hasDraft={draft.view !== undefined} />}>
      <Ready query={{ data: draft.value, error: draft.query.error, isPending: draft.query.isPending, refetch: draft.query.refetch }} rows={8}>
        {(value) => <Edit {...{ name, value, draft, admin }} />}
      </Ready>
    </Page>
  );
}

type EditProps = { name: string; value: Configuration; draft: Draft; admin: boolean };

// useKnown is what the hospital has that a configuration may use.
function useKnown(value: Configuration): { known: Known; components: Component[] } {
  const components = useQuery(read.components).data?.items;
  const categories = useQuery(read.categories).data?.items;
  const prompts = useQuery(read.prompts).data?.data.items;
  return useMemo(() => {
    const component = components?.find((c) => c.name === value.component);
    const active = new Set((prompts ?? []).filter((p) => p.active).map((p) => p.category ?? ""));
    return { components: components ?? [], known: { categories: categories ?? [], active, component, allowed: component?.events?.find((e) => e.name === value.event)?.actions ?? [] } };
  }, [components, categories, prompts, value.component, value.event]);
}

function Edit({ name, value, draft, admin }: EditProps) {
  const { t } = useTranslation("configurations");
  const [opened, setOpened] = useState<number | undefined>(0);
  const [reviewing, setReviewing] = useState(false);
  const [activated, setActivated] = useState(false);
  const { known, components } = useKnown(value);
  const inForce = draft.inForce?.data;
  const change = (next: Configuration) => {
    setActivated(false);
    draft.change(next);
  };
  const faults = draft.faults ?? [];
  const part = { value, change, faults };
  const plainError = draft.error && !conflicting(draft.error) && !(draft.error instanceof Refused && draft.error.faults.length > 0);
  const jump = (f: Fault) => {
    const step = /^\/steps\/(\d+)/.exec(f.pointer ?? "")?.[1];
    if (step !== undefined) setOpened(Number(step));
    setTimeout(() => (document.querySelector<HTMLElement>(`${step === undefined ? "" : `#step-${step} `}[aria-invalid="true"]`) ?? document.getElementById(`step-${step}`))?.focus());
  };
  return (
    <Stack>
      {inForce?.managed_by === "file" && <Alert color="grape">{t("fromFile")}</Alert>}
      {draft.theirs && <Conflict mine={value} theirs={draft.theirs.data} busy={draft.busy} onMine={draft.keepMine} onTheirs={draft.takeTheirs} />}
      {plainError && <Failed error={draft.error} />}
      {activated && !draft.view && <Activated name={name} />}
      <Standing {...{ draft, admin, inForce }} onJump={jump} />
      <fieldset disabled={!admin} className="plain">
        <Stack>
          <Trigger {...part} components={components} />
          <Timing {...part} />
          <Cascade {...part} known={known} opened={opened} setOpened={setOpened} />
          <Rarely {...part} />
        </Stack>
      </fieldset>
      <Preview name={name} draft={draft.view !== undefined} edition={`${draft.etag}/${draft.inForce?.etag}`} ready={!draft.dirty && faults.length === 0} categories={known.categories} />
      <Section title={t("versions.title")} hint={t("versions.hint")}><Versions name={name} now={value} mayEdit={admin} onTake={(c) => change({ ...c, name, managed_by: undefined })} /></Section>
      {admin && <Bar {...{ name, draft }} onReview={() => setReviewing(true)} />}
      {reviewing && <Review name={name} draft={draft} onClose={() => setReviewing(false)} onActivated={() => { setReviewing(false); setActivated(true); void draft.fresh(); }} />}
    </Stack>
  );
}

// Standing says what is in force, what is not yet, and what is still wrong.
function Standing({ draft, admin, inForce, onJump }: { draft: Draft; admin: boolean; inForce: Configuration | undefined; onJump: (f: Fault) => void }) {
  const { t } = useTranslation("configurations");
  const { t: shell } = useTranslation();
  const place = usePlace(draft.value?.steps ?? []);
  const faults = draft.faults ?? [];
  return (
    <Paper withBorder p="md" bg="var(--curlew-card)" component="section" aria-label={t("standing.title")}>
      <Group gap="sm">
        <Badge variant="light" tt="none" radius="sm" color={inForce?.active ? "teal" : "gray"}>{inForce ? shell(inForce.active ? "managed.active" : "managed.inactive") : t("standing.never")}</Badge>
        {draft.view && <Badge variant="light" tt="none" radius="sm" color="orange">{t("draftBy", { by: draft.view.actor })}</Badge>}
        <Text size="sm" c="dimmed">{draft.view ? t("standing.draft") : admin ? t("standing.none") : t("standing.read")}</Text>
      </Group>
      {draft.view?.changed_since_base && <Alert color="orange" mt="sm">{t("standing.overtaken")}</Alert>}
      <div role="status">
        {draft.faults && faults.length === 0 && <Text size="sm" mt="sm" c="teal">{t("standing.ready")}</Text>}
        {faults.length > 0 && <Text size="sm" mt="sm" fw={600}>{t("standing.wrong", { count: faults.length })}</Text>}
      </div>
      {faults.length > 0 && (
        <ul className="faults">
          {faults.map((f, i) => <li key={i}><Anchor component="button" type="button" size="sm" ta="start" onClick={() => onJump(f)}><strong>{place(f.pointer)}:</strong> {f.detail}{f.hint ? `. ${f.hint}` : ""}</Anchor></li>)}
        </ul>
      )}
    </Paper>
  );
}

// Bar stays at the foot: the draft saves itself, a person puts it into force.
function Bar({ name, draft, onReview }: { name: string; draft: Draft; onReview: () => void }) {
  const { t } = useTranslation("configurations");
  const { t: f } = useTranslation("forms");
  const [asking, setAsking] = useState(false);
  const go = useNavigate();
  const exists = draft.inForce !== undefined;
  const drop = useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/configurations/{name}/draft", { params: { path: { name } } })),
    onSuccess: async () => {
      setAsking(false);
      await draft.fresh();
      if (!exists) void go("/configurations");
    },
  });
  return (
    <Paper withBorder p="sm" bg="var(--curlew-card)" pos="sticky" bottom={0} style={{ zIndex: 3 }}>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">{draft.dirty ? (draft.busy ? t("bar.saving") : f("unsaved")) : draft.view ? t("bar.saved") : f("unchanged")}</Text>
        <Group gap="sm">
          {draft.view && <Button variant="default" onClick={() => setAsking(true)} disabled={draft.dirty}>{t("discard")}</Button>}
          <Button onClick={onReview} disabled={draft.dirty || !draft.view}>{t("bar.review")}</Button>
        </Group>
      </Group>
      <Sure opened={asking} title={t("discardTitle", { name })} text={t(exists ? "discardDraftText" : "discardText")} yes={t("discard")} busy={drop.isPending} error={drop.error} onYes={() => drop.mutate()} onNo={() => { drop.reset(); setAsking(false); }} />
    </Paper>
  );
}

// Activated offers what came before the configuration was in force.
function Activated({ name }: { name: string }) {
  const { t } = useTranslation("configurations");
  const ask = (backfill: "preview" | "true") => taken(api.POST("/api/v1/configurations/{name}/activate", { params: { path: { name }, query: { backfill } } }));
  const kept = useQuery({ queryKey: ["backfill", name, "after"], staleTime: 0, queryFn: () => ask("preview") }).data?.data.backfill?.transactions ?? 0;
  const schedule = useMutation({ mutationFn: () => ask("true") });
  return (
    <Alert color="teal" role="status" title={t("activated")}>
      <Stack gap="xs" align="flex-start">
        {schedule.data ? <Text size="sm">{t("backfilled", { count: schedule.data.data.backfill?.transactions ?? 0 })}</Text> : kept > 0 && (
          <>
            <Text size="sm">{t("backfillLater", { count: kept })}</Text>
            <Button size="xs" loading={schedule.isPending} onClick={() => schedule.mutate()}>{t("backfillNow")}</Button>
          </>
        )}
        {schedule.error && <Failed error={schedule.error} />}
        <Text size="sm"><Link to={`/rehearsal?configuration=${encodeURIComponent(name)}`}>{t("rehearse")}</Link></Text>
      </Stack>
    </Alert>
  );
}
