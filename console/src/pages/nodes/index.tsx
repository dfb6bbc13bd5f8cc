import { useQuery } from "@tanstack/react-query";
import { Code, Paper } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { raw } from "../../api/client";
import { Page } from "../../parts/Page";
import { Empty, Ready } from "../../parts/states";

export default function Nodes() {
  const { t } = useTranslation("nodes");
  const { t: shell } = useTranslation();
  const nodes = useQuery({
    queryKey: ["nodes"],
    queryFn: async () => (await (await raw("/api/v1/nodes").catch(() => new Response('{"items":[]}'))).json()) as { items: object[] },
  });
  return (
    <Page title={shell("page.nodes")} intro={t("intro")}>
      <Ready query={nodes}>
        {({ items }) => items.length === 0 ? <Empty icon="nodes" title={t("empty")} /> : items.map((n, i) => <Paper key={i} withBorder p="md"><Code block>{JSON.stringify(n, null, 2)}</Code></Paper>)}
      </Ready>
    </Page>
  );
}
