/** Buying a service, giving notice, ending it. */
import { DUTIES } from '@demarc/platform/contract/api';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import { controlsOf, entitles, movedTo } from '../evaluation/duties.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import { type AssuredAsset, applies, type Population } from '../evaluation/population.ts';
import type { ActPayload, NewAct, Scope } from '../model/acts.ts';
import { type EntitlementState, inForce, unsettled } from '../model/standing.ts';
import { everOperational, isOpen } from '../rules/handover.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { handoverErrors } from './handover-errors.ts';
import { openHandover, type Settlement, type Signer, settled } from './handovers.ts';

export { knownParty } from './handovers.ts';

type Service = Catalogue['services'][number];

export interface Purchase {
  readonly serviceId: string;
  readonly tier: string;
  readonly assetIds: readonly string[];
  readonly scope?: Scope;
  /** The customer's prerequisites that are met. */
  readonly prerequisites: readonly string[] | 'all';
  readonly toMs?: number;
  /** Who buys, by name; the account where it is left out. */
  readonly person?: string;
}

/**
 * Contracted at once; operational on an asset with the first passing evidence from there. The hand-over of what
 * will move is opened with it.
 *
 * @throws ASSURANCE_SERVICE_UNKNOWN, ASSURANCE_TIER_UNKNOWN, ASSURANCE_PREREQUISITES_OPEN, ASSURANCE_ASSET_UNKNOWN,
 *   ASSURANCE_GROUP_INVALID, ASSURANCE_ALREADY_BOUGHT, ASSURANCE_DATE_INVALID
 */
export function buy(
  purchase: Purchase,
): Command<{ readonly entitlementId: string; readonly handoverId: string }> {
  return (context) => {
    const service = purchasable(context, purchase);
    const { serviceId, tier, scope, toMs } = purchase;
    const prerequisites =
      purchase.prerequisites === 'all' ? service.customer_prerequisites : purchase.prerequisites;
    const open = service.customer_prerequisites.filter((each) => !prerequisites.includes(each));
    if (open.length > 0)
      throw assuranceErrors.make('ASSURANCE_PREREQUISITES_OPEN', { prerequisites: open.join('; ') });
    const entitlementId = context.newId();
    const handoverId = context.newId();
    const bought: ActPayload<'service-bought'> = {
      entitlementId,
      serviceId,
      tier,
      assetIds: [...new Set(purchase.assetIds)],
      prerequisites: [...prerequisites],
      ...(scope === undefined ? {} : { scope, unit: service.unit }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    const opened = onboarding(context, service, bought, handoverId);
    const person = purchase.person ?? context.actor;
    return {
      acts: [
        act(context, 'service-bought', bought),
        act(context, 'handover-opened', opened),
        ...opened.checklist.map(({ itemId }) =>
          act(context, 'handover-item-checked', { handoverId, itemId, person }),
        ),
      ],
      result: { entitlementId, handoverId },
      says: `${serviceId} was bought`,
    };
  };
}

/** The service, if all but its prerequisites allows that it is bought so. @throws as `buy` */
export function purchasable(context: CommandContext, purchase: Omit<Purchase, 'prerequisites'>): Service {
  const { evaluation, nowMs, offered, standing } = context;
  const { serviceId, tier, scope, assetIds, toMs } = purchase;
  const { population } = evaluation;
  const service = context.catalogue.services.find(({ id }) => id === serviceId);
  if (service === undefined || !offered.has(serviceId))
    throw assuranceErrors.make('ASSURANCE_SERVICE_UNKNOWN', { serviceId });
  if (!service.tiers.includes(tier))
    throw assuranceErrors.make('ASSURANCE_TIER_UNKNOWN', {
      serviceId,
      tier,
      tiers: service.tiers.join(', '),
    });
  if (toMs !== undefined && toMs <= nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', {
      because: 'a service cannot end before it begins',
    });
  for (const assetId of assetIds) {
    if (population.find(assetId)?.type !== service.unit)
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId });
  }
  if (scope?.kind === 'group') {
    const group = standing.groups.get(scope.groupId);
    if (group === undefined || !inForce(group, nowMs))
      throw assuranceErrors.make('ASSURANCE_GROUP_INVALID', {
        because: `there is no group ${scope.groupId}`,
      });
  }
  if (scope?.kind === 'asset' && population.find(scope.assetId)?.type !== service.unit)
    throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: scope.assetId });
  if (assetIds.length === 0 && scope === undefined)
    throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: '(none named)' });
  const wanted = wantedAssets(service, purchase, population);
  for (const other of standing.entitlements.values()) {
    if (other.serviceId !== serviceId || !inForce(other, nowMs)) continue;
    const twice = wanted.find((asset) => entitles(other, asset, population));
    if (twice !== undefined)
      throw assuranceErrors.make('ASSURANCE_ALREADY_BOUGHT', { serviceId, assetId: twice.assetId });
  }
  return service;
}

/** The assets that a purchase would be for, as things stand. */
export function wantedAssets(
  { unit }: Service,
  { assetIds, scope }: { readonly assetIds: readonly string[]; readonly scope?: Scope | undefined },
  population: Population,
): readonly AssuredAsset[] {
  const wanted = { assets: new Set(assetIds), scope, unit };
  return population.assets.filter((asset) => entitles(wanted, asset, population));
}

/**
 * The service ends on a date; until then it runs on, and the hand-over of what it gives up is open.
 *
 * @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_DATE_INVALID, ASSURANCE_NOTICE_GIVEN
 */
export function giveNotice(notice: {
  readonly entitlementId: string;
  readonly endsAtMs: number;
  readonly reason: string;
}): Command<{ readonly handoverId: string }> {
  return (context) => {
    const entitlement = running(context, notice.entitlementId);
    if (entitlement.notice !== undefined)
      throw handoverErrors.make('ASSURANCE_NOTICE_GIVEN', { endsAt: instant(entitlement.notice.endsAtMs) });
    if (notice.endsAtMs < context.nowMs)
      throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'a service cannot end in the past' });
    const handoverId = context.newId();
    return {
      acts: [
        act(context, 'service-notice-given', { ...notice }),
        act(context, 'handover-opened', offboarding(context, entitlement, handoverId, notice.endsAtMs)),
      ],
      result: { handoverId },
      says: `notice was given for ${entitlement.serviceId}`,
    };
  };
}

/**
 * The service goes on; the hand-over that the notice opened is closed, and an end that was confirmed does not come.
 *
 * @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_NOTICE_NOT_GIVEN
 */
export function withdrawNotice(notice: { readonly entitlementId: string; readonly reason: string }): Command {
  return (context) => {
    const entitlement = running(context, notice.entitlementId);
    if (entitlement.notice === undefined)
      throw handoverErrors.make('ASSURANCE_NOTICE_NOT_GIVEN', { entitlementId: notice.entitlementId });
    return {
      acts: [act(context, 'service-notice-withdrawn', { ...notice })],
      result: undefined,
      says: `the notice for ${entitlement.serviceId} was withdrawn`,
    };
  };
}

/**
 * Ends a service, on the date of its notice or now. Each returned duty must have a taker who has accepted it, or a
 * dated acceptance that reaches beyond the end: as settled in the hand-over, or as `settle` says for all that is
 * still open.
 *
 * @throws ASSURANCE_ENTITLEMENT_UNKNOWN, ASSURANCE_HANDOVER_OPEN, ASSURANCE_END_CONFIRMED, ASSURANCE_PARTY_UNKNOWN,
 *   ASSURANCE_PARTY_NOT_YOURS, ASSURANCE_DATE_INVALID
 */
export function cancel(cancellation: {
  readonly entitlementId: string;
  readonly reason: string;
  readonly settle?: Settlement;
  readonly signer: Signer;
}): Command<{ readonly handoverId: string; readonly endsAtMs: number }> {
  return (context) => {
    const { entitlementId, reason, settle, signer } = cancellation;
    const entitlement = running(context, entitlementId);
    const { notice } = entitlement;
    if (notice?.confirmedAtMs !== undefined && notice.endsAtMs > context.nowMs)
      throw handoverErrors.make('ASSURANCE_END_CONFIRMED', { endsAt: instant(notice.endsAtMs) });
    const endsAtMs = Math.max(notice?.endsAtMs ?? context.nowMs, context.nowMs);
    const acts: NewAct[] = [];
    const known = openHandover(context.standing, entitlementId);
    const handoverId = known?.handoverId ?? context.newId();
    let items = known?.items;
    if (items === undefined) {
      const opened = offboarding(context, entitlement, handoverId, endsAtMs);
      acts.push(act(context, 'handover-opened', opened));
      items = opened.items.map((item) => unsettled(item, context.nowMs));
    }
    // Nothing moved, nothing returns; by a date to come it may have moved.
    const returns = everOperational(entitlement) || endsAtMs > context.nowMs;
    const open = returns ? items.filter((item) => isOpen(item, endsAtMs)) : [];
    if (settle === undefined && open.length > 0)
      throw assuranceErrors.make('ASSURANCE_HANDOVER_OPEN', {
        open: open.map(({ controlId, duty }) => `${duty} ${controlId}`).join(', '),
      });
    let takesAll = items.every(
      ({ taker, acceptedAtMs }) => taker === 'customer' && acceptedAtMs !== undefined,
    );
    if (settle !== undefined) {
      const settling = open.map(({ itemId }) =>
        settled(context, handoverId, itemId, settle, signer, endsAtMs),
      );
      if (settling.some(({ taker, acceptedBy }) => taker !== undefined && acceptedBy === undefined))
        throw handoverErrors.make('ASSURANCE_PARTY_NOT_YOURS', {
          party: settle.taker ?? '',
          act: 'accept the duties that come back',
        });
      for (const payload of settling) acts.push(act(context, 'handover-item-settled', payload));
      takesAll = items.every(({ itemId, taker, acceptedAtMs }) =>
        open.some((item) => item.itemId === itemId)
          ? settle.taker === 'customer'
          : taker === 'customer' && acceptedAtMs !== undefined,
      );
    }
    if (endsAtMs > context.nowMs)
      acts.push(act(context, 'service-end-confirmed', { entitlementId, handoverId, endsAtMs }));
    acts.push(act(context, 'service-cancelled', { entitlementId, reason, handoverId }, endsAtMs));
    if (takesAll)
      for (const { assetId, operationalAtMs } of entitlement.assets.values())
        if (operationalAtMs !== undefined)
          acts.push(act(context, 'handback-accepted', { entitlementId, assetId }, endsAtMs));
    return { acts, result: { handoverId, endsAtMs }, says: `${entitlement.serviceId} was cancelled` };
  };
}

/** From now on the catalogue's defaults hold for this tenant. */
export const acceptSchedule: Command = (context) => ({
  acts: context.standing.scheduleAcceptedAtMs === undefined ? [act(context, 'schedule-accepted', {})] : [],
  result: undefined,
  says: 'the responsibility schedule was accepted',
});

/** What an entitlement's tier moves: one line for each duty. */
export function returnedDuties(
  catalogue: Catalogue,
  entitlement: Pick<EntitlementState, 'serviceId' | 'tier'>,
): ActPayload<'handover-opened'>['items'] {
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

const instant = (ms: number): string => new Date(ms).toISOString();

/** What will move, from whoever has it now; the customer's prerequisites, ticked by who buys, are the checklist. */
function onboarding(
  { catalogue, evaluation }: CommandContext,
  service: Service,
  bought: ActPayload<'service-bought'>,
  handoverId: string,
): ActPayload<'handover-opened'> {
  const assets = wantedAssets(service, bought, evaluation.population);
  return {
    handoverId,
    entitlementId: bought.entitlementId,
    direction: 'onboarding',
    effectiveAtMs: evaluation.t,
    items: returnedDuties(catalogue, bought).map(({ from: to, ...item }) => ({
      ...item,
      from: holders(evaluation, assets, item),
      to,
    })),
    checklist: service.customer_prerequisites.map((text, at) => ({ itemId: `prerequisite-${at + 1}`, text })),
  };
}

const HOLDERS_CHARACTERS_MAX = 128;

/** Who has a duty on these assets, by name; most often it is one party. */
function holders(
  evaluation: Evaluation,
  assets: readonly AssuredAsset[],
  { controlId, duty }: Pick<ActPayload<'handover-opened'>['items'][number], 'controlId' | 'duty'>,
): string {
  const control = evaluation.world.catalogue.controls.get(controlId);
  const found = new Set<string>();
  for (const asset of assets) {
    if (control === undefined || !applies(control, asset)) continue;
    const owner = evaluation.cell(control, asset).duties[DUTIES.indexOf(duty)];
    found.add(owner?.party ?? (owner?.state === 'contested' ? 'disputed' : 'nobody'));
  }
  return [...found].sort().join(', ').slice(0, HOLDERS_CHARACTERS_MAX) || 'nobody';
}

export function offboarding(
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

/** @throws ASSURANCE_ENTITLEMENT_UNKNOWN */
export function running({ standing, nowMs }: CommandContext, entitlementId: string): EntitlementState {
  const found = standing.entitlements.get(entitlementId);
  if (found === undefined || !inForce(found, nowMs))
    throw assuranceErrors.make('ASSURANCE_ENTITLEMENT_UNKNOWN', { entitlementId });
  return found;
}
