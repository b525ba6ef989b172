/** Evidence of each machine that patching is bought for, of what is kept of its jobs and of what its agent says. */
import type { EvidenceFinding } from '@demarc/platform/contract';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type { RoomObserver, ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { AmsPatchingPolicy } from '../policy.ts';
import { SERVER_EVIDENCES } from '../service.ts';

const DAY_MS = 86_400_000;
/** As the catalogue has it of scans (MGT-09). */
const READ_AGE_MS_MAX = 7 * DAY_MS;
const CLOSED_WITHIN_MS = 31 * DAY_MS;
/** A reading of what is installed comes at least weekly; a job that none followed by then is confirmed by nobody. */
const WAITS_MS = 7 * DAY_MS;
const NAMED_MAX = 20;

export interface PatchedFacts {
  readonly nowMs: number;
  /** Whether the half on the machine says that it is at work, and is not switched off; undefined while it says nothing. */
  readonly isHealthy: boolean | undefined;
  readonly readAtMs: number | null;
  readonly needs: readonly PatchNeed[];
  /** Jobs that ended within 31 days. */
  readonly jobs: {
    readonly verified: number;
    readonly reopened: number;
    readonly awaited: number;
    /** For more than a week. */
    readonly unconfirmed: number;
  };
}

/**
 * VMS-04.1: no pending security update is older than its deadline. Only where the half on the machine is at work, and
 * what is installed was read within a week: a list that nobody made is empty, too. Undefined says nothing.
 */
export function updatesEvidence({
  nowMs,
  isHealthy,
  readAtMs,
  needs,
}: PatchedFacts): EvidenceFinding | undefined {
  if (isHealthy !== true || readAtMs === null || nowMs - readAtMs > READ_AGE_MS_MAX) return undefined;
  const overdue = needs.filter(({ dueAtMs }) => dueAtMs <= nowMs);
  const named = [...new Set(overdue.map((need) => need.package))].slice(0, NAMED_MAX);
  const raw = { pending: needs.length, overdue: overdue.length, overdueNamed: named, readAtMs };
  return overdue.length > 0
    ? {
        rule: 'VMS-04.1',
        result: 'fail',
        because: `${overdue.length} of ${needs.length} pending security updates are past their deadline: ${named.slice(0, 5).join(', ')}.`,
        raw,
      }
    : {
        rule: 'VMS-04.1',
        result: 'pass',
        because: `The machine can be patched, and none of ${needs.length} pending security updates is past its deadline.`,
        raw,
      };
}

/**
 * MGT-10.2: each closed finding was confirmed by a later scan. What that scan still saw was not closed: it is said here,
 * and its deadline runs on. Undefined where no job closed anything.
 */
export function closedEvidence({ jobs }: PatchedFacts): EvidenceFinding | undefined {
  const { verified, reopened, awaited, unconfirmed } = jobs;
  const raw = { verified, reopened, awaited, unconfirmed };
  if (unconfirmed > 0)
    return {
      rule: 'MGT-10.2',
      result: 'fail',
      because: `No scan looked within a week at what ${unconfirmed} patch jobs did.`,
      raw,
    };
  if (verified === 0) return undefined;
  return {
    rule: 'MGT-10.2',
    result: 'pass',
    because: `A later scan confirmed what ${verified} patch jobs closed within 31 days; ${awaited} wait for theirs, and of ${reopened} it saw findings still.`,
    raw,
  };
}

export const observer: RoomObserver = {
  rules: SERVER_EVIDENCES,
  async observe(context, tenant) {
    const nowMs = context.now();
    const machines = (await context.machines(tenant)).filter(({ state }) => state !== 'revoked');
    const bought: string[] = [];
    for (const { assetId } of machines) if (await context.isEntitled(tenant, assetId)) bought.push(assetId);
    if (bought.length === 0) return [];
    const [health, needs, states, jobs] = await Promise.all([
      context.hostHealth(tenant),
      context.use('patch-needs')?.(tenant),
      context.use('findings-state')?.(
        tenant,
        bought.map((assetId) => ({ assetId, findingIds: [] })),
      ),
      endedJobs(context, tenant),
    ]);
    const healthOf = new Map(health.map((each) => [each.assetId, each.health.state]));
    const readAt = new Map(states?.map(({ assetId, readAtMs }) => [assetId, readAtMs]));
    const needsOf = Map.groupBy(needs ?? [], ({ assetId }) => assetId);
    const enabled = new Set<string>();
    for (const assetId of bought)
      if (healthOf.get(assetId) === 'healthy' && (await isEnabled(context, tenant, assetId)))
        enabled.add(assetId);
    return bought.flatMap((assetId) => {
      const facts: PatchedFacts = {
        nowMs,
        isHealthy: healthOf.has(assetId) ? enabled.has(assetId) : undefined,
        readAtMs: needs === undefined ? null : (readAt.get(assetId) ?? null),
        needs: needsOf.get(assetId) ?? [],
        jobs: jobs.get(assetId) ?? { verified: 0, reopened: 0, awaited: 0, unconfirmed: 0 },
      };
      return [updatesEvidence(facts), closedEvidence(facts)].flatMap((finding) =>
        finding === undefined ? [] : [{ ...finding, assetId }],
      );
    });
  },
};

/** Switched off it is well, and does nothing. */
async function isEnabled(context: ServerRoomContext, tenant: TenantScope, assetId: string): Promise<boolean> {
  const { policy } = await context.policyOf(tenant, assetId);
  return AmsPatchingPolicy.safeParse(policy).data?.isEnabled === true;
}

async function endedJobs(
  context: Pick<ServerRoomContext, 'inTenant' | 'now'>,
  tenant: TenantScope,
): Promise<ReadonlyMap<string, PatchedFacts['jobs']>> {
  const nowMs = context.now();
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<PatchedFacts['jobs'] & { readonly asset_id: string }>`SELECT asset_id,
        count(*) FILTER (WHERE verification = 'verified') AS verified,
        count(*) FILTER (WHERE verification = 'reopened') AS reopened,
        count(*) FILTER (WHERE verification = 'awaited') AS awaited,
        count(*) FILTER (WHERE verification = 'awaited' AND ended_at_ms < ${nowMs - WAITS_MS}) AS unconfirmed
      FROM amp_job WHERE ended_at_ms > ${nowMs - CLOSED_WITHIN_MS} GROUP BY asset_id`.execute(db),
  );
  return new Map(rows.map(({ asset_id, ...counts }) => [asset_id, counts]));
}
