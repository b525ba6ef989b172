/** Many cells → counts and a score. Never an average in which what is unknown counts as good. */
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';

/** Of the workbook's score: full for what holds, half for what holds in part, nothing for all else. */
const CREDIT: Readonly<Partial<Record<ControlStatus, number>>> = { satisfied: 1, 'partially-satisfied': 0.5 };

/** 0, 0.5 or 1. */
export const creditOf = (status: ControlStatus): number => CREDIT[status] ?? 0;

export interface Scored {
  readonly worth: number;
  readonly status: ControlStatus;
}

export interface RollUp {
  readonly counts: Readonly<Record<ControlStatus, number>>;
  /** All but the not applicable. */
  readonly applicable: number;
  /** Of the applicable: those of which anything was ever received. */
  readonly assessed: number;
  /** sum(worth × credit) / sum(worth) over the applicable, 0 to 1; undefined where nothing is applicable. */
  readonly score: number | undefined;
  /** assessed / applicable; a score without it flatters. */
  readonly coverage: number | undefined;
}

export function rollUp(cells: Iterable<Scored>): RollUp {
  const counts = Object.fromEntries(CONTROL_STATUSES.map((status) => [status, 0])) as Record<
    ControlStatus,
    number
  >;
  let worth = 0;
  let earned = 0;
  for (const cell of cells) {
    counts[cell.status] += 1;
    if (cell.status === 'not-applicable') continue;
    worth += cell.worth;
    earned += cell.worth * creditOf(cell.status);
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const applicable = total - counts['not-applicable'];
  const assessed = applicable - counts['not-assessed'];
  return {
    counts,
    applicable,
    assessed,
    score: worth === 0 ? undefined : earned / worth,
    coverage: applicable === 0 ? undefined : assessed / applicable,
  };
}

/**
 * What is wrong, once for each root: one failed service is one row, whatever leans on it.
 *
 * A cell that is bad by itself is its own root. Sorted by how many cells each root holds down, then by name.
 */
export function rootCauses(
  cells: Iterable<{
    readonly key: string;
    readonly roots: readonly string[];
    readonly status: ControlStatus;
  }>,
): readonly { readonly root: string; readonly affected: readonly string[] }[] {
  const found = new Map<string, string[]>();
  for (const { key, roots, status } of cells) {
    if (status === 'satisfied' || status === 'not-applicable') continue;
    for (const root of roots.length === 0 ? [key] : roots) {
      const affected = found.get(root);
      if (affected === undefined) found.set(root, [key]);
      else affected.push(key);
    }
  }
  return [...found]
    .map(([root, affected]) => ({ root, affected }))
    .sort((a, b) => b.affected.length - a.affected.length || (a.root < b.root ? -1 : 1));
}
