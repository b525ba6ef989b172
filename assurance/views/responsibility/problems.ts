/**
 * What is wrong, once for each cause: cells that fail, went stale or were never assessed by themselves, whatever
 * leans on them; alike ones on many assets together, since one mirror that is down is one thing to mend.
 */
import type { ControlStatus } from '@demarc/platform/contract/api';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { keyOf } from '../../evaluation/evaluation.ts';
import { firstOf } from './words.ts';

export interface Problem {
  readonly controlId: string;
  readonly title: string;
  readonly status: Extract<ControlStatus, 'not-satisfied' | 'stale-evidence' | 'not-assessed'>;
  /** The one whose turn it is. */
  readonly party: string;
  readonly rule: string | undefined;
  readonly because: string;
  /** When the first of them began to be so; undefined where nothing was ever received. */
  readonly sinceMs: number | undefined;
  readonly assets: readonly { readonly assetId: string; readonly name: string }[];
  /** Cells that they hold down, themselves among them. */
  readonly affected: ReadonlySet<string>;
}

export function problemsOf(assessment: Assessment): readonly Problem[] {
  const cells = new Map(
    assessment.cells.map((cell) => [keyOf(cell.asset.assetId, cell.control.id), cell] as const),
  );
  const found = new Map<
    string,
    Problem & {
      readonly assets: Problem['assets'][number][];
      readonly affected: Set<string>;
      sinceMs: number | undefined;
    }
  >();
  for (const { root, affected } of assessment.rootCauses) {
    const assessed = cells.get(root);
    if (assessed === undefined) continue;
    const { status } = assessed.cell;
    if (status !== 'not-satisfied' && status !== 'stale-evidence' && status !== 'not-assessed') continue;
    // What was never assessed and holds nothing else down is counted, not listed: it is most of a new estate.
    if (status === 'not-assessed' && affected.every((key) => key === root)) continue;
    const { rule, because, sinceMs } = tellingOf(assessed);
    const party = responsible(assessed);
    const { control, asset } = assessed;
    const key = `${control.id} ${status} ${party} ${because}`;
    const known = found.get(key) ?? {
      controlId: control.id,
      title: control.title,
      status,
      party,
      rule,
      because,
      sinceMs,
      assets: [],
      affected: new Set(),
    };
    found.set(key, known);
    known.sinceMs = earlier(known.sinceMs, sinceMs);
    known.assets.push({ assetId: asset.assetId, name: asset.name });
    for (const each of [root, ...affected]) known.affected.add(each);
  }
  return [...found.values()].sort(
    (a, b) => b.affected.size - a.affected.size || (a.controlId < b.controlId ? -1 : 1),
  );
}

/** Who operates it; where nobody does or it is disputed, who is accountable for the control. */
export function responsible({ cell }: AssessedCell): string {
  const operate = cell.duties.find(({ duty }) => duty === 'operate');
  return firstOf(operate?.party ?? cell.accountable);
}

function tellingOf({ cell, evidence, control }: AssessedCell): {
  readonly rule: string | undefined;
  readonly because: string;
  readonly sinceMs: number | undefined;
} {
  const required = evidence.filter((item) => item.required);
  const wanted = cell.status === 'not-satisfied' ? 'fail' : 'stale';
  const item =
    required.find(({ state }) => state === wanted) ?? evidence.find(({ state }) => state === wanted);
  if (cell.status === 'not-assessed' || item === undefined) {
    const sourceless = evidence.every(({ state }) => state === 'no-source');
    const because = sourceless
      ? `nothing here can produce its evidence yet (${control.evidence.map(({ source }) => source).join(', ')})`
      : 'nothing was ever received';
    return { rule: required[0]?.rule, because, sinceMs: undefined };
  }
  const observedMs = item.observedAt === null ? undefined : Date.parse(item.observedAt);
  if (item.state === 'fail')
    return { rule: item.rule, because: `${item.rule} failed: ${item.because ?? ''}`, sinceMs: observedMs };
  const expiresMs = item.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(item.expiresAt);
  return {
    rule: item.rule,
    because: `${item.rule}: no pass for longer than ${item.freshForSeconds} s`,
    sinceMs:
      observedMs === undefined ? undefined : Math.min(observedMs + item.freshForSeconds * 1_000, expiresMs),
  };
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
