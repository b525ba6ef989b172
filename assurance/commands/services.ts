/** Buying a service, giving notice, handing its duties over, ending it. */
import { DUTIES } from '@demarc/platform/contract/api';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import { controlsOf, entitles, movedTo } from '../evaluation/duties.ts';
import type { AssuredAsset, Population } from '../evaluation/population.ts';
import type { ActPayload, NewAct, Scope } from '../model/acts.ts';
import { type EntitlementState, type HandoverState, inForce } from '../model/standing.ts';
import { act, type Command, type CommandContext } from './command.ts';

type Service = Catalogue['services'][number];

export interface Purchase {
  readonly serviceId: string;
  readonly tier: string;
  readonly assetIds: readonly string[];
  readonly scope?: Scope;
  /** The customer's prerequisites that are met. */
  readonly prerequisites: readonly string[] | 'all';
  readonly toMs?: number;
}

/**
 * Contracted at once; operational on an asset with the first passing evidence from there.
 *
 * @throws ASSURANCE_SERVICE_UNKNOWN, ASSURANCE_TIER_UNKNOWN, ASSURANCE_PREREQUISITES_OPEN, ASSURANCE_ASSET_UNKNOWN,
 *   ASSURANCE_ALREADY_BOUGHT
 */
export function buy(purchase: Purchase): Command<{ readonly entitlementId: string }> {
  return (context) => {
    const { standing, evaluation, nowMs, offered } = context;
    const { serviceId, tier, scope, toMs } = purchase;
    const assetIds = [...new Set(purchase.assetIds)];
    const service = context.catalogue.services.find(({ id }) => id === serviceId);
    if (service === undefined || !offered.has(serviceId))
      throw assuranceErrors.make('ASSURANCE_SERVICE_UNKNOWN', { serviceId });
    if (!service.tiers.includes(tier))
      throw assuranceErrors.make('ASSURANCE_TIER_UNKNOWN', {
        serviceId,
        tier,
        tiers: service.tiers.join(', '),
      });
    const prerequisites =
      purchase.prerequisites === 'all' ? service.customer_prerequisites : purchase.prerequisites;
    const open = service.customer_prerequisites.filter((each) => !prerequisites.includes(each));
    if (open.length > 0)
      throw assuranceErrors.make('ASSURANCE_PREREQUISITES_OPEN', { prerequisites: open.join('; ') });
    for (const assetId of assetIds) {
      if (evaluation.population.find(assetId)?.type !== service.unit)
        throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId });
    }
    if (assetIds.length === 0 && scope === undefined)
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: '(none named)' });
    for (const running of standing.entitlements.values()) {
      if (running.serviceId !== serviceId || !inForce(running, nowMs)) continue;
      const twice = evaluation.population.assets.find(
        (asset) =>
          entitles(running, asset, evaluation.population) &&
          (assetIds.includes(asset.assetId) ||
            (scope !== undefined && evaluation.population.covers(scope, asset) !== undefined)),
      );
      if (twice !== undefined)
        throw assuranceErrors.make('ASSURANCE_ALREADY_BOUGHT', { serviceId, assetId: twice.assetId });
    }
    const entitlementId = context.newId();
    const payload = {
      entitlementId,
      serviceId,
      tier,
      assetIds,
      prerequisites: [...prerequisites],
      ...(scope === undefined ? {} : { scope }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    return {
      acts: [act(context, 'service-bought', payload)],
      result: { entitlementId },
      says: `${serviceId} was bought`,
    };
  };
}

/**
 * The service ends on a date; until then it runs on, and the hand-over of what it gives up is open.
 *
 * @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function giveNotice(notice: {
  readonly entitlementId: string;
  readonly endsAtMs: number;
  readonly reason: string;
}): Command<{ readonly handoverId: string }> {
  return (context) => {
    const entitlement = running(context, notice.entitlementId);
    if (notice.endsAtMs < context.nowMs)
      throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'a service cannot end in the past' });
    const handoverId = context.newId();
    const acts: NewAct[] = [act(context, 'service-notice-given', { ...notice })];
    acts.push(act(context, 'handover-opened', openedFor(context, entitlement, handoverId, notice.endsAtMs)));
    return { acts, result: { handoverId }, says: `notice was given for ${entitlement.serviceId}` };
  };
}

export function withdrawNotice(notice: { readonly entitlementId: string; readonly reason: string }): Command {
  return (context) => {
    const entitlement = running(context, notice.entitlementId);
    if (entitlement.notice === undefined)
      throw assuranceErrors.make('ASSURANCE_ENTITLEMENT_UNKNOWN', { entitlementId: notice.entitlementId });
    return {
      acts: [act(context, 'service-notice-withdrawn', { ...notice })],
      result: undefined,
      says: `the notice for ${entitlement.serviceId} was withdrawn`,
    };
  };
}

/** Takers and dated acceptances by duty, for every item at once. */
export interface Settlement {
  /** A party takes every returned duty. */
  readonly taker?: string;
  /** Nobody does until then, and that is accepted. */
  readonly riskAcceptedUntilMs?: number;
}

/**
 * Ends a service, on the date of its notice or now. Each returned duty must have a taker or a dated acceptance:
 * as settled in the hand-over, or as `settle` says for all that is still open.
 *
 * @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_HANDOVER_OPEN, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function cancel(cancellation: {
  readonly entitlementId: string;
  readonly reason: string;
  readonly settle?: Settlement;
}): Command<{ readonly handoverId: string; readonly endsAtMs: number }> {
  return (context) => {
    const { entitlementId, reason, settle } = cancellation;
    const entitlement = running(context, entitlementId);
    const endsAtMs = Math.max(entitlement.notice?.endsAtMs ?? context.nowMs, context.nowMs);
    const acts: NewAct[] = [];
    let handover = openHandover(context, entitlementId);
    const handoverId = handover?.handoverId ?? context.newId();
    if (handover === undefined) {
      const opened = openedFor(context, entitlement, handoverId, endsAtMs);
      acts.push(act(context, 'handover-opened', opened));
      handover = { ...unsettled(opened), handoverId };
    }
    const unsettledItems = handover.items.filter(
      ({ taker, riskAcceptedUntilMs }) => taker === undefined && riskAcceptedUntilMs === undefined,
    );
    if (settle !== undefined)
      for (const { itemId } of unsettledItems)
        acts.push(act(context, 'handover-item-settled', settled(context, handoverId, itemId, settle)));
    else if (unsettledItems.length > 0)
      throw assuranceErrors.make('ASSURANCE_HANDOVER_OPEN', {
        open: unsettledItems.map(({ controlId, duty }) => `${duty} ${controlId}`).join(', '),
      });
    acts.push(act(context, 'service-cancelled', { entitlementId, reason }, endsAtMs));
    if (settle?.taker === 'customer')
      for (const { assetId, operationalAtMs } of entitlement.assets.values())
        if (operationalAtMs !== undefined)
          acts.push(act(context, 'handback-accepted', { entitlementId, assetId }, endsAtMs));
    return { acts, result: { handoverId, endsAtMs }, says: `${entitlement.serviceId} was cancelled` };
  };
}

/** @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID */
export function settleItem(
  item: { readonly handoverId: string; readonly itemId: string } & Settlement,
): Command {
  return (context) => {
    const { handoverId, itemId, ...settlement } = item;
    const handover = context.standing.handovers.get(handoverId);
    if (handover?.items.some((known) => known.itemId === itemId) !== true)
      throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', { handoverId: `${handoverId} ${itemId}` });
    return {
      acts: [act(context, 'handover-item-settled', settled(context, handoverId, itemId, settlement))],
      result: undefined,
      says: 'a duty of a hand-over was settled',
    };
  };
}

/** @throws ASSURANCE_HANDOVER_UNKNOWN */
export function checkItem(item: { readonly handoverId: string; readonly itemId: string }): Command {
  return (context) => {
    const handover = context.standing.handovers.get(item.handoverId);
    if (handover?.checklist.some(({ itemId }) => itemId === item.itemId) !== true)
      throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', {
        handoverId: `${item.handoverId} ${item.itemId}`,
      });
    return {
      acts: [act(context, 'handover-item-checked', { ...item, person: context.actor })],
      result: undefined,
      says: 'an item of a hand-over was ticked',
    };
  };
}

/** Both sides sign; neither for the other. @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_HANDOVER_OPEN, ASSURANCE_SIGNED_TWICE */
export function sign(signature: {
  readonly handoverId: string;
  readonly side: 'releasing' | 'receiving';
  readonly party: string;
}): Command {
  return (context) => {
    const handover = context.standing.handovers.get(signature.handoverId);
    if (handover === undefined)
      throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', { handoverId: signature.handoverId });
    const open = [
      ...handover.items
        .filter(
          ({ taker, riskAcceptedUntilMs }) =>
            handover.direction === 'offboarding' && taker === undefined && riskAcceptedUntilMs === undefined,
        )
        .map(({ duty, controlId }) => `${duty} ${controlId}`),
      ...handover.checklist.filter(({ checkedBy }) => checkedBy === undefined).map(({ text }) => text),
    ];
    if (open.length > 0) throw assuranceErrors.make('ASSURANCE_HANDOVER_OPEN', { open: open.join(', ') });
    const other = handover.signatures.find(({ side }) => side !== signature.side);
    if (other?.person === context.actor || other?.party === signature.party)
      throw assuranceErrors.make('ASSURANCE_SIGNED_TWICE', { person: context.actor });
    return {
      acts: [act(context, 'handover-signed', { ...signature, person: context.actor })],
      result: undefined,
      says: `a hand-over was signed by the ${signature.side} side`,
    };
  };
}

/** @throws ASSURANCE_HANDBACK_NOT_DUE */
export function acceptHandback(handback: {
  readonly entitlementId: string;
  readonly assetId: string;
}): Command {
  return (context) => {
    const entitlement = context.standing.entitlements.get(handback.entitlementId);
    const asset = entitlement?.assets.get(handback.assetId);
    const due =
      entitlement?.toMs !== undefined &&
      entitlement.toMs <= context.nowMs &&
      asset?.operationalAtMs !== undefined &&
      asset.handbackAcceptedAtMs === undefined;
    if (!due) throw assuranceErrors.make('ASSURANCE_HANDBACK_NOT_DUE', { assetId: handback.assetId });
    return {
      acts: [act(context, 'handback-accepted', { ...handback })],
      result: undefined,
      says: 'a hand-back was accepted',
    };
  };
}

/** From now on the catalogue's defaults hold for this tenant. */
export const acceptSchedule: Command = (context) => ({
  acts: context.standing.scheduleAcceptedAtMs === undefined ? [act(context, 'schedule-accepted', {})] : [],
  result: undefined,
  says: 'the responsibility schedule was accepted',
});

/** @throws ASSURANCE_PARTY_UNKNOWN */
export function knownParty({ standing, nowMs }: CommandContext, partyId: string): string {
  const registered = standing.parties.get(partyId);
  const built = partyId === 'provider' || partyId === 'customer' || partyId === 'ams';
  if (!built && (registered === undefined || !inForce(registered, nowMs)))
    throw assuranceErrors.make('ASSURANCE_PARTY_UNKNOWN', { partyId });
  return partyId;
}

/** What an entitlement's end gives back: one line for each duty that it moved. */
export function returnedDuties(
  catalogue: Catalogue,
  entitlement: EntitlementState,
): ActPayload<'handover-opened'>['items'] {
  const anyOperational = [...entitlement.assets.values()].some(
    ({ operationalAtMs }) => operationalAtMs !== undefined,
  );
  if (!anyOperational) return [];
  return controlsOf(catalogue, entitlement.serviceId).flatMap((control) =>
    DUTIES.flatMap((duty) => {
      const from = movedTo(control, duty, entitlement);
      return from === undefined
        ? []
        : [{ itemId: `${control.id} ${duty}`, controlId: control.id, duty, from }];
    }),
  );
}

/** The assets that an entitlement is about, now. */
export function entitledAssets(
  entitlement: EntitlementState,
  population: Population,
): readonly AssuredAsset[] {
  return population.assets.filter((asset) => entitles(entitlement, asset, population));
}

function openedFor(
  { catalogue, evaluation }: CommandContext,
  entitlement: EntitlementState,
  handoverId: string,
  effectiveAtMs: number,
): ActPayload<'handover-opened'> {
  const service = catalogue.services.find(({ id }) => id === entitlement.serviceId);
  return {
    handoverId,
    entitlementId: entitlement.entitlementId,
    direction: 'offboarding',
    effectiveAtMs,
    items: returnedDuties(catalogue, entitlement),
    checklist: checklistOf(service, entitledAssets(entitlement, evaluation.population).length),
  };
}

/** What goes wrong at the end of a service when nobody thinks of it. */
function checklistOf(
  service: Service | undefined,
  assetCount: number,
): ActPayload<'handover-opened'>['checklist'] {
  return [
    {
      itemId: 'agents',
      text: `agents and sensors removed from ${assetCount} assets, or left with a named owner`,
    },
    { itemId: 'credentials', text: 'credentials and keys of the service withdrawn' },
    { itemId: 'records', text: 'records and evidence handed over or kept for the agreed time' },
    { itemId: 'runbooks', text: `contacts and runbooks of ${service?.title ?? 'the service'} updated` },
  ];
}

function unsettled(opened: ActPayload<'handover-opened'>): Pick<HandoverState, 'items'> {
  const open = {
    taker: undefined,
    riskAcceptedUntilMs: undefined,
    settledBy: undefined,
    settledAtMs: undefined,
  };
  return { items: opened.items.map((item) => ({ ...item, ...open })) };
}

function settled(
  context: CommandContext,
  handoverId: string,
  itemId: string,
  { taker, riskAcceptedUntilMs }: Settlement,
): ActPayload<'handover-item-settled'> {
  if (taker === undefined && (riskAcceptedUntilMs ?? 0) <= context.nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', {
      because: 'a duty without a taker needs a date until which that is accepted',
    });
  return {
    handoverId,
    itemId,
    person: context.actor,
    ...(taker === undefined ? {} : { taker: knownParty(context, taker) }),
    ...(taker !== undefined || riskAcceptedUntilMs === undefined ? {} : { riskAcceptedUntilMs }),
  };
}

function openHandover(
  { standing }: CommandContext,
  entitlementId: string,
): Pick<HandoverState, 'items' | 'handoverId'> | undefined {
  return [...standing.handovers.values()].findLast(
    (handover) => handover.entitlementId === entitlementId && handover.direction === 'offboarding',
  );
}

/** @throws ASSURANCE_ENTITLEMENT_UNKNOWN */
function running({ standing, nowMs }: CommandContext, entitlementId: string): EntitlementState {
  const found = standing.entitlements.get(entitlementId);
  if (found === undefined || !inForce(found, nowMs))
    throw assuranceErrors.make('ASSURANCE_ENTITLEMENT_UNKNOWN', { entitlementId });
  return found;
}
