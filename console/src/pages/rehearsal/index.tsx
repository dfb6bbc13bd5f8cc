import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes, useNavigate, useParams } from "react-router";
import { raw } from "../../api/client";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/states";
import { Stage } from "../../phone/Stage";
import { useMay } from "../../session";
import { Begin } from "./Begin";

export default function Rehearsal() {
  const { t } = useTranslation("rehearsal");
  const { t: shell } = useTranslation();
  if (!useMay("admin")) return <Page title={shell("page.rehearsal")} intro={t("intro")}><Empty icon="phone" title={t("forAdmins")}>{t("forAdminsText")}</Empty></Page>;
  return (
    <Routes>
      <Route index element={<Page title={shell("page.rehearsal")} intro={t("intro")}><Begin /></Page>} />
      <Route path=":id" element={<Playing />} />
    </Routes>
  );
}

// Playing is one rehearsal; its address may be opened again while it lasts.
function Playing() {
  const { t } = useTranslation("rehearsal");
  const { t: shell } = useTranslation();
  const { id = "" } = useParams();
  const base = `/api/v1/rehearsals/${encodeURIComponent(id)}`;
  const go = useNavigate();
  const end = async () => {
    await raw(base, { method: "DELETE" }).catch(() => undefined); // it may have ended by itself
    void go("/rehearsal");
  };
  return (
    <Page title={shell("page.rehearsal")} intro={t("simulated")} actions={<Button variant="default" onClick={() => void end()}>{t("end")}</Button>}>
      <Stage key={id} base={base} gone={<Empty icon="phone" title={t("gone")} action={<Button component={Link} to="/rehearsal">{t("again")}</Button>}>{t("goneText")}</Empty>} />
    </Page>
  );
}
