/** Cells → one row for each control of the catalogue: counts, owners, evidence and what people wrote beside it. */
import { type ControlStatus, DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { Control } from '../catalogue/catalogue.ts';
import type { AssessedCell, Assessment } from '../evaluation/assessment.ts';
import { type AnnotationState, scopeKey } from '../model/standing.ts';
import { worst } from '../rules/dependency.ts';
import { type RollUp, rollUp } from '../rules/rollup.ts';
import { partyName, scopeName } from './words.ts';

const HOUR_MS = 3_600_000;

export interface ControlRow {
  readonly control: Control;
  readonly cells: readonly AssessedCell[];
  readonly rollUp: RollUp;
  /** The worst over its assets; `not-applicable` where it applies to none. */
  readonly status: ControlStatus;
  readonly annotations: readonly AnnotationState[];
}

export function byControl({ catalogue, cells, standing }: Assessment): readonly ControlRow[] {
  const found = new Map<string, AssessedCell[]>();
  for (const cell of cells) {
    const there = found.get(cell.control.id);
    if (there === undefined) found.set(cell.control.id, [cell]);
    else there.push(cell);
  }
  const annotations = [...standing.annotations.values()].sort((a, b) => rank(a) - rank(b) || order(a, b));
  return [...catalogue.controls.values()].map((control) => {
    const own = found.get(control.id) ?? [];
    const scored = own.map(({ state }) => ({ worth: control.worth, status: state.effective }));
    return {
      control,
      cells: own,
      rollUp: rollUp(scored),
      status: worst(scored.map(({ status }) => status)),
      annotations: annotations.filter(({ controlId }) => controlId === control.id),
    };
  });
}

const rank = ({ scope }: AnnotationState): number => ['tenant', 'group', 'asset'].indexOf(scope.kind);
const order = (a: AnnotationState, b: AnnotationState): number =>
  scopeKey(a.scope) < scopeKey(b.scope) ? -1 : 1;

/** What was written for everything first; what holds for less says for what. */
export function written<Value>(
  assessment: Assessment,
  { annotations }: ControlRow,
  of: (annotation: AnnotationState) => Value | undefined,
  words: (value: Value) => string,
): string {
  return annotations
    .flatMap((annotation) => {
      const value = of(annotation);
      if (value === undefined) return [];
      const text = words(value);
      if (text === '') return [];
      return [
        annotation.scope.kind === 'tenant' ? text : `${scopeName(assessment, annotation.scope)}: ${text}`,
      ];
    })
    .join('\n');
}

/** `Provider`, or `Provider (41), Nobody (1)` where it is not the same on all assets. */
export function ownersOf(assessment: Assessment, { cells }: ControlRow, duty: Duty): string {
  const counts = new Map<string, number>();
  for (const { cell } of cells) {
    const held = cell.duties[DUTIES.indexOf(duty)];
    const name =
      held?.state === 'owned'
        ? partyName(assessment, held.party)
        : held?.state === 'contested'
          ? 'Disputed'
          : 'Nobody';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return sorted.length === 1
    ? (sorted[0]?.[0] ?? '')
    : sorted.map(([name, count]) => `${name} (${count})`).join(', ');
}

export function dutyCount({ cells }: ControlRow, state: 'unowned' | 'contested'): number {
  return cells.reduce((sum, { cell }) => sum + cell.duties.filter((held) => held.state === state).length, 0);
}

/** Newest and oldest of the observations that count, in milliseconds since the epoch. */
export function observedSpan(
  cells: readonly AssessedCell[],
): readonly [newest: number, oldest: number] | undefined {
  let span: readonly [number, number] | undefined;
  for (const { evidence } of cells)
    for (const { observedAt } of evidence) {
      if (observedAt === null) continue;
      const at = Date.parse(observedAt);
      span = span === undefined ? [at, at] : [Math.max(span[0], at), Math.min(span[1], at)];
    }
  return span;
}

export function hoursBefore(asOfMs: number, atMs: number | undefined): number | null {
  return atMs === undefined ? null : (asOfMs - atMs) / HOUR_MS;
}

/** The risks of the register that the control takes a step off. */
export function risksOf({ risks }: Assessment, control: Control): readonly string[] {
  return risks
    .filter(({ risk }) => risk.controls.some(({ controlId }) => controlId === control.id))
    .map(({ risk }) => risk.riskId);
}
