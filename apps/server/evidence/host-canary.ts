/**
 * Whether what a machine's intrusion detection finds becomes an alert here. Its agent says in its health when it set
 * off harmless triggers that it then found; here it is seen whether they came down the road, and what the rules that
 * are in force for the tenant make of them.
 */
import type { SourceFinding } from '@demarc/assurance/sources';
import { hostIntrusionDetection } from '@demarc/host-intrusion-detection';
import { type Alarms, CANARY_MESSAGE, canaryOf } from '@demarc/host-intrusion-detection/canary';
import { alertEvidence } from '@demarc/host-intrusion-detection/evidence';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { Asset } from '@demarc/platform/contract/api';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Siem, searchEvents } from '@demarc/siem';

/** Of triggers that were set longer ago nothing is said any more: that would make old evidence new. */
const CLAIM_AGE_MS_MAX = 900_000;
/** By which a machine's clock may differ; what one says that is further off is held against nothing. */
const CLOCK_MS_MAX = 600_000;
const PAGE_EVENTS = 1_000;
/** Every machine of a tenant that has as many as may be, each with its triggers of a quarter of an hour. */
const PAGES_MAX = 20;

interface Claim {
  readonly assetId: string;
  /** By the machine's clock, as its event says it too. */
  readonly saidMs: number;
  readonly setAtMs: number;
}

export class HostCanaries {
  readonly #siem: Siem;
  /** Tenant → asset → the triggers of which something was said last. */
  readonly #said = new Map<string, ReadonlyMap<string, number>>();

  constructor(siem: Siem) {
    this.#siem = siem;
  }

  /** What is new; of triggers that may still arrive, nothing. */
  async findings(
    tenant: TenantScope,
    assets: readonly Asset[],
    { nowMs, silentAfterMs }: { readonly nowMs: number; readonly silentAfterMs: number },
  ): Promise<readonly SourceFinding[]> {
    const before = this.#said.get(tenant.tenantId);
    const claims = assets
      .flatMap((asset) => claimOf(asset, nowMs, silentAfterMs))
      .filter(({ assetId, saidMs }) => before?.get(assetId) !== saidMs);
    if (claims.length === 0) return [];
    const arrived = await this.#arrived(tenant, nowMs);
    const match = await this.#matcher(tenant);
    const said = new Map(assets.flatMap(({ assetId }) => keptOf(before, assetId)));
    const findings = claims.flatMap(({ assetId, saidMs, setAtMs }): SourceFinding[] => {
      const event = arrived.get(keyOf(assetId, saidMs));
      const finding = alertEvidence({
        setAtMs,
        nowMs,
        arrived: event === undefined ? undefined : { ...event, rules: match(event.alarms) },
      });
      if (finding === undefined) return [];
      said.set(assetId, saidMs);
      return [{ assetId, ...finding }];
    });
    this.#said.set(tenant.tenantId, said);
    return findings;
  }

  async #arrived(tenant: TenantScope, nowMs: number) {
    const arrived = new Map<
      string,
      { readonly uid: string; readonly atMs: number; readonly alarms: Alarms }
    >();
    const search = {
      from: new Date(nowMs - CLAIM_AGE_MS_MAX - CLOCK_MS_MAX).toISOString(),
      to: new Date(nowMs + CLOCK_MS_MAX).toISOString(),
      classUids: [OCSF_CLASS.application_lifecycle],
      filters: [{ field: 'message', op: 'eq' as const, value: CANARY_MESSAGE }],
      limit: PAGE_EVENTS,
    };
    let cursor: string | null = null;
    for (let page = 0; page === 0 || (cursor !== null && page < PAGES_MAX); page += 1) {
      const found = await searchEvents(this.#siem, tenant, {
        ...search,
        ...(cursor === null ? {} : { cursor }),
      });
      for (const event of found.events) {
        const canary = canaryOf(event);
        // Both are what the server knows, whatever the event says of itself.
        const { uid: assetId } = (event['device'] ?? {}) as { readonly uid?: unknown };
        const { uid, logged_time: atMs } = (event['metadata'] ?? {}) as Readonly<Record<string, unknown>>;
        if (canary === undefined || typeof uid !== 'string') continue;
        if (typeof assetId === 'string' && typeof atMs === 'number')
          arrived.set(keyOf(assetId, canary.setAtMs), { uid, atMs, alarms: canary.alarms });
      }
      cursor = found.nextCursor;
    }
    return arrived;
  }

  /** The ids of the rules that match each alarm, and that the tenant has not switched off. */
  async #matcher(tenant: TenantScope) {
    const { base, own, overlays } = await this.#siem.rulesets.of(tenant);
    const matching = (alarm: OcsfEvent | undefined): readonly string[] => {
      if (alarm === undefined) return [];
      const view = this.#siem.view.ofOcsf(alarm);
      return [base, own]
        .flatMap(({ engine, detections }) => engine.match(view).rules.map((at) => detections[at]?.id ?? ''))
        .filter((id) => id !== '' && overlays.get(id)?.stored.enabled !== false);
    };
    return ({ network, logs, processes }: Alarms) => ({
      network: matching(network),
      logs: matching(logs),
      processes: matching(processes),
    });
  }
}

/** Of an agent that is silent or gone nothing is said: its evidence grows old by itself. */
function claimOf(
  { assetId, state, rooms, lastSeenAt, clockOffsetMs }: Asset,
  nowMs: number,
  silentAfterMs: number,
): readonly Claim[] {
  if (state === 'revoked' || lastSeenAt === null || nowMs - Date.parse(lastSeenAt) > silentAfterMs) return [];
  const room = rooms.find(({ serviceId }) => serviceId === hostIntrusionDetection.id);
  const saidMs = room?.health.figures?.['canarySetAtMs'];
  if (saidMs === undefined || room?.health.state === 'stopped') return [];
  const offsetMs = clockOffsetMs ?? 0;
  const setAtMs = saidMs - offsetMs;
  const isOld = nowMs - setAtMs > CLAIM_AGE_MS_MAX;
  return isOld || Math.abs(offsetMs) > CLOCK_MS_MAX ? [] : [{ assetId, saidMs, setAtMs }];
}

function keptOf(
  before: ReadonlyMap<string, number> | undefined,
  assetId: string,
): readonly (readonly [string, number])[] {
  const saidMs = before?.get(assetId);
  return saidMs === undefined ? [] : [[assetId, saidMs]];
}

const keyOf = (assetId: string, saidMs: number): string => `${assetId} ${saidMs}`;
