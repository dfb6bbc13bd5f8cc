// Every page of the console: its address, its place in the navigation, and how it is loaded.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { IconName } from "./parts/icons";

export type Route = {
  path: string; // without a leading slash; "" is the front page
  name: string; // key of its title in shell.json, folder in pages/, file in i18n/
  icon: IconName;
  group: "watch" | "set" | "govern";
  scope: "admin" | "operator" | "read"; // who finds it in the navigation
  page: LazyExoticComponent<ComponentType>;
};

const route = (path: string, name: string, icon: IconName, group: Route["group"], load: () => Promise<{ default: ComponentType }>, scope: Route["scope"] = "read"): Route => ({
  path, name, icon, group, scope, page: lazy(load),
});

export const routes: Route[] = [
  route("", "dashboard", "home", "watch", () => import("./pages/dashboard")),
  route("activities", "activities", "list", "watch", () => import("./pages/activities")),
  route("logs", "logs", "timeline", "watch", () => import("./pages/logs")),
  route("reports", "reports", "chart", "watch", () => import("./pages/reports")),
  route("rehearsal", "rehearsal", "phone", "watch", () => import("./pages/rehearsal")),
  route("pbxs", "pbxs", "server", "set", () => import("./pages/pbxs")),
  route("prompts", "prompts", "voice", "set", () => import("./pages/prompts")),
  route("configurations", "configurations", "cascade", "set", () => import("./pages/configurations")),
  route("opt-outs", "optouts", "stop", "govern", () => import("./pages/optouts"), "operator"),
  route("webhooks", "webhooks", "webhook", "govern", () => import("./pages/webhooks")),
  route("audit", "audit", "audit", "govern", () => import("./pages/audit"), "admin"),
  route("users", "users", "users", "govern", () => import("./pages/users"), "admin"),
  route("nodes", "nodes", "nodes", "govern", () => import("./pages/nodes")),
  route("settings", "settings", "settings", "govern", () => import("./pages/settings"), "admin"),
];

export const groups: Route["group"][] = ["watch", "set", "govern"];
