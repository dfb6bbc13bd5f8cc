// Where a dragged voice string lands.

// identified gives every place of the sequence an id of its own: a string may play twice.
export function identified(sequence: readonly string[]): { id: string; name: string }[] {
  const seen = new Map<string, number>();
  return sequence.map((name) => {
    const n = seen.get(name) ?? 0;
    seen.set(name, n + 1);
    return { id: `${name}#${n}`, name };
  });
}

// placed is the sequence after what was dragged ("new:NAME" or an id of identified) was let go over a place or over
// the list ("sequence"); undefined if nothing changes.
export function placed(sequence: readonly string[], dragged: string, over: string): { sequence: string[]; name: string; place: number } | undefined {
  const ids = identified(sequence).map((i) => i.id);
  const target = over === "sequence" ? sequence.length : ids.indexOf(over);
  if (target < 0) return undefined;
  const next = [...sequence];
  if (dragged.startsWith("new:")) {
    const name = dragged.slice(4);
    next.splice(target, 0, name);
    return { sequence: next, name, place: target };
  }
  const from = ids.indexOf(dragged);
  const to = Math.min(target, sequence.length - 1);
  if (from < 0 || from === to) return undefined;
  const [name] = next.splice(from, 1);
  next.splice(to, 0, name!);
  return { sequence: next, name: name!, place: to };
}
