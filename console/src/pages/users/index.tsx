import { Stack, Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Page } from "../../parts/Page";
import { Keys } from "./Keys";
import { People } from "./People";

export default function Users() {
  const { t } = useTranslation("users");
  const { t: shell } = useTranslation();
  return (
    <Page title={shell("page.users")} intro={t("intro")}>
      <Tabs defaultValue="people" keepMounted={false}>
        <Tabs.List aria-label={shell("page.users")}>
          <Tabs.Tab value="people">{t("people")}</Tabs.Tab>
          <Tabs.Tab value="keys">{t("keys")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people" pt="md"><Stack><People /></Stack></Tabs.Panel>
        <Tabs.Panel value="keys" pt="md"><Stack><Keys /></Stack></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
