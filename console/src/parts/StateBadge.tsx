import { Badge, type MantineColor } from "@mantine/core";
import { useTranslation } from "react-i18next";

export const stateColour: Record<string, MantineColor> = {
  scheduled: "gray", queued: "blue", in_progress: "violet", awaiting_response: "orange", completed: "teal",
  failed: "red", cancelled: "gray", expired: "red", suppressed: "gray",
};

// StateBadge says a transaction's state in words; its colour only repeats them.
export function StateBadge({ state }: { state: string }) {
  const { t } = useTranslation("words");
  return <Badge variant="light" color={stateColour[state] ?? "gray"} tt="none" radius="sm">{t(`state.${state}`, state)}</Badge>;
}
