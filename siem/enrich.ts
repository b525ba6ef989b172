/**
 * Adds what the server knows and the agent cannot claim: tenant, asset, when the event came, and when it
 * happened where its own clock cannot be believed. Never reshapes.
 *
 * The store keeps the event as it was sent and these facts in columns; whoever reads gets both together by
 * the same function, so what is searched tomorrow is what was published today.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Accepted } from './accept.ts';

export interface Facts {
  readonly tenantId: string;
  readonly assetId: string;
  readonly receivedAtMs: number;
  /** What the event said, where that could not be: `time` is then the instant it was received. */
  readonly originalTimeMs: number | undefined;
}

export interface Carried {
  readonly event: OcsfEvent;
  /** The JSON to keep: as it was sent, or as it was made here. */
  readonly raw: string | Uint8Array;
  readonly facts: Facts;
  /** Of a finding: the uid of the event it rests on. */
  readonly originUid?: string;
}

export function enrich(
  tenant: TenantScope,
  assetId: string,
  receivedAtMs: number,
  accepted: readonly Accepted[],
): readonly Carried[] {
  // The same of nearly every event of a batch.
  const usual: Facts = { tenantId: tenant.tenantId, assetId, receivedAtMs, originalTimeMs: undefined };
  return accepted.map(({ event, json, originalTimeMs, isMadeHere }) => {
    const facts = originalTimeMs === undefined ? usual : { ...usual, originalTimeMs };
    const raw = json ?? JSON.stringify(event);
    return { event: isMadeHere ? enrichedInPlace(event, facts) : enriched(event, facts), raw, facts };
  });
}

/** Without copies: only for an event that nobody else has, once its JSON is written. */
function enrichedInPlace(event: OcsfEvent, facts: Facts): OcsfEvent {
  const { assetId, receivedAtMs, originalTimeMs, tenantId } = facts;
  const writable = event as Record<string, unknown>;
  const metadata = event.metadata as Record<string, unknown>;
  const device = writable['device'];
  if (typeof device === 'object' && device !== null) (device as Record<string, unknown>)['uid'] = assetId;
  metadata['tenant_uid'] = tenantId;
  metadata['logged_time'] = receivedAtMs;
  if (originalTimeMs !== undefined) {
    writable['time'] = receivedAtMs;
    metadata['original_time'] = new Date(originalTimeMs).toISOString();
  }
  return event;
}

export function enriched(event: OcsfEvent, facts: Facts): OcsfEvent {
  const device = event['device'];
  const copy = {
    ...event,
    ...(typeof device === 'object' && device !== null ? { device: { ...device } } : undefined),
    metadata: { ...event.metadata },
  };
  return enrichedInPlace(copy, facts);
}
