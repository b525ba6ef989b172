/** A cancellation before it is confirmed: what comes back to whom, what would be nobody's from when, what it costs. */
import { type CancellationSimulation, LINES_MAX } from '@demarc/platform/contract/assurance/handover';
import { act } from '../commands/command.ts';
import { knownParty, openHandover } from '../commands/handovers.ts';
import { entitledAssets, offboarding, running } from '../commands/services.ts';
import { assuranceErrors } from '../errors.ts';
import type { AssuredAsset } from '../evaluation/population.ts';
import { itemView } from '../handover/view.ts';
import type { Act, NewAct } from '../model/acts.ts';
import { type HandoverItem, type HandoverState, unsettled } from '../model/standing.ts';
import { isOpen, itemState } from '../rules/handover.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import {
  assetsShown,
  bounded,
  held,
  keepsOf,
  type Looked,
  lineOf,
  moved,
  movesOf,
  outlookOf,
  risksOf,
  type SimulationContext,
  supposing,
} from './world.ts';

export interface Cancellation {
  readonly entitlementId: string;
  /** The date of the notice, or now, where it is left out. */
  readonly endsAtMs?: number;
  /** Supposed to take, and to accept, all that is open. */
  readonly taker?: string;
  readonly riskAcceptedUntilMs?: number;
}

/** @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID */
export function simulateCancel(
  context: SimulationContext,
  cancellation: Cancellation,
): CancellationSimulation {
  const { evaluation: now, nowMs, catalogue, standing } = context;
  const entitlement = running(context, cancellation.entitlementId);
  const { entitlementId, serviceId, tier, notice } = entitlement;
  const endsAtMs = cancellation.endsAtMs ?? Math.max(notice?.endsAtMs ?? nowMs, nowMs);
  if (endsAtMs < nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'a service cannot end in the past' });
  const known = openHandover(standing, entitlementId);
  const handoverId = known?.handoverId ?? SIMULATED;
  const opened = offboarding(context, entitlement, handoverId, endsAtMs);
  const items = known?.items ?? opened.items.map((item) => unsettled(item, nowMs));
  const settled = items.map((item) => supposedly(context, item, cancellation, endsAtMs));
  const assets = entitledAssets(entitlement, now.population);

  const opening = known === undefined ? [act(context, 'handover-opened', opened)] : [];
  const end = act(context, 'service-cancelled', { entitlementId, reason: SIMULATED }, endsAtMs);
  const taking = settled.flatMap((item): readonly NewAct[] =>
    item.taker === undefined
      ? []
      : [
          act(context, 'handover-item-settled', {
            handoverId,
            itemId: item.itemId,
            taker: item.taker,
            acceptedBy: SIMULATED,
            person: SIMULATED,
          }),
        ],
  );
  const base = context.acts.filter((done) => !endsIt(done, entitlementId));
  const without = supposing(context, unsettledActs(base, known), [...opening, end], endsAtMs);
  const after = supposing(context, base, [...opening, ...taking, end], endsAtMs);
  const looked: readonly Looked[] = [
    { key: 'now', says: 'as it stands', evaluation: now },
    {
      key: 'ended',
      says: 'once the service has ended and its evidence is stale',
      evaluation: supposing(context, context.acts, [], nowMs, aged(context, serviceId, assets)),
    },
  ];
  const duties = held(serviceId, assets, now, after);
  const line = (each: (typeof duties)[number]) => lineOf(each, after, endsAtMs);
  const alone = held(serviceId, assets, now, without)
    .filter(({ after: { state } }) => state === 'unowned')
    .map((each) => lineOf(each, without, endsAtMs));
  return {
    asOf: new Date(nowMs).toISOString(),
    entitlementId,
    serviceId,
    title: catalogue.services.find(({ id }) => id === serviceId)?.title ?? serviceId,
    tier,
    endsAt: new Date(endsAtMs).toISOString(),
    noticeGiven: notice !== undefined,
    handoverId: known?.handoverId ?? null,
    assets: assetsShown(assets),
    items: settled.map((item) => itemView(item, catalogue, endsAtMs)),
    moves: movesOf(duties.filter(moved).map(line), catalogue),
    unowned: bounded(duties.filter(({ after: { state } }) => state === 'unowned').map(line), LINES_MAX),
    unownedWithoutTakers: movesOf(alone, catalogue),
    contested: bounded(duties.filter(({ after: { state } }) => state === 'contested').map(line), LINES_MAX),
    keeps: keepsOf(
      serviceId,
      duties.filter((each) => !moved(each)),
    ),
    outlook: looked.map(outlookOf),
    risks: risksOf(looked),
    blockedBy: settled
      .filter((item) => isOpen(item, endsAtMs))
      .map(({ duty, controlId, taker }) =>
        taker === undefined
          ? `${duty} ${controlId} has neither a taker nor a dated acceptance`
          : `${duty} ${controlId} waits for the acceptance of ${taker}`,
      ),
  };
}

const SIMULATED = 'simulated';

/** An item with what the question supposes about those that are open. */
function supposedly(
  context: SimulationContext,
  item: HandoverItem,
  { taker, riskAcceptedUntilMs }: Cancellation,
  endsAtMs: number,
): HandoverItem {
  if (!isOpen(item, endsAtMs)) return item;
  if (taker !== undefined)
    return {
      ...item,
      taker: knownParty(context, taker),
      acceptedBy: SIMULATED,
      acceptedAtMs: context.nowMs,
      riskAcceptedUntilMs: undefined,
    };
  if (itemState(item, endsAtMs) === 'proposed' || riskAcceptedUntilMs === undefined) return item;
  return { ...item, taker: undefined, riskAcceptedUntilMs };
}

/** An end that was confirmed before would come at its own date, not at the one that is asked about. */
function endsIt(done: Act, entitlementId: string): boolean {
  return (
    (done.name === 'service-cancelled' || done.name === 'handback-accepted') &&
    done.payload.entitlementId === entitlementId
  );
}

/** As if nobody had taken anything in this hand-over. */
function unsettledActs(acts: readonly Act[], handover: HandoverState | undefined): readonly Act[] {
  if (handover === undefined) return acts;
  return acts.filter(
    (done) =>
      (done.name !== 'handover-item-settled' && done.name !== 'handover-item-accepted') ||
      done.payload.handoverId !== handover.handoverId,
  );
}

/** Passes that only this service brings, too old; a failure does not age. */
function aged(
  { evaluation, nowMs }: SimulationContext,
  serviceId: string,
  assets: readonly AssuredAsset[],
): ReadonlyMap<string, KeptEvidence> {
  const { catalogue, sources } = evaluation.world;
  const on = new Set(assets.map(({ assetId }) => assetId));
  const evidence = new Map(evaluation.world.evidence);
  for (const [key, kept] of evidence) {
    if (kept.service !== serviceId || kept.result !== 'pass' || !on.has(kept.assetId)) continue;
    const fresh = sources.get(kept.rule) ?? catalogue.rules.get(kept.rule)?.rule.freshForSeconds ?? 0;
    evidence.set(key, { ...kept, observedAtMs: Math.min(kept.observedAtMs, nowMs - (fresh + 1) * 1_000) });
  }
  return evidence;
}
