/** What a machine told of its jobs, put into their states. The same may be told, and read, any number of times. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { Told } from '../orders.ts';
import type { PatchResult } from '../run/result.ts';
import { documentOf, packagesOf } from './acts.ts';
import { type Approval, type Job, type JobState, jobOf, move, PLATFORM } from './jobs.ts';
import { settingsOf } from './settings.ts';

const NAMED_MAX = 5;
/** It was handed over once, and has not come to its end: the machine may be at it although nobody wants it any more. */
const MAY_BEGIN: readonly JobState[] = ['waiting', 'held', 'proposed', 'declined', 'cancelled'];
const MAY_END: readonly JobState[] = [...MAY_BEGIN, 'running', 'missed'];

/** Undefined of what is none of ours, or not understood. */
export function toldIn(event: OcsfEvent): Told | undefined {
  const unmapped = event['unmapped'] as Readonly<Record<string, unknown>> | undefined;
  const parsed = Told.safeParse(unmapped?.['demarc_patching']);
  return parsed.success ? parsed.data : undefined;
}

export function jobIdOf(told: Told): string {
  if (told.about === 'resolution') return told.resolution.jobId;
  return told.about === 'result' ? told.result.jobId : told.jobId;
}

const ORDER: readonly Told['about'][] = ['resolution', 'begun', 'progress', 'result'];
export const rankOf = ({ about }: Told): number => ORDER.indexOf(about);

/** @param id of a job of the machine that told it: what it says of others' jobs is nothing */
export async function takeTold(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  told: Told,
): Promise<void> {
  const job = await jobOf(context, tenant, id);
  if (told.about === 'resolution') await resolved(context, tenant, job, told.resolution);
  else if (told.about === 'begun') await begun(context, tenant, job, told);
  else if (told.about === 'progress') await progressed(context, tenant, job, told);
  else if (told.result.what === 'apply') await ended(context, tenant, job, told.result);
  else if (told.result.what === 'rollback') await wentBack(context, tenant, job, told.result);
}

async function resolved(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  resolution: Extract<Told, { about: 'resolution' }>['resolution'],
): Promise<void> {
  if (job.state !== 'resolving') return;
  const packages = packagesOf({ resolution });
  const missing = resolution.missing.map(({ name, because }) => `${name}: ${because}`);
  const listed = missing.slice(0, NAMED_MAX).join('; ') + (missing.length > NAMED_MAX ? '; …' : '');
  const say = (to: 'proposed' | 'cancelled', because: string) =>
    move(context, tenant, job.job_id, { states: ['resolving'] }, { to, because, by: PLATFORM, resolution });
  if (packages.length === 0)
    return void (await say(
      'cancelled',
      `Nothing of it can be had: ${listed || 'the machine did not say why'}.`,
    ));
  const problem = await notAJob(context, tenant, { ...job, resolution });
  if (problem !== undefined) return void (await say('cancelled', problem));
  const lack = missing.length === 0 ? '' : ` ${missing.length} cannot be had: ${listed}.`;
  await say('proposed', `${packages.length} packages can be had; it waits for approval.${lack}`);
}

/** Nobody is asked to approve what no machine would take. */
async function notAJob(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
): Promise<string | undefined> {
  const { settings } = await settingsOf(context, tenant);
  const by = { ...job.planned.requestedBy, party: 'somebody', name: 'somebody' };
  const approval: Approval = { by, atMs: context.now(), because: '' };
  try {
    documentOf(job, approval, settings);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function begun(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  { what, atMs }: Extract<Told, { about: 'begun' }>,
): Promise<void> {
  if (what !== 'apply' || job.document === null) return;
  // What was refused may come again, as long as its window is open.
  const isAgain =
    job.state === 'ended' && job.result === 'refused' && atMs > (job.outcome?.endedAtMs ?? atMs);
  if (!isAgain && !MAY_BEGIN.includes(job.state)) return;
  const late =
    job.state === 'waiting' || isAgain ? '' : ` It was ${job.state}, which the machine had not heard of.`;
  await move(
    context,
    tenant,
    job.job_id,
    { states: [job.state], atMs: job.state_at_ms },
    {
      to: 'running',
      because: `The machine began at ${new Date(atMs).toISOString()}.${late}`,
      by: PLATFORM,
    },
  );
}

async function progressed(
  { inTenant }: Pick<ServerRoomContext, 'inTenant'>,
  tenant: TenantScope,
  job: Job,
  { doneCount, failedCount, packageCount, package: name }: Extract<Told, { about: 'progress' }>,
): Promise<void> {
  const before = job.progress === null ? -1 : job.progress.doneCount + job.progress.failedCount;
  if (job.state !== 'running' || doneCount < 0 || failedCount < 0 || packageCount < 0) return;
  if (doneCount + failedCount < before) return;
  const progress = { doneCount, failedCount, packageCount, package: name.slice(0, 512) };
  await inTenant(tenant, (db) =>
    sql`UPDATE amp_job SET progress = ${JSON.stringify(progress)}::jsonb
      WHERE job_id = ${job.job_id} AND state = 'running'`.execute(db),
  );
}

async function ended(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  outcome: PatchResult,
): Promise<void> {
  if (job.document === null) return;
  const isRefused = outcome.result === 'refused';
  const isAgain = job.state === 'ended' && job.result === 'refused' && !isRefused;
  if (!isAgain && !MAY_END.includes(job.state)) return;
  // It was taken back, and the machine says that it did nothing.
  if (isRefused && job.state !== 'waiting' && job.state !== 'running' && job.state !== 'missed') return;
  await move(
    context,
    tenant,
    job.job_id,
    { states: [job.state], atMs: job.state_at_ms },
    {
      to: 'ended',
      because: inWords(outcome),
      by: PLATFORM,
      isOver: true,
      outcome,
      verification: doneFindings(job, outcome).length > 0 ? 'awaited' : 'none',
    },
  );
}

/** Of what was done. A long result comes without all of its lists: where everything is done, that is all of the job. */
export function doneFindings(
  { planned: { findings }, document }: Pick<Job, 'planned' | 'document'>,
  { result, packages }: Pick<PatchResult, 'result' | 'packages'>,
): Job['planned']['findings'] {
  const isAll = result === 'done' || (result === 'partly' && packages.length === 0);
  const done = isAll ? (document?.packages ?? []) : packages.filter(({ outcome }) => outcome === 'done');
  const names = new Set(done.map(({ name }) => name));
  return findings.filter((finding) => names.has(finding.package));
}

function inWords({ result, what, packages, checks, notes }: PatchResult): string {
  const good = what === 'rollback' ? 'rolled-back' : 'done';
  const done = packages.filter(({ outcome }) => outcome === good).length;
  const wrong = [
    ...checks.filter(({ ok }) => !ok).map(({ check, because }) => `${check}: ${because}`),
    ...packages.filter(({ outcome }) => outcome !== good).map(({ name, because }) => `${name}: ${because}`),
    ...(packages.length === 0 && checks.length === 0 ? notes : []),
  ];
  const why = wrong.length === 0 ? '' : ` ${wrong.slice(0, NAMED_MAX).join('; ')}`;
  const where = what === 'rollback' ? 'as they were before' : 'as they were planned';
  if (result === 'done') return `All packages are ${where}.${why}`;
  if (result === 'refused') return `The machine did not begin it.${why}`;
  return `${done} of ${packages.length} packages are ${where}.${why}`;
}

async function wentBack(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  result: PatchResult,
): Promise<void> {
  // One of an attempt before is read again as well.
  if (job.state !== 'going-back' || job.taken_back?.endedAtMs === result.endedAtMs) return;
  const isBack = result.result === 'done' || result.result === 'partly';
  await move(
    context,
    tenant,
    job.job_id,
    { states: ['going-back'], atMs: job.state_at_ms },
    {
      to: isBack ? 'taken-back' : 'ended',
      because: isBack
        ? `It was taken back. ${inWords(result)}`
        : `It could not be taken back. ${inWords(result)}`,
      by: PLATFORM,
      isOver: true,
      takenBack: result,
      ...(isBack ? { verification: 'none' as const } : {}),
    },
  );
}
