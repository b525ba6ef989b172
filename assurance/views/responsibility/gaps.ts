/** The gaps board: what is nobody's, disputed, waiting, failing, stale or running out; each with one party whose turn it is. */
import {
  GAP_KINDS,
  type Gap,
  type GapKind,
  type Gaps,
} from '@demarc/platform/contract/assurance/responsibility';
import { entitledAssets } from '../../commands/services.ts';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import { Population } from '../../evaluation/population.ts';
import { inForce, standingOf } from '../../model/standing.ts';
import { missingOf } from './entitlements.ts';
import { problemsOf } from './problems.ts';
import { bounded, daysMs, firstOf, scopeName, serviceName } from './words.ts';

const ROWS_MAX = 5_000;
const ASSETS_MAX = 100;
const CONTROLS_MAX = 200;

export interface GapsOptions {
  /** What waits for longer is a gap. */
  readonly pendingDays: number;
  /** What runs out sooner is a gap. */
  readonly soonDays: number;
}

type Row = Omit<Gap, 'controls' | 'assets' | 'assetCount'> & {
  readonly controls: Iterable<string>;
  readonly assets: Iterable<Gap['assets'][number]>;
};

export function gapsOf(assessment: Assessment, options: GapsOptions): Gaps {
  const rows = [
    ...failing(assessment),
    ...unaccepted(assessment),
    ...unowned(assessment),
    ...contested(assessment),
    ...pending(assessment, options.pendingDays),
    ...runningOut(assessment, options.soonDays),
  ].map(finished);
  rows.sort(
    (a, b) =>
      GAP_KINDS.indexOf(a.kind) - GAP_KINDS.indexOf(b.kind) ||
      b.affectedCount - a.affectedCount ||
      (a.key < b.key ? -1 : 1),
  );
  const { kept, leftOut } = bounded(rows, ROWS_MAX);
  return {
    asOf: instant(assessment.asOfMs),
    knownAt: instant(assessment.knownAtMs),
    ...options,
    rows: kept,
    leftOut,
    counts: Object.fromEntries(
      GAP_KINDS.map((kind) => [kind, rows.filter((row) => row.kind === kind).length]),
    ) as Record<GapKind, number>,
    scheduleAccepted: assessment.standing.scheduleAcceptedAtMs !== undefined,
    neverAssessedCount: assessment.rollUp.counts['not-assessed'],
  };
}

/** Once for each root cause, whatever leans on it. */
function failing(assessment: Assessment): readonly Row[] {
  const KINDS = { 'not-satisfied': 'failing', 'stale-evidence': 'stale', 'not-assessed': 'unknown' } as const;
  return problemsOf(assessment).map((problem) => {
    const kind = KINDS[problem.status];
    const [asset] = problem.assets;
    const leaning = problem.affected.size - problem.assets.length;
    const held = leaning === 0 ? '' : `; ${leaning} other cells lean on it`;
    return {
      key: `${kind} ${problem.controlId} ${problem.party} ${problem.because}`,
      kind,
      title: problem.title,
      party: problem.party,
      because: `${problem.because}${held}`,
      step:
        kind === 'failing'
          ? `Mend what ${problem.rule ?? 'the evidence'} found.`
          : `Bring ${problem.rule ?? 'the evidence'} ${kind === 'stale' ? 'back' : 'in'}.`,
      since: problem.sinceMs === undefined ? null : instant(problem.sinceMs),
      until: null,
      controls: [problem.controlId],
      assets: problem.assets,
      affectedCount: problem.affected.size,
      open: asset === undefined ? null : { controlId: problem.controlId, assetId: asset.assetId },
    };
  });
}

/** One cause for all that the schedule would give somebody: one row. */
function unaccepted({ cells, standing }: Assessment): readonly Row[] {
  if (standing.scheduleAcceptedAtMs !== undefined) return [];
  const without = cells.filter(({ cell }) => cell.duties.some(({ by }) => by === 'no accepted claim'));
  if (without.length === 0) return [];
  const duties = without.flatMap(({ cell }) => cell.duties).filter(({ by }) => by === 'no accepted claim');
  return [
    {
      key: 'unowned schedule',
      kind: 'unowned',
      title: 'The responsibility schedule is not accepted',
      party: 'customer',
      because: `${duties.length} duties have nobody who accepted them`,
      step: 'Read the schedule and accept it, or decide otherwise control by control.',
      since: null,
      until: null,
      controls: without.map(({ control }) => control.id),
      assets: without.map(assetOf),
      affectedCount: without.length,
      open: openOf(without[0]),
    },
  ];
}

/** Of one control by one rule, on however many assets. */
function unowned(assessment: Assessment): readonly Row[] {
  const { standing } = assessment;
  const held = dutiesOf(
    assessment,
    ({ state, by }) =>
      state === 'unowned' && (by !== 'no accepted claim' || standing.scheduleAcceptedAtMs !== undefined),
  );
  return [...Map.groupBy(held, ({ assessed, duty }) => `${assessed.control.id} ${duty.by}`)].map(
    ([key, group]) => {
      const [first] = group;
      const returned = first?.duty.by === 'hand-back not accepted';
      const cells = new Set(group.map(({ assessed }) => assessed));
      return {
        key: `unowned ${key}`,
        kind: 'unowned',
        title: first?.assessed.control.title ?? '',
        party: 'customer',
        because: `${dutyWords(group)}: ${first?.duty.because ?? ''}`,
        step: returned
          ? 'Take the duties back, name who does, or buy a service that takes them.'
          : 'Accept the duties, name who has them, or buy a service that takes them.',
        since: returned ? endedAt(assessment, cells) : null,
        until: null,
        controls: [...cells].map(({ control }) => control.id),
        assets: [...cells].map(assetOf),
        affectedCount: cells.size,
        open: openOf(first?.assessed),
      };
    },
  );
}

/** Who is accountable for the control settles it. */
function contested(assessment: Assessment): readonly Row[] {
  const held = dutiesOf(assessment, ({ state }) => state === 'contested');
  return [...Map.groupBy(held, ({ assessed, duty }) => `${assessed.control.id} ${duty.by}`)].map(
    ([key, group]) => {
      const [first] = group;
      const cells = new Set(group.map(({ assessed }) => assessed));
      return {
        key: `contested ${key}`,
        kind: 'contested',
        title: first?.assessed.control.title ?? '',
        party: firstOf(first?.assessed.cell.accountable ?? 'customer'),
        because: `${dutyWords(group)}: ${first?.duty.because ?? ''}`,
        step: 'Settle who has them: withdraw the dispute, or end one of the claims.',
        since: null,
        until: null,
        controls: [...cells].map(({ control }) => control.id),
        assets: [...cells].map(assetOf),
        affectedCount: cells.size,
        open: openOf(first?.assessed),
      };
    },
  );
}

/** Bought and not operational, or proposed and not answered, for longer than is usual. */
function pending(assessment: Assessment, days: number): readonly Row[] {
  const { standing, catalogue, asOfMs } = assessment;
  const population = new Population(standing, asOfMs);
  const since = (ms: number): boolean => asOfMs - ms > daysMs(days);
  const rows: Row[] = [];
  for (const entitlement of standing.entitlements.values()) {
    if (!inForce(entitlement, asOfMs) || !since(entitlement.fromMs)) continue;
    const waiting = missingOf(assessment, entitlement, population);
    if (waiting === undefined) continue;
    const entitled = entitledAssets(entitlement, population).length;
    rows.push({
      key: `pending ${entitlement.entitlementId}`,
      kind: 'pending',
      title: serviceName(catalogue, entitlement),
      party: waiting.party,
      because: `bought, and not operational on ${waiting.assets.length} of ${entitled} assets: ${waiting.missing.join('; ')}`,
      step: waiting.step,
      since: instant(entitlement.fromMs),
      until: null,
      controls: waiting.controls,
      assets: waiting.assets.map(({ assetId, name }) => ({ assetId, name })),
      affectedCount: waiting.assets.length,
      open: null,
    });
  }
  for (const claim of standing.claims.values()) {
    const last = standingOf(claim, asOfMs);
    const over = claim.toMs !== undefined && claim.toMs <= asOfMs;
    if (over || last?.standing !== 'proposed' || !since(last.atMs)) continue;
    rows.push({
      key: `pending claim ${claim.claimId}`,
      kind: 'pending',
      title: `A claim on ${claim.controls.join(', ')}`,
      party: claim.party,
      because: `proposed by ${last.by} for ${scopeName(claim.scope, standing)}, and not answered`,
      step: 'Accept it, decline it, or dispute it.',
      since: instant(last.atMs),
      until: null,
      controls: claim.controls.filter((selector) => catalogue.controls.has(selector)),
      assets: [],
      affectedCount: 0,
      open: null,
    });
  }
  return rows;
}

/** Dated acceptances that nobody has a duty, exceptions, and reasons why a control is not applicable. */
function runningOut({ standing, asOfMs, catalogue }: Assessment, days: number): readonly Row[] {
  const soon = (untilMs: number): boolean => untilMs - asOfMs <= daysMs(days);
  const rows: Row[] = [];
  const row = (
    kind: GapKind,
    untilMs: number,
    rest: Pick<Row, 'key' | 'title' | 'because' | 'step' | 'controls'>,
  ) =>
    rows.push({
      kind,
      party: 'customer',
      since: null,
      until: instant(untilMs),
      assets: [],
      affectedCount: 0,
      open: null,
      ...rest,
    });
  for (const handover of standing.handovers.values()) {
    const dated = handover.items.filter(
      ({ taker, riskAcceptedUntilMs }) =>
        taker === undefined && riskAcceptedUntilMs !== undefined && soon(riskAcceptedUntilMs),
    );
    for (const [untilMs, items] of Map.groupBy(dated, ({ riskAcceptedUntilMs = 0 }) => riskAcceptedUntilMs))
      row('acceptance', untilMs, {
        key: `acceptance ${handover.handoverId} ${untilMs}`,
        title: 'A dated acceptance that nobody has duties',
        because: `${items.map(({ duty, controlId }) => `${duty} ${controlId}`).join(', ')}: nobody has them, which was accepted until then`,
        step: 'Name who takes the duties, or accept until another date.',
        controls: items.map(({ controlId }) => controlId),
      });
  }
  for (const exception of standing.exceptions.values()) {
    const { approvedAtMs, toMs } = exception;
    const runs = approvedAtMs !== undefined && approvedAtMs <= asOfMs && inForce(exception, asOfMs);
    if (runs && toMs !== undefined && soon(toMs))
      row('exception', toMs, {
        key: `exception ${exception.exceptionId}`,
        title: `An exception on ${exception.controls.join(', ')}`,
        because: `${exception.reason} (approved by ${exception.approver ?? ''}, asked for by ${exception.requester})`,
        step: 'Mend what it excuses, or ask for another one before it ends.',
        controls: exception.controls.filter((selector) => catalogue.controls.has(selector)),
      });
  }
  for (const approval of standing.notApplicable.values())
    if (inForce(approval, asOfMs) && soon(approval.reviewAtMs))
      row('exception', approval.reviewAtMs, {
        key: `not-applicable ${approval.approvalId}`,
        title: `${approval.controlId} counts as not applicable`,
        because: `${approval.reason} (approved by ${approval.approver})`,
        step: 'Review whether it still is not applicable; without a review it counts again.',
        controls: [approval.controlId],
      });
  return rows;
}

function dutiesOf({ cells }: Assessment, keep: (duty: AssessedCell['cell']['duties'][number]) => boolean) {
  return cells.flatMap((assessed) => assessed.cell.duties.filter(keep).map((duty) => ({ assessed, duty })));
}

const dutyWords = (held: readonly { readonly duty: { readonly duty: string } }[]): string =>
  [...new Set(held.map(({ duty }) => duty.duty))].join(', ');
const assetOf = ({ asset }: AssessedCell): Gap['assets'][number] => ({
  assetId: asset.assetId,
  name: asset.name,
});
const openOf = (assessed: AssessedCell | undefined): Gap['open'] =>
  assessed === undefined ? null : { controlId: assessed.control.id, assetId: assessed.asset.assetId };

/** When the last service ended that had these duties. */
function endedAt({ standing, asOfMs }: Assessment, cells: Iterable<AssessedCell>): string | null {
  let latest = 0;
  for (const { control, asset } of cells)
    for (const { serviceId, toMs, assets } of standing.entitlements.values())
      if (
        toMs !== undefined &&
        toMs <= asOfMs &&
        assets.get(asset.assetId)?.operationalAtMs !== undefined &&
        control.managed_services.some(({ service }) => service === serviceId)
      )
        latest = Math.max(latest, toMs);
  return latest === 0 ? null : instant(latest);
}

function finished({ controls, assets, ...row }: Row): Gap {
  const once = [...new Map([...assets].map((asset) => [asset.assetId, asset])).values()];
  return {
    ...row,
    controls: [...new Set(controls)].sort().slice(0, CONTROLS_MAX),
    assets: once.slice(0, ASSETS_MAX),
    assetCount: once.length,
  };
}
