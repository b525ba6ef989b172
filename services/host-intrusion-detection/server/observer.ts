/**
 * VMS-08.3: whether what a machine's sensors find becomes an alert here. Its agent says in its health when it set off
 * harmless triggers that it then found; here it is seen whether they came down the road, and what the rules that are
 * in force for the tenant make of them.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import {
  type HostHealth,
  type RoomObserver,
  readEvents,
  type ServerRoomContext,
} from '@demarc/platform/contract/server';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Alarms, CANARY_MESSAGE, canaryOf } from '../canary.ts';
import { alertEvidence, type Family } from '../evidence.ts';
import { hostIntrusionDetection } from '../service.ts';

/** Triggers are set four times an hour; whether they came is looked at sooner than the next ones are set. */
const LOOK_SECONDS = 60;
/** Of triggers that were set longer ago nothing is said any more: that would make old evidence new. */
const CLAIM_AGE_MS_MAX = 900_000;
/** By which a machine's clock may differ; what one says that is further off is held against nothing. */
const CLOCK_MS_MAX = 600_000;
/** Until what was said is remembered: by then no clock can make it a claim again. */
const SAID_MS_MAX = CLAIM_AGE_MS_MAX + CLOCK_MS_MAX;
const PAGE_EVENTS = 1_000;
/** Every machine of a tenant that has as many as may be, each with its triggers of a quarter of an hour. */
const PAGES_MAX = 20;

interface Claim {
  readonly assetId: string;
  /** By the machine's clock, as its event says it too. */
  readonly saidMs: number;
  readonly setAtMs: number;
}

interface Arrived {
  readonly uid: string;
  readonly atMs: number;
  readonly alarms: Alarms;
}

/** Asset → the triggers of which something was said last. */
type Said = ReadonlyMap<string, number>;
/** By server, which its context stands for, and by tenant. */
const saidBy = new WeakMap<ServerRoomContext, Map<string, Said>>();

export const observer: RoomObserver = {
  rules: hostIntrusionDetection.evidences
    .filter(({ rule }) => rule === 'VMS-08.3')
    .map((promise) => ({ ...promise, everySeconds: LOOK_SECONDS })),
  /** What is new; of triggers that may still arrive, nothing. */
  async observe(context, tenant) {
    const nowMs = context.now();
    const tenants = saidBy.get(context) ?? new Map<string, Said>();
    saidBy.set(context, tenants);
    const before = tenants.get(tenant.tenantId) ?? new Map<string, number>();
    const claims: Claim[] = [];
    for (const claim of (await context.hostHealth(tenant)).flatMap((of) => claimOf(of, nowMs)))
      if (before.get(claim.assetId) !== claim.saidMs && (await context.isEntitled(tenant, claim.assetId)))
        claims.push(claim);
    if (claims.length === 0) return [];
    const arrived = await arrivedEvents(context, tenant, nowMs);
    const findings = [];
    const said = new Map([...before].filter(([, saidMs]) => nowMs - saidMs <= SAID_MS_MAX));
    for (const { assetId, saidMs, setAtMs } of claims) {
      const event = arrived.get(keyOf(assetId, saidMs));
      const finding = alertEvidence({
        setAtMs,
        nowMs,
        arrived:
          event === undefined ? undefined : { ...event, rules: await rulesOf(context, tenant, event.alarms) },
      });
      if (finding === undefined) continue;
      said.set(assetId, saidMs);
      findings.push({ assetId, ...finding });
    }
    tenants.set(tenant.tenantId, said);
    return findings;
  },
};

/** Of a machine on which the room is not at work nothing is said: its evidence grows old by itself. */
function claimOf({ assetId, health, clockOffsetMs }: HostHealth, nowMs: number): readonly Claim[] {
  const saidMs = health.figures?.['canarySetAtMs'];
  if (saidMs === undefined || health.state === 'stopped') return [];
  const setAtMs = saidMs - clockOffsetMs;
  const isOld = nowMs - setAtMs > CLAIM_AGE_MS_MAX;
  return isOld || Math.abs(clockOffsetMs) > CLOCK_MS_MAX ? [] : [{ assetId, saidMs, setAtMs }];
}

async function arrivedEvents(
  context: ServerRoomContext,
  tenant: TenantScope,
  nowMs: number,
): Promise<ReadonlyMap<string, Arrived>> {
  const arrived = new Map<string, Arrived>();
  const query = {
    fromMs: nowMs - CLAIM_AGE_MS_MAX - CLOCK_MS_MAX,
    toMs: nowMs + CLOCK_MS_MAX,
    classUids: [OCSF_CLASS.application_lifecycle],
    filters: [{ field: 'message', op: 'eq' as const, value: CANARY_MESSAGE }],
    limit: PAGE_EVENTS,
  };
  await readEvents(context, tenant, query, PAGES_MAX, (event) => {
    const canary = canaryOf(event);
    // Both are what the server knows, whatever the event says of itself.
    const { uid: assetId } = (event['device'] ?? {}) as { readonly uid?: unknown };
    const { uid, logged_time: atMs } = event.metadata;
    if (canary !== undefined && typeof assetId === 'string' && typeof atMs === 'number')
      arrived.set(keyOf(assetId, canary.setAtMs), { uid, atMs, alarms: canary.alarms });
  });
  return arrived;
}

async function rulesOf(
  context: ServerRoomContext,
  tenant: TenantScope,
  { network, logs, processes }: Alarms,
): Promise<Readonly<Record<Family, readonly string[]>>> {
  const matching = async (alarm: OcsfEvent | undefined): Promise<readonly string[]> =>
    alarm === undefined ? [] : context.rulesMatching(tenant, alarm);
  return {
    network: await matching(network),
    logs: await matching(logs),
    processes: await matching(processes),
  };
}

const keyOf = (assetId: string, saidMs: number): string => `${assetId} ${saidMs}`;
