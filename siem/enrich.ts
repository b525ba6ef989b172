/** Adds what the server knows and the agent cannot claim: tenant and asset, from the certificate. Never reshapes. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Accepted } from './accept.ts';

export interface Carried {
  readonly event: OcsfEvent;
  readonly assetId: string;
  readonly receivedAtMs: number;
  readonly originalTimeMs: number | undefined;
}

export function enrich(
  tenant: TenantScope,
  assetId: string,
  accepted: readonly Accepted[],
): readonly Carried[] {
  return accepted.map(({ event, receivedAtMs, originalTimeMs }) => ({
    event: {
      ...event,
      device: { ...(event['device'] as object), uid: assetId },
      metadata: { ...event.metadata, tenant_uid: tenant.tenantId, logged_time: receivedAtMs },
    },
    assetId,
    receivedAtMs,
    originalTimeMs,
  }));
}
