/** Standing, evidence and catalogue → the cells of the matrix. Pure; one pass for one tenant and instant. */
import type { ControlStatus, DutyOwnership, EvidenceState, MatrixCell } from '@demarc/platform/contract/api';
import { DUTIES } from '@demarc/platform/contract/api';
import type { Catalogue, Control, EvidenceRule } from './catalogue/catalogue.ts';
import { type Standing, serviceClaims } from './entitlements.ts';
import { capOf, capped } from './rules/dependency.ts';
import { type Ownership, ownership, type ServiceClaim } from './rules/ownership.ts';
import { isStale, ownStatus, type RuleEvidence } from './rules/status.ts';
import type { KeptEvidence } from './store/evidence.ts';

export interface AssuredAsset {
  readonly assetId: string;
  readonly name: string;
  readonly type: 'tenant' | 'vm' | 'network' | 'database';
}

/** Controls about the tenant as a whole, and about the platform that serves it, hang here. */
export const TENANT_ASSET: AssuredAsset = {
  assetId: 'tenant',
  name: 'the tenant as a whole',
  type: 'tenant',
};

export interface World {
  readonly catalogue: Catalogue;
  readonly standing: Standing;
  /** By `asset rule`. */
  readonly evidence: ReadonlyMap<string, KeptEvidence>;
  /** Rule → for how many seconds it is fresh; rules that are not here have no source in this installation. */
  readonly sources: ReadonlyMap<string, number>;
  readonly t: number;
}

export interface Evaluated {
  readonly cell: MatrixCell;
  readonly evidence: readonly EvidenceState[];
  readonly dependencies: readonly {
    readonly control: Control;
    readonly effect: 'invalidates' | 'undermines' | 'informs';
    readonly status: ControlStatus;
    readonly caps: ControlStatus | undefined;
  }[];
  /** The controls at the bottom of what caps this one, with who has to see to each. */
  readonly roots: readonly {
    readonly control: Control;
    readonly status: ControlStatus;
    readonly party: string;
  }[];
}

export const keyOf = (assetId: string, rule: string): string => `${assetId} ${rule}`;

export function applies(control: Control, asset: AssuredAsset): boolean {
  const types: readonly string[] = control.asset_types;
  return (
    types.includes(asset.type) ||
    (asset.type === 'tenant' && (types.includes('platform') || types.includes('edge')))
  );
}

export class Evaluation {
  readonly #world: World;
  readonly #statuses = new Map<
    string,
    { readonly own: ControlStatus; readonly effective: ControlStatus; readonly roots: readonly string[] }
  >();

  constructor(world: World) {
    this.#world = world;
  }

  evaluate(control: Control, asset: AssuredAsset): Evaluated {
    const { standing } = this.#world;
    const { own, effective, roots } = this.status(control, asset);
    const evidence = control.evidence.map((rule) => this.#evidenceState(rule, asset));
    const duties = DUTIES.map(
      (duty): DutyOwnership => dutyOf(duty, this.#owner(control, asset, duty), standing),
    );
    const dependencies = control.depends_on.flatMap(({ control: id, effect }) => {
      const lower = this.#world.catalogue.controls.get(id);
      if (lower === undefined) return [];
      const { effective: status } = this.status(lower, carrier(lower, asset));
      return [{ control: lower, effect, status, caps: capOf(effect, status) }];
    });
    const cell: MatrixCell = {
      controlId: control.id,
      title: control.title,
      area: control.area,
      layer: control.layer,
      assetId: asset.assetId,
      assetName: asset.name,
      ownStatus: own,
      status: effective,
      since: newest(evidence),
      accountable: control.default_responsibility.accountable,
      duties,
      ownership: ownershipWord(duties, control, this.#world),
      rootCauses: [...roots],
      warnings: dependencies
        .filter(
          ({ effect, status }) =>
            effect === 'informs' &&
            (status === 'not-satisfied' || status === 'stale-evidence' || status === 'not-assessed'),
        )
        .map(({ control: lower, status }) => `${lower.id} is ${status}`),
    };
    return { cell, evidence, dependencies, roots: roots.flatMap((id) => this.#root(id, asset)) };
  }

  #root(id: string, asset: AssuredAsset): Evaluated['roots'] {
    const control = this.#world.catalogue.controls.get(id);
    if (control === undefined) return [];
    const carried = carrier(control, asset);
    const { party } = this.#owner(control, carried, 'operate');
    return [
      {
        control,
        status: this.status(control, carried).effective,
        party: party ?? control.default_responsibility.accountable,
      },
    ];
  }

  #owner(control: Control, asset: AssuredAsset, duty: (typeof DUTIES)[number]): Ownership {
    return ownership(this.#ownershipContext(control, asset, duty), this.#world.t);
  }

  /** Own and effective status, and the controls at the bottom of what caps it. */
  status(
    control: Control,
    asset: AssuredAsset,
  ): { readonly own: ControlStatus; readonly effective: ControlStatus; readonly roots: readonly string[] } {
    const key = keyOf(asset.assetId, control.id);
    const known = this.#statuses.get(key);
    if (known !== undefined) return known;
    const own = ownStatus(
      { evidence: control.evidence.map((rule) => this.#ruleEvidence(rule, asset)) },
      this.#world.t,
    );
    const lower = control.depends_on.flatMap(({ control: id, effect }) => {
      const found = effect === 'informs' ? undefined : this.#world.catalogue.controls.get(id);
      return found === undefined ? [] : [{ id, effect, ...this.status(found, carrier(found, asset)) }];
    });
    const effective = capped(
      own,
      lower.map(({ effect, effective: status }) => ({ effect, status })),
    );
    const capping =
      effective === own
        ? []
        : lower.filter(({ effect, effective: status }) => capOf(effect, status) === effective);
    const roots = [
      ...new Set(capping.flatMap(({ id, roots: deeper }) => (deeper.length === 0 ? [id] : deeper))),
    ];
    const result = { own, effective, roots };
    this.#statuses.set(key, result);
    return result;
  }

  #ruleEvidence(rule: EvidenceRule, asset: AssuredAsset): RuleEvidence {
    const kept = this.#world.evidence.get(keyOf(asset.assetId, rule.id));
    const fresh = (this.#world.sources.get(rule.id) ?? rule.freshForSeconds) * 1_000;
    if (kept === undefined || kept.result === 'error') return { fresh, required: rule.required };
    return { last: kept.result, at: kept.observedAtMs, fresh, required: rule.required };
  }

  #evidenceState(rule: EvidenceRule, asset: AssuredAsset): EvidenceState {
    const kept = this.#world.evidence.get(keyOf(asset.assetId, rule.id));
    const judged = this.#ruleEvidence(rule, asset);
    const state =
      kept === undefined
        ? this.#world.sources.has(rule.id)
          ? 'not-received'
          : 'no-source'
        : kept.result === 'fail'
          ? 'fail'
          : isStale(judged, this.#world.t)
            ? 'stale'
            : 'pass';
    return {
      rule: rule.id,
      kind: rule.kind,
      source: rule.source,
      asserts: rule.asserts,
      required: rule.required,
      freshForSeconds: judged.fresh / 1_000,
      state,
      result: kept?.result ?? null,
      because: kept?.because ?? null,
      observedAt: kept === undefined ? null : new Date(kept.observedAtMs).toISOString(),
      receivedAt: kept === undefined ? null : new Date(kept.receivedAtMs).toISOString(),
      evidenceId: kept?.uid ?? null,
      digest: kept?.digest ?? null,
      signed: kept?.signed ?? false,
    };
  }

  #ownershipContext(control: Control, asset: AssuredAsset, duty: (typeof DUTIES)[number]) {
    const { standing } = this.#world;
    const ents: ServiceClaim[] = standing.entitlements.flatMap((entitlement) => {
      const moved = control.managed_services.find(({ service }) => service === entitlement.serviceId)
        ?.shifts?.[duty];
      return moved === undefined || !movesIn(entitlement.tier)
        ? []
        : serviceClaims(entitlement, asset.assetId, moved);
    });
    return {
      floor: control.floor,
      defaultParty: control.default_responsibility[duty],
      ents,
      ...(standing.scheduleAcceptedAtMs === undefined
        ? {}
        : { scheduleAcceptedAt: standing.scheduleAcceptedAtMs }),
    };
  }
}

/** Only the managed tiers move duties; the others supply evidence. */
function movesIn(tier: string): boolean {
  return tier === 'managed' || tier === 'included';
}

/** The asset that carries a lower control: the same one where it applies, otherwise the tenant as a whole. */
function carrier(lower: Control, asset: AssuredAsset): AssuredAsset {
  return applies(lower, asset) ? asset : TENANT_ASSET;
}

const WHY: Readonly<Record<string, string>> = {
  floor: 'a provider layer: no record of the tenant can change that',
  dispute: 'a claim on it is disputed',
  entitlement: 'the service is bought and operational on this asset',
  asset: 'the tenant decided so for this asset',
  group: 'the tenant decided so for a group this asset is in',
  tenant: 'the tenant decided so for everything',
  default: 'the catalogue’s default, which the tenant accepted',
  'hand-back not accepted':
    'the service ended and nobody took the duty back; it falls to the customer unless somebody else accepts it',
  'no accepted claim': 'nobody has accepted it: the responsibility schedule is not accepted yet',
};

function dutyOf(duty: (typeof DUTIES)[number], decided: Ownership, standing: Standing): DutyOwnership {
  const pending = decided.flags.find((flag) => flag.startsWith('pending:'));
  const waiting =
    pending === undefined ? '' : `; moves to ${pending.slice(8)} with the first passing evidence`;
  const since =
    decided.by === 'default' && standing.scheduleAcceptedAtMs !== undefined
      ? ` on ${new Date(standing.scheduleAcceptedAtMs).toISOString()}`
      : '';
  return {
    duty,
    state: decided.state,
    party: decided.party,
    by: decided.by,
    because: `${WHY[decided.by] ?? decided.by}${since}${waiting}`,
    recordId: decided.recordId ?? null,
    flags: [...decided.flags],
  };
}

/** The words of CSA's CCM, derived from who owns what. */
function ownershipWord(duties: readonly DutyOwnership[], control: Control, world: World): string {
  if (duties.some(({ state }) => state === 'contested')) return 'contested';
  if (duties.some(({ state }) => state === 'unowned')) return 'unowned';
  const parties = new Set(duties.flatMap(({ party }) => party?.split('+') ?? []));
  const [only] = parties;
  if (parties.size === 1)
    return only === 'provider' ? 'provider-owned' : only === 'customer' ? 'customer-owned' : 'third-party';
  const jointly = duties.some(({ party }) => party?.includes('+') === true);
  const services = control.managed_services.map(({ service }) =>
    world.catalogue.services.find(({ id }) => id === service),
  );
  const needsCustomer = services.some((service) => (service?.customer_prerequisites.length ?? 0) > 0);
  return jointly || needsCustomer ? 'shared-dependent' : 'shared-independent';
}

function newest(evidence: readonly EvidenceState[]): string | null {
  return (
    evidence
      .map(({ observedAt }) => observedAt)
      .filter((at) => at !== null)
      .sort()
      .at(-1) ?? null
  );
}
