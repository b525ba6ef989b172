/**
 * Who was seen to scan or attack what listens on the machines of a tenant, of the room's own events: one question for all
 * machines, asked again every few minutes of what came since.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { PRIVATE_NETWORKS, type SeenScan, type SeenScans } from '@demarc/platform/contract/exposure';
import { readEvents, type ServerRoomContext } from '@demarc/platform/contract/server';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import * as z from 'zod';
import { type DetectionKind, KINDS, LISTED_MAX } from '../network/detection.ts';
import { inRanges } from '../network/ranges.ts';
import { hostIntrusionDetection } from '../service.ts';

export const SEEN_WITHIN_MS = 30 * 86_400_000;
const ASK_EVERY_MS = 600_000;
/** Agents keep what they cannot send: so much later it may come and is still found. All is asked anew every day. */
const LATE_MS_MAX = 3_600_000;
const ASK_ALL_EVERY_MS = 86_400_000;
const PAGE_EVENTS = 1_000;
/** The newest; a tenant that is attacked more often knows that it is. */
const PAGES_MAX = 20;
/** Of one machine: kinds of scans that are told apart. */
const SCANS_MAX = 4_096;
/** `activity_id` of detections, which sets them apart from the many connections of the same class. */
const TRAFFIC = '6';

interface Kept {
  /** Until when it is known, and since when all was asked. */
  readonly untilMs: number;
  readonly allAtMs: number;
  /** By asset, then by what tells scans apart. */
  readonly scans: Map<string, Map<string, SeenScan>>;
}
/** By server, which its context stands for, and by tenant. */
const keptBy = new WeakMap<ServerRoomContext, Map<string, Kept>>();

/** Within the last 30 days. What could not all be read is too little, never too much. */
export async function seenScans(context: ServerRoomContext, tenant: TenantScope): Promise<SeenScans> {
  const nowMs = context.now();
  const tenants = keptBy.get(context) ?? new Map<string, Kept>();
  keptBy.set(context, tenants);
  let kept = tenants.get(tenant.tenantId);
  if (kept === undefined || nowMs - kept.untilMs >= ASK_EVERY_MS) {
    kept = await read(context, tenant, kept, nowMs);
    tenants.set(tenant.tenantId, kept);
  }
  return new Map(
    [...kept.scans].map(([assetId, scans]) => [
      assetId,
      [...scans.values()].filter(({ lastAtMs }) => nowMs - lastAtMs <= SEEN_WITHIN_MS),
    ]),
  );
}

async function read(
  context: ServerRoomContext,
  tenant: TenantScope,
  before: Kept | undefined,
  nowMs: number,
): Promise<Kept> {
  const isAll = before === undefined || nowMs - before.allAtMs >= ASK_ALL_EVERY_MS;
  const scans: Kept['scans'] = isAll ? new Map() : before.scans;
  const query = {
    fromMs: isAll ? nowMs - SEEN_WITHIN_MS : before.untilMs - LATE_MS_MAX,
    // A machine's clock may be ahead.
    toMs: nowMs + LATE_MS_MAX,
    classUids: [OCSF_CLASS.network_activity],
    filters: [
      { field: 'activity_id', op: 'eq' as const, value: TRAFFIC },
      { field: 'metadata.product.feature.name', op: 'eq' as const, value: hostIntrusionDetection.id },
      { field: 'unmapped.detection.direction', op: 'eq' as const, value: 'inbound' },
    ],
    limit: PAGE_EVENTS,
  };
  await readEvents(context, tenant, query, PAGES_MAX, (event) => {
    const { uid: assetId } = (event['device'] ?? {}) as { readonly uid?: unknown };
    if (typeof assetId !== 'string') return;
    const ofMachine = scans.get(assetId) ?? new Map<string, SeenScan>();
    scans.set(assetId, ofMachine);
    for (const scan of scansOf(event)) add(ofMachine, scan);
  });
  return { untilMs: nowMs, allAtMs: isAll ? nowMs : before.allAtMs, scans };
}

function add(scans: Map<string, SeenScan>, scan: SeenScan): void {
  const key = `${scan.protocol} ${scan.port} ${scan.from} ${scan.answered}`;
  const known = scans.get(key);
  if (known === undefined ? scans.size < SCANS_MAX : known.lastAtMs < scan.lastAtMs) scans.set(key, scan);
}

const Detected = z.object({
  kind: z.string(),
  direction: z.literal('inbound'),
  source_is_proved: z.boolean(),
  sources: z.array(z.string()).max(LISTED_MAX),
  ports: z.array(z.int().min(0).max(65_535)).max(LISTED_MAX),
  port_count: z.int().min(0),
});

/** What one event of the room says of ports of its machine; of an event of anybody else nothing. Pure. */
export function scansOf(event: OcsfEvent): readonly SeenScan[] {
  const { detection } = (event['unmapped'] ?? {}) as { readonly detection?: unknown };
  const { data } = Detected.safeParse(detection);
  if (data === undefined || !Object.hasOwn(KINDS, data.kind)) return [];
  const { source_is_proved: isProved, sources, ports, port_count: count } = data;
  // A flood of addresses that were surely forged names none, and says nothing of networks.
  if (sources.length === 0) return [];
  const from = sources.every((source) => isPrivate(source)) ? 'private' : 'public';
  const answered = !isProved ? 'no' : count === 1 ? 'yes' : 'perhaps';
  return (PROTOCOLS_OF[data.kind as DetectionKind] ?? TCP).flatMap((protocol) =>
    ports
      .filter((port) => port > 0)
      .map((port): SeenScan => ({ protocol, port, from, answered, lastAtMs: event.time })),
  );
}

const isPrivate = inRanges(PRIVATE_NETWORKS);

const TCP = ['tcp'] as const;
const UDP = ['udp'] as const;
const NONE: readonly never[] = [];
/** Where it is not TCP alone; of a scan that mixes them nobody says which port was of which. */
const PROTOCOLS_OF: Readonly<Partial<Record<DetectionKind, readonly SeenScan['protocol'][]>>> = {
  'udp-scan': UDP,
  'udp-sweep': UDP,
  'udp-flood': UDP,
  'slow-scan': ['tcp', 'udp'],
  'distributed-scan': ['tcp', 'udp'],
  // Its numbers are of protocols, not of ports.
  'protocol-scan': NONE,
  'os-fingerprint': NONE,
  'ping-sweep': NONE,
  'arp-sweep': NONE,
  'icmp-flood': NONE,
};
