/** Door: the risk register and its heat map. */
import type { RiskMitigation, RiskRow, Risks } from '@demarc/platform/contract/assurance/workbook';
import type { AssessedRisk, Assessment } from '../evaluation/assessment.ts';
import { instant } from '../evaluation/describe.ts';
import { inForce, type RiskState } from '../model/standing.ts';
import { type RiskLevels, residual, scoreOf, sourceScoreOf, stepsTaken } from '../rules/risk.ts';
import { dated, instantOrNull, runsOut } from './overlays.ts';

const RISKS_MAX = 1_000;
const LOG_MAX = 500;
const LINKS_MAX = 500;

export interface RisksViewOptions {
  /** Risk → since when it is above the appetite without a break (`risk-history.ts`); empty where that is not kept. */
  readonly aboveSince: ReadonlyMap<string, number>;
}

export function risksView(
  assessment: Assessment,
  { aboveSince }: RisksViewOptions = { aboveSince: new Map() },
): Risks {
  const { appetite, standing, asOfMs } = assessment;
  const open = assessment.risks
    .map((assessed) => openRow(assessment, assessed, aboveSince.get(assessed.risk.riskId)))
    .sort((a, b) => b.residual.score - a.residual.score || (a.riskId < b.riskId ? -1 : 1));
  const closed = [...standing.risks.values()]
    .filter((risk) => !inForce(risk, asOfMs))
    .map((risk) => closedRow(assessment, risk));
  return {
    ...dated(assessment),
    appetite,
    appetiteSet: standing.appetite !== undefined,
    aboveCount: open.filter(({ aboveAppetite }) => aboveAppetite).length,
    risks: [...open, ...closed].slice(0, RISKS_MAX),
    heat: heatMap(open, appetite),
  };
}

/** All 25 fields, likelihood from 5 down to 1, in each impact from 1 up to 5. */
export function heatMap(rows: readonly RiskRow[], appetite: number): Risks['heat'] {
  const levels = [1, 2, 3, 4, 5];
  const there = (at: RiskLevels, which: 'inherent' | 'residual'): string[] =>
    rows
      .filter((row) => row[which].likelihood === at.likelihood && row[which].impact === at.impact)
      .map(({ riskId }) => riskId);
  return levels.toReversed().flatMap((likelihood) =>
    levels.map((impact) => {
      const at = { likelihood, impact };
      return {
        ...at,
        score: scoreOf(at),
        aboveAppetite: scoreOf(at) > appetite,
        inherent: there(at, 'inherent'),
        residual: there(at, 'residual'),
      };
    }),
  );
}

function openRow(assessment: Assessment, assessed: AssessedRisk, aboveSinceMs: number | undefined): RiskRow {
  const { risk, inherent, residual: left, aboveAppetite } = assessed;
  return {
    ...common(assessment, risk),
    state: 'open',
    inherent: scored(inherent),
    residual: scored(left),
    mitigations: assessed.mitigations.map((mitigation, at) => shown(assessed, mitigation, at)),
    aboveAppetite,
    aboveSince: aboveAppetite ? instantOrNull(aboveSinceMs) : null,
    tasks: tasksOf(assessment, assessed),
  };
}

/** What it was when it was closed is in the ledger; nothing is computed of it any more. */
function closedRow(assessment: Assessment, risk: RiskState): RiskRow {
  const inherent = scored(risk);
  return {
    ...common(assessment, risk),
    state: 'closed',
    inherent,
    residual: inherent,
    mitigations: [],
    reviewOverdue: false,
    aboveAppetite: false,
    aboveSince: null,
    tasks: [],
  };
}

function common({ standing, asOfMs }: Assessment, risk: RiskState) {
  const { riskId, title, scenario, threat, version, treatment, owner, reviewAtMs, recordId } = risk;
  return {
    riskId,
    title,
    scenario,
    threat,
    version,
    treatment,
    owner,
    reviewAt: instantOrNull(reviewAtMs),
    reviewOverdue: reviewAtMs !== undefined && reviewAtMs <= asOfMs,
    exceptionIds: [...standing.exceptions.values()]
      .filter((exception) => exception.riskId === riskId && inForce(exception, asOfMs))
      .slice(0, LINKS_MAX)
      .map(({ exceptionId }) => exceptionId),
    poamIds: [...standing.poam.values()]
      .filter((item) => item.riskId === riskId && item.status !== 'done')
      .slice(0, LINKS_MAX)
      .map(({ poamId }) => poamId),
    log: risk.log.slice(-LOG_MAX).map(({ atMs, person, note }) => ({ at: instant(atMs), person, note })),
    recordId,
  };
}

const scored = ({ likelihood, impact }: RiskLevels) => {
  const levels = { likelihood, impact };
  return { ...levels, score: scoreOf(levels), sourceScore: sourceScoreOf(levels) };
};

function shown(
  { mitigations, inherent }: AssessedRisk,
  mitigation: AssessedRisk['mitigations'][number],
  at: number,
): RiskMitigation {
  const { control, reduces, steps, status } = mitigation;
  const held = mitigations.map((other, index) =>
    index === at ? { ...other, status: 'satisfied' as const } : other,
  );
  return {
    controlId: control.id,
    title: control.title,
    reduces,
    steps,
    status,
    takes: stepsTaken(mitigation),
    scoreIfHeld: status === 'satisfied' ? null : scoreOf(residual(inherent, held)),
  };
}

/** Crossing the appetite opens a task; so does a review that nobody made. Computed, so that it closes by itself. */
function tasksOf(
  { asOfMs, appetite, standing }: Assessment,
  { risk, residual: left, aboveAppetite }: AssessedRisk,
): string[] {
  const tasks: string[] = [];
  const accepted =
    risk.treatment === 'accept' ||
    [...standing.exceptions.values()].some(
      (exception) =>
        exception.riskId === risk.riskId &&
        exception.approvedAtMs !== undefined &&
        exception.approvedAtMs <= asOfMs &&
        inForce(exception, asOfMs),
    );
  if (aboveAppetite)
    tasks.push(
      accepted
        ? `Residual ${left.score} is above the appetite of ${appetite}; it is accepted, and wants to be looked at again.`
        : `Residual ${left.score} is above the appetite of ${appetite}: reduce, transfer, avoid or accept it.`,
    );
  if (risk.version === 0) tasks.push('Nobody here has reviewed it: it is the catalogue’s.');
  else if (risk.reviewAtMs === undefined) tasks.push('It has no review date.');
  else if (risk.reviewAtMs <= asOfMs) tasks.push('Its review is overdue.');
  else if (runsOut(risk.reviewAtMs, asOfMs)) tasks.push('Its review is due soon.');
  return tasks;
}
