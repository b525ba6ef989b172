/**
 * Who owns one duty of one control on one asset at an instant.
 *
 * Authority runs: floor, dispute, operational service, tenant's decisions (asset, group, tenant), the end of a
 * service, default. Nobody owns what they have not accepted; evidence is no argument here at all.
 */

export interface OwnershipContext {
  /** A duty of a provider layer. */
  readonly floor?: boolean;
  readonly defaultParty?: string;
  /** When the tenant accepted the responsibility schedule; defaults hold from then. */
  readonly scheduleAcceptedAt?: number;
  readonly ents?: readonly ServiceClaim[];
  readonly claims?: readonly Claim[];
  /** Who the evidence shows at work; flagged when it is not the owner. */
  readonly observedOperator?: string;
}

/** An entitlement whose tier moves this duty on this asset. Half-open: `[from, to)`. */
export interface ServiceClaim {
  readonly party: string;
  readonly from: number;
  readonly to?: number;
  readonly operationalAt?: number;
  readonly handbackAcceptedAt?: number;
  readonly recordId?: string;
}

export interface Claim {
  readonly scope: 'tenant' | 'group' | 'asset';
  readonly kind?: 'assign' | 'carve-out';
  readonly party: string;
  readonly from: number;
  readonly to?: number;
  readonly state: 'proposed' | 'accepted' | 'declined' | 'disputed';
  readonly priority?: number;
  readonly recordId?: string;
}

export interface Ownership {
  readonly state: 'owned' | 'contested' | 'unowned';
  readonly party: string | null;
  /** The rule that decided. */
  readonly by: string;
  readonly flags: readonly string[];
  readonly recordId?: string;
}

const SCOPES = ['asset', 'group', 'tenant'] as const;

export function ownership(context: OwnershipContext, t: number): Ownership {
  const decided = decide(context, t);
  const observed = context.observedOperator;
  if (observed === undefined || decided.party === null || decided.party === observed) return decided;
  return { ...decided, flags: [...decided.flags, `observed:${observed}`] };
}

function decide(context: OwnershipContext, t: number): Ownership {
  if (context.floor === true) return owned('provider', 'floor');
  const claims = (context.claims ?? []).filter((claim) => inForce(claim, t));
  if (claims.some((claim) => claim.state === 'disputed')) return contested('dispute');
  const accepted = claims.filter((claim) => claim.state === 'accepted');
  const carvedOut = accepted.some((claim) => claim.kind === 'carve-out');
  const services = context.ents ?? [];
  const operational = services.filter(
    (service) => inForce(service, t) && (service.operationalAt ?? Number.POSITIVE_INFINITY) <= t,
  );
  const [service] = operational;
  if (service !== undefined && !carvedOut) {
    if (new Set(operational.map(({ party }) => party)).size > 1) return contested('entitlement');
    return owned(service.party, 'entitlement', service.recordId);
  }
  const flags = carvedOut
    ? []
    : services
        .filter((waiting) => inForce(waiting, t) && !operational.includes(waiting))
        .map(({ party }) => `pending:${party}`);
  const decision = byDecision(accepted.filter((claim) => claim.kind !== 'carve-out'));
  if (decision !== undefined) return { ...decision, flags };
  if (services.some((ended) => endedUnaccepted(ended, t)))
    return { state: 'unowned', party: null, by: 'hand-back not accepted', flags };
  if (context.defaultParty !== undefined && (context.scheduleAcceptedAt ?? Number.POSITIVE_INFINITY) <= t) {
    return { ...owned(context.defaultParty, 'default'), flags };
  }
  return { state: 'unowned', party: null, by: 'no accepted claim', flags };
}

/** The most specific decision; among groups the highest priority; two that disagree at that height contest it. */
function byDecision(claims: readonly Claim[]): Ownership | undefined {
  for (const scope of SCOPES) {
    const here = claims.filter((claim) => claim.scope === scope);
    if (here.length === 0) continue;
    const highest = Math.max(...here.map((claim) => claim.priority ?? 0));
    const deciding = here.filter((claim) => (claim.priority ?? 0) === highest);
    if (new Set(deciding.map(({ party }) => party)).size > 1) return contested(scope);
    return owned(deciding[0]?.party ?? '', scope, deciding[0]?.recordId);
  }
  return undefined;
}

/** It was operational before it ended, and nobody has taken back what it gave up. */
function endedUnaccepted(service: ServiceClaim, t: number): boolean {
  const { to, operationalAt, handbackAcceptedAt } = service;
  if (to === undefined || t < to) return false;
  const wasOperational = operationalAt !== undefined && operationalAt < to;
  return wasOperational && (handbackAcceptedAt ?? Number.POSITIVE_INFINITY) > t;
}

function inForce(interval: { readonly from: number; readonly to?: number }, t: number): boolean {
  return interval.from <= t && t < (interval.to ?? Number.POSITIVE_INFINITY);
}

function owned(party: string, by: string, recordId?: string): Ownership {
  return { state: 'owned', party, by, flags: [], ...(recordId === undefined ? {} : { recordId }) };
}

function contested(by: string): Ownership {
  return { state: 'contested', party: null, by, flags: [] };
}
