/** Door: exceptions, not-applicable approvals and the plan of action, with what they are about as it is. */
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';
import type {
  ExceptionPhase,
  ExceptionRow,
  Exceptions,
  NotApplicableRow,
  Poam,
  PoamRow,
} from '@demarc/platform/contract/assurance/workbook';
import { exceptionState } from '../commands/overlays.ts';
import type { AssessedCell, Assessment } from '../evaluation/assessment.ts';
import { instant } from '../evaluation/describe.ts';
import { selects } from '../evaluation/duties.ts';
import { keyOf } from '../evaluation/evaluation.ts';
import type { Population } from '../evaluation/population.ts';
import { type ExceptionState, inForce, type NotApplicableState, type PoamState } from '../model/standing.ts';
import { worst } from '../rules/dependency.ts';
import { dated, instantOrNull, populationOf, RUNNING_OUT_DAYS, runsOut, scopeShown } from './overlays.ts';

const ROWS_MAX = 2_000;
const POAM_ROWS_MAX = 5_000;
const LOG_MAX = 500;

/** What needs somebody comes first: requested, running out, running; then what is over, the newest first. */
const PHASE_ORDER: readonly ExceptionPhase[] = [
  'requested',
  'running-out',
  'running',
  'expired',
  'lapsed',
  'revoked',
];

export function exceptionsView(assessment: Assessment): Exceptions {
  const population = populationOf(assessment);
  const { standing } = assessment;
  const exceptions = [...standing.exceptions.values()]
    .map((exception) => exceptionRow(assessment, population, exception))
    .sort(
      (a, b) =>
        PHASE_ORDER.indexOf(a.phase) - PHASE_ORDER.indexOf(b.phase) ||
        (isOver(a.phase) ? b.until.localeCompare(a.until) : a.until.localeCompare(b.until)),
    );
  const notApplicable = [...standing.notApplicable.values()]
    .map((approval) => notApplicableRow(assessment, population, approval))
    .sort(
      (a, b) =>
        PHASE_ORDER.indexOf(a.phase) - PHASE_ORDER.indexOf(b.phase) || a.reviewAt.localeCompare(b.reviewAt),
    );
  return {
    ...dated(assessment),
    runningOutDays: RUNNING_OUT_DAYS,
    exceptions: exceptions.slice(0, ROWS_MAX),
    notApplicable: notApplicable.slice(0, ROWS_MAX),
    leftOff: Math.max(0, exceptions.length - ROWS_MAX) + Math.max(0, notApplicable.length - ROWS_MAX),
  };
}

const isOver = (phase: ExceptionPhase): boolean => ['expired', 'lapsed', 'revoked'].includes(phase);

export function exceptionRow(
  assessment: Assessment,
  population: Population,
  exception: ExceptionState,
): ExceptionRow {
  const { asOfMs, cells, catalogue } = assessment;
  const state = exceptionState(exception, asOfMs);
  const until = exception.toMs ?? 0;
  const about = cells.filter(
    ({ control, asset }) =>
      selects(exception.controls, control) && population.covers(exception.scope, asset) !== undefined,
  );
  return {
    exceptionId: exception.exceptionId,
    phase: state === 'running' && runsOut(until, asOfMs) ? 'running-out' : state,
    controls: [...exception.controls],
    ...scopeShown(assessment, population, exception.scope),
    reason: exception.reason,
    compensating: exception.compensatingControls.map((controlId) => ({
      controlId,
      title: catalogue.controls.get(controlId)?.title ?? controlId,
      status: worst(
        cells
          .filter(
            ({ control, asset }) =>
              control.id === controlId && population.covers(exception.scope, asset) !== undefined,
          )
          .map(({ cell }) => cell.status),
      ),
    })),
    riskId: exception.riskId ?? null,
    requester: exception.requester,
    requestedAt: instant(exception.fromMs),
    approver: exception.approver ?? null,
    approvedAt: instantOrNull(exception.approvedAtMs),
    until: instant(until),
    endedBecause: exception.revoked?.reason ?? null,
    cells: { count: about.length, counts: countsOf(about) },
    recordId: exception.approvedRecordId ?? exception.recordId,
  };
}

export function notApplicableRow(
  assessment: Assessment,
  population: Population,
  approval: NotApplicableState,
): NotApplicableRow {
  const { asOfMs, cells, catalogue } = assessment;
  const running = inForce(approval, asOfMs);
  const phase = running
    ? runsOut(approval.reviewAtMs, asOfMs)
      ? 'running-out'
      : 'running'
    : approval.revoked === undefined
      ? 'expired'
      : 'revoked';
  return {
    approvalId: approval.approvalId,
    controlId: approval.controlId,
    title: catalogue.controls.get(approval.controlId)?.title ?? approval.controlId,
    ...scopeShown(assessment, population, approval.scope),
    reason: approval.reason,
    approver: approval.approver,
    approvedAt: instant(approval.fromMs),
    reviewAt: instant(approval.reviewAtMs),
    phase,
    endedBecause: approval.revoked?.reason ?? null,
    cellCount: cells.filter(
      ({ control, asset }) =>
        control.id === approval.controlId && population.covers(approval.scope, asset) !== undefined,
    ).length,
    recordId: approval.recordId,
  };
}

/** What is open and overdue first, then by due date; what is done last. */
export function poamView(assessment: Assessment): Poam {
  const byKey = new Map(assessment.cells.map((each) => [keyOf(each.asset.assetId, each.control.id), each]));
  const items = [...assessment.standing.poam.values()]
    .map((item) => poamRow(assessment, byKey, item))
    .sort(
      (a, b) => Number(a.status === 'done') - Number(b.status === 'done') || a.dueAt.localeCompare(b.dueAt),
    );
  return {
    ...dated(assessment),
    items: items.slice(0, POAM_ROWS_MAX),
    leftOff: Math.max(0, items.length - POAM_ROWS_MAX),
  };
}

function poamRow(
  { catalogue, asOfMs, standing }: Assessment,
  byKey: ReadonlyMap<string, AssessedCell>,
  item: PoamState,
): PoamRow {
  const found = byKey.get(keyOf(item.assetId, item.controlId));
  const done = item.status === 'done';
  return {
    poamId: item.poamId,
    controlId: item.controlId,
    title: catalogue.controls.get(item.controlId)?.title ?? item.controlId,
    assetId: item.assetId,
    assetName: found?.asset.name ?? standing.assets.get(item.assetId)?.name ?? item.assetId,
    controlStatus: found?.cell.status ?? null,
    finding: item.finding,
    owner: item.owner,
    status: item.status,
    openedAt: instant(item.fromMs),
    dueAt: instant(item.dueAtMs),
    overdue: !done && item.status !== 'risk-accepted' && item.dueAtMs <= asOfMs,
    riskId: item.riskId ?? null,
    milestones: item.milestones.map(({ title, dueAtMs }) => ({
      title,
      dueAt: instant(dueAtMs),
      overdue: !done && dueAtMs <= asOfMs,
    })),
    log: item.log
      .slice(-LOG_MAX)
      .map(({ atMs, by, status, note }) => ({ at: instant(atMs), by, status, note })),
    recordId: item.recordId,
  };
}

export function countsOf(cells: readonly AssessedCell[]): Record<ControlStatus, number> {
  const counts = Object.fromEntries(CONTROL_STATUSES.map((status) => [status, 0])) as Record<
    ControlStatus,
    number
  >;
  for (const { cell } of cells) counts[cell.status] += 1;
  return counts;
}
