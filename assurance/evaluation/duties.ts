/** Acts and catalogue → what the ownership rules ask of one duty of one control on one asset. */
import type { Duty } from '@demarc/platform/contract/api';
import type { Catalogue, Control } from '../catalogue/catalogue.ts';
import {
  type ClaimState,
  type EntitlementState,
  type HandoverState,
  type Standing,
  standingOf,
} from '../model/standing.ts';
import type { Claim, OwnershipContext, ServiceClaim } from '../rules/ownership.ts';
import type { AssuredAsset, Population } from './population.ts';

/** Only these tiers move duties; the others supply evidence. */
export function movesDuties(tier: string): boolean {
  return tier === 'managed' || tier === 'included';
}

/** `VMS-09` by its id, by `*`, or by `area:virtual machines`. */
export function selects(selectors: readonly string[], control: Control): boolean {
  return selectors.some(
    (selector) => selector === '*' || selector === control.id || selector === `area:${control.area}`,
  );
}

interface Relevant {
  readonly services: readonly { readonly entitlement: EntitlementState; readonly party: string }[];
  readonly claims: readonly ClaimState[];
  readonly takers: readonly {
    readonly handover: HandoverState;
    readonly entitlement: EntitlementState;
    readonly party: string;
    readonly acceptedAtMs: number;
  }[];
}

export class Duties {
  readonly #standing: Standing;
  readonly #relevant = new Map<string, Relevant>();

  constructor(standing: Standing) {
    this.#standing = standing;
  }

  context(
    control: Control,
    asset: AssuredAsset,
    duty: Duty,
    population: Population,
    t: number,
  ): OwnershipContext {
    const { services, claims, takers } = this.#relevantTo(control, duty);
    const { scheduleAcceptedAtMs } = this.#standing;
    return {
      floor: control.floor,
      defaultParty: control.default_responsibility[duty],
      ents: services.flatMap(({ entitlement, party }) => serviceClaim(entitlement, asset, party, population)),
      claims: [
        ...claims.flatMap((claim) => claimOn(claim, asset, population, t)),
        ...takers.flatMap((taker) => takerClaim(taker, services, asset)),
      ],
      ...(scheduleAcceptedAtMs === undefined ? {} : { scheduleAcceptedAt: scheduleAcceptedAtMs }),
    };
  }

  #relevantTo(control: Control, duty: Duty): Relevant {
    const key = `${control.id} ${duty}`;
    const known = this.#relevant.get(key);
    if (known !== undefined) return known;
    const { entitlements, claims, handovers } = this.#standing;
    const found: Relevant = {
      services: [...entitlements.values()].flatMap((entitlement) => {
        const party = movedTo(control, duty, entitlement);
        return party === undefined ? [] : [{ entitlement, party }];
      }),
      claims: [...claims.values()].filter(
        (claim) => claim.duties.includes(duty) && selects(claim.controls, control),
      ),
      takers: [...handovers.values()].flatMap((handover) => {
        const entitlement = entitlements.get(handover.entitlementId);
        const item = handover.items.find((each) => each.controlId === control.id && each.duty === duty);
        if (handover.direction !== 'offboarding' || entitlement === undefined || item?.taker === undefined)
          return [];
        // Nobody has what they have not accepted, nor what was withdrawn.
        if (item.acceptedAtMs === undefined || handover.toMs !== undefined) return [];
        return [{ handover, entitlement, party: item.taker, acceptedAtMs: item.acceptedAtMs }];
      }),
    };
    this.#relevant.set(key, found);
    return found;
  }
}

/** From the service's end, or the later acceptance, for as long as no other service has the duty there. */
function takerClaim(
  { handover, entitlement, party, acceptedAtMs }: Relevant['takers'][number],
  services: Relevant['services'],
  { assetId }: AssuredAsset,
): readonly Claim[] {
  if (entitlement.toMs === undefined || entitlement.assets.get(assetId)?.operationalAtMs === undefined)
    return [];
  const from = Math.max(entitlement.toMs, acceptedAtMs);
  let to = Number.POSITIVE_INFINITY;
  for (const { entitlement: other } of services) {
    const operationalAtMs = other.assets.get(assetId)?.operationalAtMs;
    if (other === entitlement || operationalAtMs === undefined) continue;
    if ((other.toMs ?? Number.POSITIVE_INFINITY) > from) to = Math.min(to, Math.max(from, operationalAtMs));
  }
  return [
    {
      scope: 'asset',
      party,
      from,
      state: 'accepted',
      recordId: handover.recordId,
      ...(to === Number.POSITIVE_INFINITY ? {} : { to }),
    },
  ];
}

/** The party to which the entitlement's tier moves a duty; undefined where it moves none. */
export function movedTo(
  control: Control,
  duty: Duty,
  { serviceId, tier }: Pick<EntitlementState, 'serviceId' | 'tier'>,
): string | undefined {
  if (!movesDuties(tier)) return undefined;
  return control.managed_services.find(({ service }) => service === serviceId)?.shifts?.[duty];
}

/** Whether the entitlement is about the asset: it names it, or its scope has it. */
export function entitles(
  {
    assets,
    scope,
    unit,
  }: Pick<EntitlementState, 'scope' | 'unit'> & { readonly assets: { has(assetId: string): boolean } },
  asset: AssuredAsset,
  population: Population,
): boolean {
  if (assets.has(asset.assetId)) return true;
  if (scope === undefined || (unit !== undefined && asset.type !== unit)) return false;
  return population.covers(scope, asset) !== undefined;
}

function serviceClaim(
  entitlement: EntitlementState,
  asset: AssuredAsset,
  party: string,
  population: Population,
): readonly ServiceClaim[] {
  if (!entitles(entitlement, asset, population)) return [];
  const there = entitlement.assets.get(asset.assetId);
  return [
    {
      party,
      from: entitlement.fromMs,
      recordId: entitlement.recordId,
      ...(entitlement.toMs === undefined ? {} : { to: entitlement.toMs }),
      ...(there?.operationalAtMs === undefined ? {} : { operationalAt: there.operationalAtMs }),
      ...(there?.handbackAcceptedAtMs === undefined
        ? {}
        : { handbackAcceptedAt: there.handbackAcceptedAtMs }),
    },
  ];
}

function claimOn(
  claim: ClaimState,
  asset: AssuredAsset,
  population: Population,
  t: number,
): readonly Claim[] {
  const priority = population.covers(claim.scope, asset);
  const standing = standingOf(claim, t);
  if (priority === undefined || standing === undefined) return [];
  return [
    {
      scope: claim.scope.kind,
      kind: claim.kind,
      party: claim.party,
      from: claim.fromMs,
      state: standing.standing,
      priority,
      recordId: standing.recordId,
      ...(claim.toMs === undefined ? {} : { to: claim.toMs }),
    },
  ];
}

/** Every instant after `t` at which what is known now may decide otherwise. */
export function nextBoundary(context: OwnershipContext, t: number): number {
  const instants = [
    context.scheduleAcceptedAt,
    ...(context.ents ?? []).flatMap(({ from, to, operationalAt, handbackAcceptedAt }) => [
      from,
      to,
      operationalAt,
      handbackAcceptedAt,
    ]),
    ...(context.claims ?? []).flatMap(({ from, to }) => [from, to]),
  ];
  let next = Number.POSITIVE_INFINITY;
  for (const instant of instants) if (instant !== undefined && instant > t && instant < next) next = instant;
  return next;
}

/** The controls that a service moves duties of, or supplies evidence for. */
export function controlsOf(catalogue: Catalogue, serviceId: string): readonly Control[] {
  return [...catalogue.controls.values()].filter((control) =>
    control.managed_services.some(({ service }) => service === serviceId),
  );
}
