/** What a tenant's documents state about its responsibility, record by record; the same, out of the ledger. */
import { canonicalJson } from '@demarc/platform/ocsf';
import { type ActPayload, Scope } from '../model/acts.ts';
import { inForce, type Standing, scopeKey, standingOf } from '../model/standing.ts';

export const FACT_KINDS = [
  'party',
  'asset',
  'entitlement',
  'claim',
  'not-applicable',
  'exception',
  'risk',
  'plan-item',
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

interface Dated {
  readonly fromMs: number;
  readonly toMs: number | undefined;
}
export interface FactPayloads {
  readonly party: Omit<ActPayload<'party-registered'>, 'contact'> & { readonly contact: string };
  readonly asset: ActPayload<'asset-declared'>;
  readonly entitlement: Dated & {
    readonly entitlementId: string;
    readonly serviceId: string;
    readonly tier: string;
    readonly scope: string | undefined;
    readonly prerequisites: readonly string[];
  };
  readonly claim: Omit<ActPayload<'claim-proposed'>, 'toMs' | 'scope'> &
    Dated & { readonly scope: string; readonly standing: string };
  readonly 'not-applicable': Omit<ActPayload<'not-applicable-approved'>, 'scope'> & {
    readonly scope: string;
  };
  readonly exception: Omit<ActPayload<'exception-requested'>, 'scope'> & {
    readonly scope: string;
    readonly approver: string | undefined;
  };
  readonly risk: ActPayload<'risk-recorded'>;
  readonly 'plan-item': ActPayload<'poam-item-opened'> & { readonly status: string };
}
export type Fact = {
  [Kind in FactKind]: { readonly kind: Kind; readonly id: string; readonly payload: FactPayloads[Kind] };
}[FactKind];

export const factKey = ({ kind, id }: Pick<Fact, 'kind' | 'id'>): string => `${kind} ${id}`;
export const sameFact = (a: Fact, b: Fact): boolean => canonicalJson(a.payload) === canonicalJson(b.payload);

/** `tenant`, `group:ID` or `asset:ID`. */
export function scopeOf(text: string): Scope | undefined {
  const [, kind, id = ''] = /^(tenant|group|asset)(?::(.*))?$/s.exec(text) ?? [];
  const parsed = Scope.safeParse({
    kind,
    ...(kind === 'group' ? { groupId: id } : kind === 'asset' ? { assetId: id } : {}),
  });
  return parsed.success ? parsed.data : undefined;
}

/** Of what stands at the instant, all that the documents state. */
export function factsOf(standing: Standing, asOfMs: number): readonly Fact[] {
  const running = <T extends Dated>(held: ReadonlyMap<string, T>): readonly T[] =>
    [...held.values()].filter((each) => inForce(each, asOfMs));
  return [
    ...[...standing.parties.values()].map(
      ({ partyId, name, kind, role, contact }): Fact => ({
        kind: 'party',
        id: partyId,
        payload: { partyId, name, kind, role, contact },
      }),
    ),
    ...running(standing.assets).map(
      ({ assetId, name, type, labels }): Fact => ({
        kind: 'asset',
        id: assetId,
        payload: { assetId, name, type, labels },
      }),
    ),
    ...[...standing.entitlements.values()].map(
      (each): Fact => ({
        kind: 'entitlement',
        id: each.entitlementId,
        payload: {
          entitlementId: each.entitlementId,
          serviceId: each.serviceId,
          tier: each.tier,
          scope: each.scope === undefined ? undefined : scopeKey(each.scope),
          prerequisites: each.prerequisites ?? [],
          fromMs: each.fromMs,
          toMs: each.toMs,
        },
      }),
    ),
    ...[...standing.claims.values()].map(
      (each): Fact => ({
        kind: 'claim',
        id: each.claimId,
        payload: {
          claimId: each.claimId,
          controls: [...each.controls],
          duties: [...each.duties],
          party: each.party,
          scope: scopeKey(each.scope),
          kind: each.kind,
          source: each.source,
          reason: each.reason,
          fromMs: each.fromMs,
          toMs: each.toMs,
          standing: standingOf(each, asOfMs)?.standing ?? 'proposed',
        },
      }),
    ),
    ...running(standing.notApplicable).map(
      (each): Fact => ({
        kind: 'not-applicable',
        id: each.approvalId,
        payload: {
          approvalId: each.approvalId,
          controlId: each.controlId,
          scope: scopeKey(each.scope),
          reason: each.reason,
          approver: each.approver,
          reviewAtMs: each.reviewAtMs,
        },
      }),
    ),
    ...running(standing.exceptions).map(
      (each): Fact => ({
        kind: 'exception',
        id: each.exceptionId,
        payload: {
          exceptionId: each.exceptionId,
          controls: each.controls,
          scope: scopeKey(each.scope),
          reason: each.reason,
          compensatingControls: each.compensatingControls,
          ...(each.riskId === undefined ? {} : { riskId: each.riskId }),
          requester: each.requester,
          toMs: each.toMs ?? asOfMs,
          approver: each.approver,
        },
      }),
    ),
    ...running(standing.risks).map(
      ({ fromMs: _from, toMs: _to, recordId: _record, version: _v, log: _log, ...risk }): Fact => ({
        kind: 'risk',
        id: risk.riskId,
        payload: risk,
      }),
    ),
    ...[...standing.poam.values()].map(
      ({ fromMs: _from, toMs: _to, recordId: _record, log: _log, ...item }): Fact => ({
        kind: 'plan-item',
        id: item.poamId,
        payload: item,
      }),
    ),
  ];
}
