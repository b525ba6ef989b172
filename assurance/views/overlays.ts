/** What several views show alike: dates, scopes in words, what runs and what runs out. */
import type { RecordScope } from '@demarc/platform/contract/assurance/workbook';
import type { Assessment } from '../evaluation/assessment.ts';
import { instant } from '../evaluation/describe.ts';
import { type AssuredAsset, Population } from '../evaluation/population.ts';
import type { Scope } from '../model/acts.ts';

/** From so many days before its end on, something is said to run out. */
export const RUNNING_OUT_DAYS = 30;
const DAY_MS = 86_400_000;

export const dated = ({ tenantId, asOfMs, knownAtMs }: Assessment) => ({
  asOf: instant(asOfMs),
  knownAt: instant(knownAtMs),
  tenantId,
});

export const instantOrNull = (ms: number | undefined): string | null =>
  ms === undefined ? null : instant(ms);

export const runsOut = (endsAtMs: number, t: number): boolean => endsAtMs - t <= RUNNING_OUT_DAYS * DAY_MS;

/** Who is in which group at the assessment's instant. */
export const populationOf = ({ standing, asOfMs }: Assessment): Population =>
  new Population(standing, asOfMs);

export function scopeShown(
  { standing }: Assessment,
  population: Population,
  scope: Scope,
): { readonly scope: RecordScope; readonly scopeName: string } {
  switch (scope.kind) {
    case 'tenant':
      return { scope, scopeName: 'everything' };
    case 'group':
      return { scope, scopeName: standing.groups.get(scope.groupId)?.name ?? scope.groupId };
    case 'asset':
      return { scope, scopeName: population.find(scope.assetId)?.name ?? scope.assetId };
  }
}

/** Narrower first: an asset's own before a group's before everything. */
export function specificity(scope: Scope, population: Population, asset: AssuredAsset): number | undefined {
  const priority = population.covers(scope, asset);
  if (priority === undefined) return undefined;
  return scope.kind === 'tenant' ? -1 : scope.kind === 'group' ? priority : Number.MAX_SAFE_INTEGER;
}
