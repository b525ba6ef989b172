/** What a party still has to do: the duties it holds, by the risk that hangs on them, each with its next step. */
import type { ControlStatus } from '@demarc/platform/contract/api';
import type { Mine, MineRow } from '@demarc/platform/contract/assurance/responsibility';
import type { AssessedCell, AssessedRisk, Assessment } from '../../evaluation/assessment.ts';
import { evidenceText, instant, nextSteps } from '../../evaluation/describe.ts';
import { keyOf } from '../../evaluation/evaluation.ts';
import { bounded, holdersOf } from './words.ts';

const ROWS_MAX = 5_000;
const RISKS_MAX = 20;
/** What is worst first; what holds is last, however great the risk: it is taken care of. */
const SEVERITY: readonly ControlStatus[] = [
  'not-satisfied',
  'stale-evidence',
  'partially-satisfied',
  'not-assessed',
  'satisfied',
  'not-applicable',
];

/**
 * What others hold is not in here, and what they have to do is said as theirs: nobody is alarmed about what only
 * another can change.
 */
export function mineOf(assessment: Assessment, party: string): Mine {
  const risks = risksByControl(assessment);
  const steps = stepsOf(assessment);
  const rows: MineRow[] = [];
  const holders = new Map<string, number>();
  for (const assessed of assessment.cells) {
    for (const duty of assessed.cell.duties)
      for (const holder of holdersOf(duty.party)) holders.set(holder, (holders.get(holder) ?? 0) + 1);
    const duties = assessed.cell.duties.filter((duty) => holdersOf(duty.party).includes(party));
    if (duties.length === 0) continue;
    const mitigated = risks.get(assessed.control.id) ?? [];
    rows.push({
      controlId: assessed.control.id,
      title: assessed.control.title,
      layer: assessed.control.layer,
      assetId: assessed.asset.assetId,
      assetName: assessed.asset.name,
      duties: duties.map(({ duty }) => duty),
      status: assessed.cell.status,
      worth: assessed.control.worth,
      risks: mitigated.slice(0, RISKS_MAX).map(({ risk, inherent, residual }) => ({
        riskId: risk.riskId,
        title: risk.title,
        inherent,
        residual,
      })),
      residualScore: Math.max(0, ...mitigated.map(({ residual }) => residual.score)),
      inherentScore: Math.max(0, ...mitigated.map(({ inherent }) => inherent.score)),
      because: becauseOf(assessed),
      next: nextFor(steps(assessed), party),
    });
  }
  rows.sort(byUrgency);
  const { kept, leftOut } = bounded(rows, ROWS_MAX);
  return {
    asOf: instant(assessment.asOfMs),
    knownAt: instant(assessment.knownAtMs),
    party,
    holders: [...holders].map(([holder, dutyCount]) => ({ party: holder, dutyCount })).slice(0, 200),
    rows: kept,
    leftOut,
    unownedCount: assessment.cells.reduce(
      (sum, { cell }) => sum + cell.duties.filter(({ state }) => state === 'unowned').length,
      0,
    ),
    dutyCount: rows.reduce((sum, { duties }) => sum + duties.length, 0),
    todoCount: rows.filter(({ next }) => next !== null && next.party === party).length,
  };
}

/** The step of the party itself before those of others; nothing to do where it holds or is not about this. */
function nextFor(
  steps: readonly { readonly party: string; readonly step: string }[],
  party: string,
): MineRow['next'] {
  const own = steps.find((step) => holdersOf(step.party).includes(party));
  if (own !== undefined) return { party, step: own.step };
  const other = steps[0];
  return other === undefined ? null : { ...other };
}

function stepsOf(assessment: Assessment) {
  const cells = new Map(
    assessment.cells.map((cell) => [keyOf(cell.asset.assetId, cell.control.id), cell] as const),
  );
  return ({ cell, evidence, state }: AssessedCell) =>
    cell.status === 'not-applicable'
      ? []
      : nextSteps(cell, evidence, state.roots, (controlId, assetId) => {
          const below = cells.get(keyOf(assetId, controlId));
          if (below === undefined) return undefined;
          const { control, asset, cell: lower } = below;
          return { control, asset, effective: lower.status, operator: lower.duties[0]?.party };
        });
}

/** Control → the risks that it mitigates, the greatest residual first. */
function risksByControl({ risks }: Assessment): ReadonlyMap<string, readonly AssessedRisk[]> {
  const found = new Map<string, AssessedRisk[]>();
  for (const risk of risks)
    for (const { control } of risk.mitigations) {
      const known = found.get(control.id);
      if (known === undefined) found.set(control.id, [risk]);
      else known.push(risk);
    }
  for (const list of found.values())
    list.sort((a, b) => b.residual.score - a.residual.score || b.inherent.score - a.inherent.score);
  return found;
}

function becauseOf({ cell, evidence }: AssessedCell): string {
  if (cell.notApplicableBecause !== null) return `not applicable: ${cell.notApplicableBecause}`;
  if (cell.rootCauses.length > 0) return `held down by ${cell.rootCauses.slice(0, 5).join(', ')}`;
  const telling = (['fail', 'stale', 'not-received', 'no-source', 'pass'] as const)
    .map((state) => evidence.find((item) => item.state === state))
    .find((item) => item !== undefined);
  return telling === undefined ? '' : evidenceText(telling);
}

function byUrgency(a: MineRow, b: MineRow): number {
  const settled = (row: MineRow): number =>
    row.status === 'satisfied' || row.status === 'not-applicable' ? 1 : 0;
  return (
    settled(a) - settled(b) ||
    b.residualScore - a.residualScore ||
    b.inherentScore - a.inherentScore ||
    SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status) ||
    b.worth - a.worth ||
    (`${a.controlId} ${a.assetName}` < `${b.controlId} ${b.assetName}` ? -1 : 1)
  );
}
