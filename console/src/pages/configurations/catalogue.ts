// Names of components and events in the reader's language; the hospital's own have the names that they were given.
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client";
import type { Component } from "./model";

export function useCatalogueNames() {
  const { t } = useTranslation("catalogue");
  return {
    component: (c: Component) => t(`${c.name}.title`, c.title || c.name),
    event: (c: Component | undefined, e: Schemas["EventType"]) => t(`${c?.name}.events.${e.name}`, e.title || e.name),
  };
}
