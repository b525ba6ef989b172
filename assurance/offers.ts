/** What can be bought, and how far what was bought has come on each asset. */
import type { Entitlement, ServiceOffer } from '@demarc/platform/contract/api';
import { entitledAssets } from './commands/services.ts';
import { controlsOf } from './evaluation/duties.ts';
import type { Evaluation } from './evaluation/evaluation.ts';
import type { Scope } from './model/acts.ts';
import type { EntitlementState, Standing } from './model/standing.ts';
import { inForce } from './model/standing.ts';

const PENDING_EVIDENCE = 'first passing evidence from the service on this asset';
const HANDBACK = 'acceptance of the hand-back';

export function offersOf(evaluation: Evaluation, offered: ReadonlySet<string>): readonly ServiceOffer[] {
  const { catalogue, standing } = evaluation.world;
  return catalogue.services.map((service) => ({
    serviceId: service.id,
    title: service.title,
    unit: service.unit,
    available: offered.has(service.id),
    tiers: service.tiers,
    delivers: service.delivers,
    prerequisites: service.customer_prerequisites,
    controls: controlsOf(catalogue, service.id).map(({ id }) => id),
    entitlements: [...standing.entitlements.values()]
      .filter(({ serviceId }) => serviceId === service.id)
      .map((entitlement) => shown(entitlement, evaluation)),
  }));
}

function shown(entitlement: EntitlementState, { population, t, world }: Evaluation): Entitlement {
  const instant = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  const running = inForce(entitlement, t);
  const ids = new Set([
    ...entitledAssets(entitlement, population).map(({ assetId }) => assetId),
    ...entitlement.assets.keys(),
  ]);
  return {
    entitlementId: entitlement.entitlementId,
    serviceId: entitlement.serviceId,
    tier: entitlement.tier,
    validFrom: new Date(entitlement.fromMs).toISOString(),
    validTo: instant(entitlement.toMs),
    noticeEndsAt: instant(entitlement.notice?.endsAtMs),
    endConfirmed: entitlement.notice?.confirmedAtMs !== undefined,
    ...(entitlement.scope === undefined ? {} : { scope: scopeWord(entitlement.scope, world.standing) }),
    assets: [...ids].map((assetId) => {
      const asset = entitlement.assets.get(assetId);
      const wasOperational = asset?.operationalAtMs !== undefined;
      const handedBack = asset?.handbackAcceptedAtMs !== undefined;
      const leaving = entitlement.notice !== undefined || entitlement.toMs !== undefined;
      const state = running
        ? wasOperational
          ? leaving
            ? 'offboarding'
            : 'operational'
          : 'onboarding'
        : 'ended';
      return {
        assetId,
        assetName: population.find(assetId)?.name ?? assetId,
        state,
        pending: pendingOf(state, wasOperational, handedBack),
        operationalAt: instant(asset?.operationalAtMs),
        firstEvidenceId: asset?.evidenceId ?? null,
        handbackAcceptedAt: instant(asset?.handbackAcceptedAtMs),
      };
    }),
  };
}

function scopeWord(scope: Scope, { groups }: Standing): string {
  if (scope.kind === 'tenant') return 'everything';
  return scope.kind === 'group'
    ? `group ${groups.get(scope.groupId)?.name ?? scope.groupId}`
    : `asset ${scope.assetId}`;
}

function pendingOf(state: string, wasOperational: boolean, handedBack: boolean): string[] {
  if (state === 'onboarding') return [PENDING_EVIDENCE];
  return state === 'ended' && wasOperational && !handedBack ? [HANDBACK] : [];
}
