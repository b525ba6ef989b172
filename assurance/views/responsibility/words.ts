/** Parties, dates, ages and services in the words that the views share. */
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Scope } from '../../model/acts.ts';
import type { EntitlementState, Standing } from '../../model/standing.ts';

const DAY_MS = 86_400_000;
const BUILT_IN: Readonly<Record<string, string>> = {
  provider: 'Provider',
  customer: 'Customer',
  ams: 'AMS team',
};

export const daysOf = (ms: number): number => Math.floor(ms / DAY_MS);
export const daysMs = (days: number): number => days * DAY_MS;

/** `Provider`, `Provider + Customer`, or the name under which a party is registered. */
export function partyName(standing: Standing, party: string): string {
  return party
    .split('+')
    .map((one) => BUILT_IN[one] ?? standing.parties.get(one)?.name ?? one)
    .join(' + ');
}

/** The ones that hold a duty together. */
export const holdersOf = (party: string | null): readonly string[] => party?.split('+') ?? [];

/** Where several hold something together the first has the turn: a turn of two is nobody's. */
export const firstOf = (party: string): string => party.split('+')[0] ?? party;

/** `3 Nov 2026`, in UTC. */
export function day(ms: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(ms);
}

/** `4 min`, coarse enough to be read at a glance. */
export function age(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 90) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}

/** `file integrity monitoring managed`. */
export function serviceName(catalogue: Catalogue, { serviceId, tier }: EntitlementState): string {
  const title = catalogue.services.find(({ id }) => id === serviceId)?.title ?? serviceId;
  return `${title.replace(/^Managed /, '')} ${tier}`;
}

/** What a scope is about: `everything`, the name of a group, the name of an asset. */
export function scopeName(scope: Scope, { groups, assets }: Standing): string {
  switch (scope.kind) {
    case 'tenant':
      return 'everything';
    case 'group':
      return groups.get(scope.groupId)?.name ?? scope.groupId;
    case 'asset':
      return assets.get(scope.assetId)?.name ?? scope.assetId;
  }
}

/** Layers, areas and kinds as headings: `Operating system`. */
export function heading(id: string): string {
  const words = id.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The first `most` of a list, and how many were left out. */
export function bounded<T>(
  items: readonly T[],
  most: number,
): { readonly kept: T[]; readonly leftOut: number } {
  return { kept: items.slice(0, most), leftOut: Math.max(0, items.length - most) };
}
