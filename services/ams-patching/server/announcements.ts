/**
 * Who said on a machine that a job is about to change files, when no job of that name was to be at work there. Whoever has
 * root can say so, and integrity monitoring then takes changes for a patch's: here it is compared with what was approved.
 */
import { createHash } from 'node:crypto';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { ChangesAnnounced } from '@demarc/platform/contract/patching';
import { readEvents, type ServerRoomContext } from '@demarc/platform/contract/server';
import { eventUid, OCSF_VERSION, REMEDIATION_ACTIVITY, SEVERITY } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An announcement is kept so long on its machine, and a change may be explained by it as long. */
const LOOK_BACK_MS = 8 * DAY_MS;
/** A machine's clock may be ahead, or behind. */
const SKEW_MS = HOUR_MS;
/** What was begun may take longer than its window. */
const RUNNING_MS = 3 * HOUR_MS;
const PAGE = 1_000;
/** Of ten thousand machines that are patched once a week, within the time that is looked back. */
const PAGES_MAX = 20;
/** Of those that were looked at; all are looked at again beyond, and what is said then was said before. */
const JUDGED_MAX = 50_000;
/** As OCSF has it. */
const OTHER = 99;
const DEVICE_UNKNOWN = 0;

interface Announced {
  readonly assetId: string;
  readonly hostname: string;
  readonly atMs: number;
  readonly said: ChangesAnnounced;
}
interface KnownJob {
  readonly job_id: string;
  readonly asset_id: string;
  readonly from_ms: number;
  readonly until_ms: number;
}

/** Of one tenant, while the server runs. */
interface Looked {
  /** How many there were since when: another count is a reason to read them. */
  counted: string;
  readonly keys: Set<string>;
}
const looked = new WeakMap<ServerRoomContext, Map<string, Looked>>();

function lookedOf(context: ServerRoomContext, { tenantId }: TenantScope): Looked {
  const tenants = looked.get(context) ?? new Map<string, Looked>();
  looked.set(context, tenants);
  const known = tenants.get(tenantId) ?? { counted: '', keys: new Set<string>() };
  tenants.set(tenantId, known);
  if (known.keys.size > JUDGED_MAX) known.keys.clear();
  return known;
}

export async function lookAtAnnouncements(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  const known = lookedOf(context, tenant);
  const nowMs = context.now();
  const query = {
    // From the beginning of a day on: within it the count moves only with what comes.
    fromMs: Math.floor((nowMs - LOOK_BACK_MS) / DAY_MS) * DAY_MS,
    toMs: nowMs + DAY_MS,
    classUids: [REMEDIATION_ACTIVITY],
    filters: [{ field: 'unmapped.demarc_announced.job_id', op: 'ne' as const, value: '' }],
  };
  const { matchedCount } = await context.searchEvents(tenant, { ...query, limit: 1 });
  const counted = `${query.fromMs} ${matchedCount}`;
  if (known.counted === counted) return;
  const fresh: Announced[] = [];
  const isWhole = await readEvents(context, tenant, { ...query, limit: PAGE }, PAGES_MAX, (event) => {
    for (const each of announcedIn(event)) if (!known.keys.has(keyOf(each))) fresh.push(each);
  });
  if (!isWhole) context.log(`of ${matchedCount} announcements of changes only the newest were looked at`);
  const jobs = await jobsOf(context, tenant, [...new Set(fresh.map(({ said }) => said.job_id))]);
  for (const each of fresh) {
    const because = strangeBecause(each, jobs);
    if (because !== undefined) await context.emit(tenant, each.assetId, [strangeEvent(each, because)]);
    known.keys.add(keyOf(each));
  }
  // After them: what failed is done again in the next round.
  known.counted = counted;
}

const keyOf = ({ assetId, said }: Announced): string => `${assetId} ${said.job_id} ${said.from_ms}`;

function announcedIn(event: OcsfEvent): readonly Announced[] {
  const unmapped = event['unmapped'] as Readonly<Record<string, unknown>> | undefined;
  const said = ChangesAnnounced.safeParse(unmapped?.['demarc_announced']);
  // Written by the road: it is the asset whose certificate the event came with.
  const device = event['device'] as { readonly uid?: unknown; readonly hostname?: unknown } | undefined;
  if (!said.success || typeof device?.uid !== 'string') return [];
  return [
    { assetId: device.uid, hostname: String(device.hostname ?? ''), atMs: event.time, said: said.data },
  ];
}

/** Jobs that somebody approved, with the time in which they may change files. */
async function jobsOf(
  context: ServerRoomContext,
  tenant: TenantScope,
  jobIds: readonly string[],
): Promise<readonly KnownJob[]> {
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<KnownJob>`SELECT job_id, asset_id, (planned->>'startsAtMs')::int8 AS from_ms,
        CASE WHEN EXISTS (SELECT 1 FROM amp_history AS act WHERE act.job_id = amp_job.job_id AND act.state = 'going-back')
          THEN (document->'rollback'->>'untilMs')::int8 ELSE closes_at_ms END AS until_ms
      FROM amp_job WHERE job_id = ANY (${[...jobIds]}::text[]) AND document IS NOT NULL`.execute(db),
  );
  return rows;
}

function strangeBecause({ assetId, said }: Announced, jobs: readonly KnownJob[]): string | undefined {
  const job = jobs.find(({ job_id, asset_id }) => job_id === said.job_id && asset_id === assetId);
  if (job === undefined) return 'the platform gave this machine no job of that name';
  const isInTime = said.from_ms >= job.from_ms - SKEW_MS && said.from_ms <= job.until_ms + RUNNING_MS;
  return isInTime ? undefined : 'the job of that name is for another time';
}

function strangeEvent({ assetId, hostname, atMs, said }: Announced, because: string): OcsfEvent {
  const uid = eventUid(
    (text) => createHash('sha256').update(text).digest('hex'),
    ['ams-patching announcement', assetId, said.job_id, said.from_ms, because],
  );
  return {
    activity_id: OTHER,
    activity_name: 'Announce',
    category_uid: 7,
    class_uid: REMEDIATION_ACTIVITY,
    type_uid: REMEDIATION_ACTIVITY * 100 + OTHER,
    severity_id: SEVERITY.high,
    time: atMs,
    message: `Changes of ${said.file_count} files were announced as those of patch job ${said.job_id}: ${because}`,
    command_uid: said.job_id,
    device: { hostname, uid: assetId, type_id: DEVICE_UNKNOWN },
    metadata: {
      uid,
      version: OCSF_VERSION,
      profiles: ['host'],
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'ams-patching' } },
    },
    unmapped: { strange_job: { job_id: said.job_id, approved_by: said.approved_by, because } },
  };
}
