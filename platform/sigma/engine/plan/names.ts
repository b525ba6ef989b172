import type { FieldValue, SigmaEvent } from '../../event.ts';

/** How paths of a source's JSON, joined by dots, are called in rules; a path that nothing names keeps its own. */
export interface Names {
  readonly exact?: Readonly<Record<string, string>>;
  /** What a path begins with → what stands there instead; the longest that fits counts. */
  readonly prefixes?: Readonly<Record<string, string>>;
}

export function nameOf(names: Names, path: string): string {
  if (names.exact !== undefined && Object.hasOwn(names.exact, path)) return names.exact[path] ?? path;
  let best: string | undefined;
  for (const prefix of Object.keys(names.prefixes ?? {}))
    if (path.startsWith(prefix) && path.length > prefix.length && prefix.length > (best?.length ?? -1))
      best = prefix;
  return best === undefined ? path : (names.prefixes?.[best] ?? '') + path.slice(best.length);
}

/** The leaves under the names that rules use; paths that come to the same name are one field. */
export function nameFields(fields: SigmaEvent['fields'], names: Names): SigmaEvent['fields'] {
  const named = Object.create(null) as Record<string, FieldValue | readonly FieldValue[]>;
  for (const [path, value] of Object.entries(fields)) {
    const name = nameOf(names, path);
    const before = named[name];
    named[name] = before === undefined ? value : [before, value].flat();
  }
  return named;
}
