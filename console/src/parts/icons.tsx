// Line icons on a 24 grid, drawn for this console.
import type { CSSProperties } from "react";

const paths = {
  home: "M4 11.5 12 5l8 6.5M6 10v9h12v-9M10 19v-5h4v5",
  server: "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01",
  voice: "M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3ZM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  cascade: "M4 5h7v4H4zM9 10.5h7v4H9zM13 16h7v4h-7zM6 9v3.5h3M11.5 14.5V18H13",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  timeline: "M6 4v16M6 7h.01M10 7h9M6 12h.01M10 12h7M6 17h.01M10 17h9",
  chart: "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
  stop: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM6 6l12 12",
  webhook: "M12 5a3.5 3.5 0 0 1 3 5.3l3 5.2M15 8.5 12 14M6 14.5a3.5 3.5 0 1 0 3.5 3.5H18M9 9l-3 5.5",
  audit: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  users: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17 14.3c2.5.7 4 2.9 4 5.7",
  settings: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M18.4 5.6l-2.1 2.1M7.7 16.3l-2.1 2.1",
  phone: "M5 4h4l1.5 5L8 10.5c1 2.5 3 4.5 5.5 5.5l1.5-2.5 5 1.5v4c0 .6-.4 1-1 1C11 20 4 13 4 5c0-.6.4-1 1-1Z",
  nodes: "M12 4v5M12 9 6 15M12 9l6 6M12 2.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3ZM5 15a2.2 2.2 0 1 0 0 4.4A2.2 2.2 0 0 0 5 15ZM19 15a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  plus: "M12 5v14M5 12h14",
  check: "m5 12.5 4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6 6 18",
  warn: "M12 4 2.5 20h19zM12 10v4.5M12 17.5h.01",
  up: "m6 14 6-6 6 6",
  down: "m6 10 6 6 6-6",
  next: "m9 5 7 7-7 7",
  drag: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  sms: "M4 5h16v11H10l-5 4v-4H4zM8 10.5h.01M12 10.5h.01M16 10.5h.01",
  key: "M8 10a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM11 11l8-8M15.5 6.5 18 9",
  record: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z",
  upload: "M12 16V4M7 9l5-5 5 5M4 20h16",
  download: "M12 4v12M7 11l5 5 5-5M4 20h16",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13",
  refresh: "M20 11a8 8 0 1 0-2.3 6.2M20 5v6h-6",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3.5 2",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20 20",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20, flip, style }: { name: IconName; size?: number; flip?: boolean; style?: CSSProperties }) {
  return (
    <svg
      width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.8}
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false"
      style={flip ? { transform: document.documentElement.dir === "rtl" ? "scaleX(-1)" : undefined, ...style } : style}
    >
      <path d={paths[name]} />
    </svg>
  );
}

export const channelIcon: Record<string, IconName> = { ivr: "phone", whatsapp: "chat", sms: "sms", email: "mail" };
