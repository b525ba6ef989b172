/** What the acts in the ledger say of purchases: replayed, never stored. */

import type { ServiceClaim } from './rules/ownership.ts';
import type { Act } from './store/ledger.ts';

export interface EntitledAsset {
  readonly assetId: string;
  readonly operationalAtMs: number | undefined;
  readonly evidenceId: string | undefined;
  readonly handbackAcceptedAtMs: number | undefined;
}

export interface EntitlementState {
  readonly entitlementId: string;
  readonly serviceId: string;
  readonly tier: string;
  readonly fromMs: number;
  readonly toMs: number | undefined;
  readonly recordId: string;
  readonly assets: readonly EntitledAsset[];
}

export interface Standing {
  readonly scheduleAcceptedAtMs: number | undefined;
  readonly entitlements: readonly EntitlementState[];
}

export function replay(acts: readonly Act[]): Standing {
  let scheduleAcceptedAtMs: number | undefined;
  const found = new Map<string, EntitlementState>();
  const change = (id: string, with_: (known: EntitlementState) => EntitlementState): void => {
    const known = found.get(id);
    if (known !== undefined) found.set(id, with_(known));
  };
  const changeAsset = (id: string, assetId: string, changes: Partial<EntitledAsset>): void =>
    change(id, (known) => ({
      ...known,
      assets: known.assets.map((asset) => (asset.assetId === assetId ? { ...asset, ...changes } : asset)),
    }));
  for (const act of acts) {
    switch (act.name) {
      case 'schedule-accepted':
        scheduleAcceptedAtMs ??= act.atMs;
        break;
      case 'service-bought':
        found.set(act.payload.entitlementId, {
          entitlementId: act.payload.entitlementId,
          serviceId: act.payload.serviceId,
          tier: act.payload.tier,
          fromMs: act.atMs,
          toMs: undefined,
          recordId: act.recordId,
          assets: act.payload.assetIds.map((assetId) => ({
            assetId,
            operationalAtMs: undefined,
            evidenceId: undefined,
            handbackAcceptedAtMs: undefined,
          })),
        });
        break;
      case 'service-operational':
        changeAsset(act.payload.entitlementId, act.payload.assetId, {
          operationalAtMs: act.atMs,
          evidenceId: act.payload.evidenceId,
        });
        break;
      case 'service-cancelled':
        change(act.payload.entitlementId, (known) => ({ ...known, toMs: act.atMs }));
        break;
      case 'handback-accepted':
        changeAsset(act.payload.entitlementId, act.payload.assetId, { handbackAcceptedAtMs: act.atMs });
        break;
    }
  }
  return { scheduleAcceptedAtMs, entitlements: [...found.values()] };
}

/** The entitlements that move a duty to `party` on an asset, as the ownership rules take them. */
export function serviceClaims(
  entitlement: EntitlementState,
  assetId: string,
  party: string,
): readonly ServiceClaim[] {
  return entitlement.assets
    .filter((asset) => asset.assetId === assetId)
    .map((asset) => ({
      party,
      from: entitlement.fromMs,
      recordId: entitlement.recordId,
      ...(entitlement.toMs === undefined ? {} : { to: entitlement.toMs }),
      ...(asset.operationalAtMs === undefined ? {} : { operationalAt: asset.operationalAtMs }),
      ...(asset.handbackAcceptedAtMs === undefined ? {} : { handbackAcceptedAt: asset.handbackAcceptedAtMs }),
    }));
}

export function isRunning(entitlement: EntitlementState, t: number): boolean {
  return entitlement.fromMs <= t && t < (entitlement.toMs ?? Number.POSITIVE_INFINITY);
}
