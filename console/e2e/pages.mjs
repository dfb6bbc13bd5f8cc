// The console's addresses, for tests that look at every page.
export const pages = [
  { name: "dashboard", path: "/" },
  { name: "activities", path: "/activities" },
  { name: "logs", path: "/logs" },
  { name: "reports", path: "/reports" },
  { name: "rehearsal", path: "/rehearsal" },
  { name: "pbxs", path: "/pbxs" },
  { name: "pbx", path: "/pbxs/main" },
  { name: "pbx-new", path: "/pbxs/new" },
  { name: "prompts", path: "/prompts" },
  { name: "prompt", path: "/prompts/greeting" },
  { name: "configurations", path: "/configurations" },
  { name: "configuration", path: "/configurations/Appointment%20reminder" },
  { name: "configuration-new", path: "/configurations/new" },
  { name: "opt-outs", path: "/opt-outs" },
  { name: "webhooks", path: "/webhooks" },
  { name: "audit", path: "/audit" },
  { name: "users", path: "/users" },
  { name: "nodes", path: "/nodes" },
  { name: "settings", path: "/settings" },
];

export const looks = [
  { name: "light", language: "en", scheme: "light" },
  { name: "dark", language: "en", scheme: "dark" },
  { name: "rtl", language: "ar", scheme: "light" },
  { name: "rtl-dark", language: "ar", scheme: "dark" },
];
