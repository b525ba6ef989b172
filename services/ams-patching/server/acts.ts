/** What people do with a job: approve, decline, cancel, take back. Only who speaks for the party that has the duty may. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { PatchingSettings } from '../api.ts';
import { patchingErrors } from '../errors.ts';
import type { JobPackage, PatchJob } from '../run/job.ts';
import { parsePatchJob } from '../run/job.ts';
import { mayNot, ownerOf } from './duty.ts';
import { type Approval, type Job, type JobState, jobOf, type Move, move, whoOf } from './jobs.ts';
import { type Asked, accountOf } from './kept.ts';
import { giveOrders } from './orders.ts';
import { settingsOf } from './settings.ts';

/** So long after its window a job may be taken back. */
const ROLLBACK_MS = 7 * 86_400_000;

const refuses = (because: string): Error => patchingErrors.make('PATCH_JOB_REFUSES', { because });
const notYours = (because: string): Error => patchingErrors.make('PATCH_JOB_NOT_YOURS', { because });

/** States in which each may be done. */
export const MAY = {
  approve: ['proposed', 'held'],
  decline: ['proposed', 'held'],
  cancel: ['resolving', 'proposed', 'held', 'waiting'],
  'roll-back': ['ended'],
} as const satisfies Readonly<Record<string, readonly JobState[]>>;

/**
 * A second click of the same account changes nothing, and is no error.
 *
 * @throws PATCH_JOB_UNKNOWN, PATCH_JOB_NOT_YOURS, PATCH_JOB_REFUSES, PATCH_JOB_INVALID
 */
export async function approve(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  because: string,
  asked: Asked,
): Promise<void> {
  const job = await jobOf(context, tenant, id);
  const owner = await decidingParty(context, tenant, job, asked);
  const { settings } = await settingsOf(context, tenant);
  const self = selfApproval(job, asked, settings);
  if (self !== undefined) throw notYours(self);
  if (isTheirs(job, asked)) return;
  if (!isIn(job, MAY.approve)) throw refuses(`it is ${job.state}`);
  if (job.closes_at_ms <= context.now()) throw refuses('its window is over');
  const approval: Approval = { by: whoOf(accountOf(asked), owner), atMs: context.now(), because };
  const document = documentOf(job, approval, settings);
  const moved = await move(
    context,
    tenant,
    id,
    { states: [job.state], atMs: job.state_at_ms },
    {
      to: 'waiting',
      because: `Approved by ${approval.by.name} of ${owner}: ${because}`,
      by: approval.by,
      order: 'patch-apply',
      approval,
      document,
    },
  );
  if (moved === undefined && !isTheirs(await jobOf(context, tenant, id), asked))
    throw refuses('somebody else decided on it at the same moment');
  await giveOrders(context, tenant, id);
}

const isIn = ({ state }: Job, states: readonly JobState[]): boolean => states.includes(state);
const isTheirs = ({ state, approval }: Job, { accountId }: Asked): boolean =>
  state === 'waiting' && approval?.by.accountId === accountId;

/** One account is one person, whatever name is shown; one name is one person, whatever account they use. */
export function selfApproval(
  { planned: { requestedBy } }: Job,
  { accountId, accountName }: Pick<Asked, 'accountId' | 'accountName'>,
  { fourEyes }: PatchingSettings,
): string | undefined {
  const same = (one: string, other: string): boolean =>
    one.trim().toLowerCase() === other.trim().toLowerCase();
  return fourEyes && (requestedBy.accountId === accountId || same(requestedBy.name, accountName))
    ? 'whoever published the plan does not approve its jobs'
    : undefined;
}

async function decidingParty(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  asked: Asked,
): Promise<string> {
  const owner = await ownerOf(context, tenant, job.asset_id);
  const because = mayNot(owner, asked);
  if (because !== undefined || owner === null) throw notYours(because ?? 'nobody has the duty');
  return owner;
}

/** What of the machine's answer a job is made of; each package once. */
export function packagesOf({ resolution }: Pick<Job, 'resolution'>): readonly JobPackage[] {
  const all: readonly JobPackage[] = resolution?.packages ?? [];
  return [...new Map(all.map((item) => [`${item.name} ${item.arch}`, item])).values()];
}

/** @throws PATCH_JOB_INVALID */
export function documentOf(job: Job, approval: Approval, settings: PatchingSettings): PatchJob {
  const { by, atMs } = approval;
  const { requestedBy, manager } = job.planned;
  return parsePatchJob({
    id: job.job_id,
    manager,
    packages: packagesOf(job),
    window: { opensAtMs: job.planned.startsAtMs, closesAtMs: job.closes_at_ms },
    party: by.party,
    requestedBy: { party: requestedBy.party, person: requestedBy.name },
    approval: { party: by.party, person: by.name, atMs, untilMs: job.closes_at_ms },
    fourEyes: settings.fourEyes,
    restart: { reboot: settings.reboot, rebootSeconds: Math.min(7_200, settings.rebootMinutes * 60) },
    errorThreshold: settings.errorThreshold,
    rollback: { by: 'versions', onFailure: settings.onFailure, untilMs: job.closes_at_ms + ROLLBACK_MS },
  });
}

/** @throws PATCH_JOB_UNKNOWN, PATCH_JOB_NOT_YOURS, PATCH_JOB_REFUSES */
export async function decline(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  because: string,
  asked: Asked,
): Promise<void> {
  await decided(context, tenant, id, asked, MAY.decline, { to: 'declined', because });
}

/** Only before it is begun. @throws PATCH_JOB_UNKNOWN, PATCH_JOB_NOT_YOURS, PATCH_JOB_REFUSES */
export async function cancel(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  because: string,
  asked: Asked,
): Promise<void> {
  await decided(context, tenant, id, asked, MAY.cancel, { to: 'cancelled', because });
}

/** @throws PATCH_JOB_UNKNOWN, PATCH_JOB_NOT_YOURS, PATCH_JOB_REFUSES */
export async function rollBack(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  because: string,
  asked: Asked,
): Promise<void> {
  const { document, result } = await jobOf(context, tenant, id);
  if (result === 'refused') throw refuses('nothing was done that could be taken back');
  if (document !== null && (document.rollback.untilMs ?? 0) <= context.now())
    throw refuses(`it could be taken back within ${ROLLBACK_MS / 86_400_000} days of its window`);
  await decided(context, tenant, id, asked, MAY['roll-back'], {
    to: 'going-back',
    because,
    order: 'patch-rollback',
  });
}

async function decided(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  asked: Asked,
  states: readonly JobState[],
  to: Pick<Move, 'to' | 'because' | 'order'>,
): Promise<void> {
  const job = await jobOf(context, tenant, id);
  await decidingParty(context, tenant, job, asked);
  if (!isIn(job, states)) throw refuses(`it is ${job.state}`);
  const moved = await move(
    context,
    tenant,
    id,
    { states, atMs: job.state_at_ms },
    { ...to, by: accountOf(asked) },
  );
  if (moved === undefined) throw refuses('it changed at the same moment');
  await giveOrders(context, tenant, id);
}
