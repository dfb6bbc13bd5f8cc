import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Page } from "../../parts/Page";
import { Forecast } from "./Forecast";
import { Outcomes } from "./Outcomes";

export default function Reports() {
  const { t } = useTranslation("reports");
  const { t: shell } = useTranslation();
  const [query, setQuery] = useSearchParams();
  const tab = query.get("tab") === "reports" ? "reports" : "forecast";
  return (
    <Page title={shell("page.reports")} intro={t("intro")}>
      <Tabs value={tab} onChange={(v) => setQuery(v === "reports" ? { tab: "reports" } : {})} keepMounted={false}>
        <Tabs.List mb="md"><Tabs.Tab value="forecast">{t("forecast")}</Tabs.Tab><Tabs.Tab value="reports">{t("reports")}</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="forecast"><Forecast /></Tabs.Panel>
        <Tabs.Panel value="reports"><Outcomes /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
