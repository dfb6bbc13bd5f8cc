// What activating the draft would change, and for whom; then into force, whole or not at all.
import { Alert, Anchor, Badge, Button, Checkbox, Group, List, Modal, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, data, ifMatch, type Schemas } from "../../api/client";
import { Refused } from "../../api/problems";
import { shown } from "../../parts/differences";
import { Failed, Ready } from "../../parts/states";
import type { Draft } from "./draft";
import type { Step } from "./model";
import { usePlace } from "./words";

type Diff = Schemas["DraftDiff"];

type Props = { name: string; draft: Draft; onClose: () => void; onActivated: () => void };

export function Review({ name, draft, onClose, onActivated }: Props) {
  const { t } = useTranslation("configurations");
  const { t: shell } = useTranslation();
  const [cancel, setCancel] = useState(false);
  const query = useQuery({
    queryKey: ["draft-diff", name, draft.etag], staleTime: 0,
    queryFn: ({ signal }) => data(api.GET("/api/v1/configurations/{name}/draft/diff", { params: { path: { name } }, signal })),
  });
  const activating = useMutation({
    mutationFn: (force: boolean) => data(api.POST("/api/v1/configurations/{name}/draft/activate", { params: { path: { name }, query: { pending: cancel ? "cancel" : "keep", force }, ...ifMatch(draft.etag) } })),
    onSuccess: onActivated,
  });
  const overtaken = activating.error instanceof Refused && activating.error.status === 409;
  const diff = query.data;
  return (
    <Modal opened onClose={onClose} title={t("review.title")} size="xl" closeButtonProps={{ "aria-label": shell("action.close") }}>
      <Stack>
        <Ready query={query} rows={3}>{(d) => <Changes diff={d} steps={draft.value?.steps ?? []} />}</Ready>
        {diff && diff.pending.not_started + diff.pending.started > 0 && <Checkbox label={t("review.cancel")} description={t("review.cancelHint")} checked={cancel} onChange={(e) => setCancel(e.currentTarget.checked)} />}
        {activating.error && <Failed error={activating.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{shell("action.back")}</Button>
          <Button loading={activating.isPending} disabled={!diff || (diff.problems ?? []).length > 0} onClick={() => activating.mutate(overtaken || (diff?.changed_since_base ?? false))}>{t(overtaken ? "review.force" : "review.activate")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Changes({ diff, steps }: { diff: Diff; steps: Step[] }) {
  const { t } = useTranslation("configurations");
  const place = usePlace(steps);
  const changes = diff.changes ?? [];
  const { not_started: waiting, started, transactions } = diff.pending;
  return (
    <Stack>
      {diff.changed_since_base && <Alert color="orange" role="alert">{t("review.overtaken")}</Alert>}
      {(diff.problems ?? []).length > 0 && <Alert color="red" role="alert" title={t("review.problems")}><List size="sm">{(diff.problems ?? []).map((p, i) => <List.Item key={i}><strong>{place(p.pointer)}:</strong> {p.detail}. {p.hint}</List.Item>)}</List></Alert>}
      {changes.length === 0 ? <Text size="sm">{t("review.none")}</Text> : (
        <Table.ScrollContainer minWidth={420} maxHeight={360}>
          <Table>
            <Table.Thead><Table.Tr><Table.Th>{t("review.field")}</Table.Th><Table.Th>{t("review.now")}</Table.Th><Table.Th>{t("review.then")}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {changes.map((c) => (
                <Table.Tr key={`${c.op}${c.pointer}`}>
                  <Table.Th scope="row"><span title={c.pointer}>{place(c.pointer)}</span> <Badge size="xs" variant="light" tt="none" color={c.op === "remove" ? "red" : c.op === "add" ? "teal" : "blue"}>{t(`review.op.${c.op}`)}</Badge></Table.Th>
                  <Table.Td><bdi>{shown(c.from)}</bdi></Table.Td><Table.Td><bdi>{shown(c.to)}</bdi></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Text size="sm">{t("review.waiting", { count: waiting })} {t("review.started", { count: started })}</Text>
      {(transactions ?? []).length > 0 && (
        <details>
          <summary><Text span size="sm">{t("review.which")}</Text></summary>
          <List size="sm" mt="xs">{(transactions ?? []).map((id) => <List.Item key={id}><Anchor component={Link} size="sm" className="number" to={`/activities/${id}`}>{id}</Anchor></List.Item>)}</List>
        </details>
      )}
    </Stack>
  );
}
