import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { demo } from "../../meta";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";

export default function Rehearsal() {
  const { t } = useTranslation("rehearsal");
  const { t: shell } = useTranslation();
  return (
    <Page title={shell("page.rehearsal")} intro={t("intro")}>
      {demo ? <Empty icon="phone" title={t("title")} action={<Button component="a" href="/page/">{t("open")}</Button>} /> : <Empty icon="phone" title={t("empty")}>{t("text")}</Empty>}
    </Page>
  );
}
