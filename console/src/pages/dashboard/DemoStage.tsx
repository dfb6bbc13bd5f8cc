import { useTranslation } from "react-i18next";
import { Empty } from "../../parts/states";
import { Stage } from "../../phone/Stage";

// DemoStage is the demo's world: the phone of the rehearsals, with the clock and the events that come with it.
export default function DemoStage() {
  const { t } = useTranslation("rehearsal");
  return <Stage base="/demo" dryRun gone={<Empty icon="phone" title={t("demoGone")}>{t("demoGoneText")}</Empty>} />;
}
