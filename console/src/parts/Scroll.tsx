import type { ReactNode } from "react";

// Scroll lets a wide table move sideways, by keyboard, too.
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return <div style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label={label}>{children}</div>;
}
