import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, data, type Schemas } from "../../api/client";
import { DataTable, type Column } from "../../parts/DataTable";
import { Download } from "../../parts/Download";
import { Icon } from "../../parts/icons";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";
import { Sure } from "../../parts/Sure";
import { Add } from "./Add";
import { Import } from "./Import";

type Row = Schemas["OptOutRow"];

export default function OptOuts() {
  const { t } = useTranslation("optouts");
  const { t: shell } = useTranslation();
  const { t: words } = useTranslation("words");
  const [dialog, setDialog] = useState<"add" | "import">();
  const [gone, setGone] = useState<Row>();
  const queries = useQueryClient();
  const drop = useMutation({
    mutationFn: (o: Row) => {
      const query = { address: o.address || undefined, recipient: o.recipient || undefined, channel: (o.channel || undefined) as "sms" | undefined, purpose: o.purpose || undefined };
      return data(api.DELETE("/api/v1/opt-outs", { params: { query } }));
    },
    onSuccess: () => {
      setGone(undefined);
      void queries.invalidateQueries({ queryKey: ["optouts"] });
    },
  });
  const columns: Column<Row>[] = [
    { key: "address", title: t("who"), cell: (o) => <bdi className="number">{o.address || o.recipient}</bdi> },
    { key: "channel", title: t("channel"), width: "9rem", cell: (o) => (o.channel ? words(`channel.${o.channel}`, o.channel) : t("all")) },
    { key: "purpose", title: t("purpose"), width: "9rem", cell: (o) => <bdi>{o.purpose || t("all")}</bdi> },
    { key: "via", title: t("via"), width: "8rem", cell: (o) => t(`vias.${o.via}`, o.via) },
    { key: "at", title: t("at"), width: "10rem", cell: (o) => <Moment at={o.at} /> },
    { key: "act", title: t("act"), width: "7rem", cell: (o) => <Button size="xs" variant="default" onClick={() => setGone(o)} aria-label={t("deleteOne", { who: o.address || o.recipient })}>{shell("action.delete")}</Button> },
  ];
  const add = <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setDialog("add")}>{t("add")}</Button>;
  return (
    <Page title={shell("page.optouts")} intro={t("intro")} actions={
      <Group gap="sm">
        <Download path="/api/v1/opt-outs.csv" name="opt-outs.csv" label={t("export")} />
        <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={() => setDialog("import")}>{t("import")}</Button>
        {add}
      </Group>}>
      <DataTable label={t("list")} queryKey={["optouts"]} columns={columns} rowKey={(o) => `${o.address}/${o.recipient}/${o.channel}/${o.purpose}`}
        empty={<Empty icon="stop" title={t("empty")} action={add}>{t("emptyText")}</Empty>}
        page={(cursor, signal) => data(api.GET("/api/v1/opt-outs", { params: { query: { cursor, limit: 100 } }, signal }))} />
      <Add opened={dialog === "add"} onClose={() => setDialog(undefined)} />
      <Import opened={dialog === "import"} onClose={() => setDialog(undefined)} />
      <Sure opened={gone !== undefined} title={t("deleteTitle")} text={t("deleteText")} yes={shell("action.delete")} busy={drop.isPending} error={drop.error} onYes={() => gone && drop.mutate(gone)} onNo={() => { drop.reset(); setGone(undefined); }} />
    </Page>
  );
}
