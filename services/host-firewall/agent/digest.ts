/** What a table of nftables says, without what changes by itself: handles, counters, blocks, what meters remember. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';

interface Listing {
  readonly nftables: readonly Readonly<Record<string, unknown>>[];
}

/** Filled while packets pass or by `block`; their contents are no part of the rules. */
const isLive = (set: { readonly name?: unknown; readonly flags?: unknown }): boolean =>
  /^blocked[46]$/.test(String(set.name)) || [set.flags].flat().includes('dynamic');

/**
 * @param listing of `list table`, as JSON
 * @returns SHA-256 in hex; the same for the same rules, whenever they were loaded
 */
export function digestOf(listing: string): string {
  const { nftables } = JSON.parse(listing) as Listing;
  const lines = nftables.flatMap((item) => {
    const [[kind, value] = []] = Object.entries(item);
    // The version of the library is no rule.
    if (kind === undefined || kind === 'metainfo') return [];
    return canonicalJson({ [kind]: normal(value, kind) });
  });
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line).update('\n');
  return hash.digest('hex');
}

function normal(value: unknown, kind: string): unknown {
  const object = value as Readonly<Record<string, unknown>>;
  const live = (kind === 'set' || kind === 'map') && isLive(object);
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, field]) => {
      if (name === 'handle' || (live && name === 'elem')) return [];
      return [[name, name === 'elem' ? sorted(stripped(field)) : stripped(field)]];
    }),
  );
}

/** Without counts, deep; the elements of a set in one order, as the kernel’s hash tables have none. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([name, field]) => {
      if (name === 'counter') return [[name, null]];
      if (name === 'expires') return [];
      return [[name, name === 'set' ? sorted(stripped(field)) : stripped(field)]];
    }),
  );
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .map((element) => [JSON.stringify(element), element as unknown] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, element]) => element);
}
