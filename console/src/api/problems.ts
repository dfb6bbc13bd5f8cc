// Refusals of the server (RFC 9457) and what a form makes of them.

export type Fault = { pointer?: string; detail: string; hint?: string };

// Refused is an answer that says no, with the reasons.
export class Refused extends Error {
  readonly status: number;
  readonly faults: Fault[];
  constructor(status: number, problem: { detail?: string; title?: string; errors?: Fault[] | null }) {
    super(problem.detail || problem.title || `status ${status}`);
    this.status = status;
    this.faults = problem.errors ?? [];
  }
}

// Unreachable means that no answer came: the server restarts, or the network is away.
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
  }
}

const said = (f: Fault) => (f.hint ? `${f.detail}. ${f.hint}` : f.detail);

// byField sorts the faults by the field that they point at. fields are the pointers a form shows; a fault
// deeper than a field belongs to the nearest one above it. rest are the faults that belong to none.
export function byField(error: unknown, fields: readonly string[]): { fields: Record<string, string>; rest: string[] } {
  const out: { fields: Record<string, string>; rest: string[] } = { fields: {}, rest: [] };
  if (!(error instanceof Refused)) return out;
  for (const fault of error.faults) {
    const at = nearest(fault.pointer ?? "", fields);
    if (at === undefined) out.rest.push(fault.pointer ? `${fault.pointer}: ${said(fault)}` : said(fault));
    else out.fields[at] = out.fields[at] ? `${out.fields[at]}; ${said(fault)}` : said(fault);
  }
  return out;
}

function nearest(pointer: string, fields: readonly string[]): string | undefined {
  for (let at = pointer.replace(/^(body|query):/, ""); at; at = at.slice(0, at.lastIndexOf("/"))) {
    if (fields.includes(at)) return at;
  }
  return undefined;
}

// conflicting reports whether somebody else changed the settings since they were read.
export const conflicting = (error: unknown): boolean => error instanceof Refused && error.status === 412;
