/**
 * What became of an errand as OCSF Remediation Activity (7001). Pure: the same gives the same event with the same uid.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/remediation_activity
 */
import { createHash } from 'node:crypto';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { eventUid, OCSF_VERSION, REMEDIATION_ACTIVITY, SEVERITY } from '@demarc/platform/ocsf';
import type { Told } from '../orders.ts';
import type { PatchResult } from '../run/result.ts';
import { cut } from './cut.ts';

/** `activity_id` as published. */
const ACTIVITY = { restore: 3, harden: 4, other: 99 } as const;
const ACTIVITY_NAME = { 3: 'Restore', 4: 'Harden', 99: 'Resolve' } as const;
/** `status_id` as published. */
const STATUS = { success: 1, failure: 2, partial: 4, error: 6, other: 99 } as const;
const STATUS_NAME = { 1: 'Success', 2: 'Failure', 4: 'Partial', 6: 'Error', 99: 'In Progress' } as const;
type StatusId = keyof typeof STATUS_NAME;
/** As OCSF has it: a virtual machine. */
const VIRTUAL = 6;

export interface Telling {
  readonly told: Told;
  readonly isRollback: boolean;
  readonly atMs: number;
  /** It ended by an error of ours, or of the machine: what was done is not known. */
  readonly isError?: boolean;
}

export function toOcsf(telling: Telling, host: Pick<HostIdentity, 'assetId' | 'hostname'>): OcsfEvent {
  const { isRollback, atMs } = telling;
  const told = cut(telling.told);
  const activity =
    told.about === 'resolution' ? ACTIVITY.other : isRollback ? ACTIVITY.restore : ACTIVITY.harden;
  const status = statusOf(telling);
  const jobId = jobIdOf(told);
  const uid = eventUid(sha256, ['ams-patching', host.assetId, isRollback, atMs, JSON.stringify(told)]);
  return {
    activity_id: activity,
    activity_name: ACTIVITY_NAME[activity],
    category_uid: 7,
    category_name: 'Remediation',
    class_uid: REMEDIATION_ACTIVITY,
    class_name: 'Remediation Activity',
    type_uid: REMEDIATION_ACTIVITY * 100 + activity,
    type_name: `Remediation Activity: ${activity === ACTIVITY.other ? 'Other' : ACTIVITY_NAME[activity]}`,
    severity_id: SEVERITY.informational,
    severity: 'Informational',
    status_id: status,
    status: STATUS_NAME[status],
    time: atMs,
    message: messageOf(told, isRollback),
    command_uid: jobId,
    device: { hostname: host.hostname, uid: host.assetId, type_id: VIRTUAL },
    metadata: {
      uid,
      version: OCSF_VERSION,
      profiles: ['host'],
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'ams-patching' } },
    },
    unmapped: { demarc_patching: told },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function jobIdOf(told: Told): string {
  switch (told.about) {
    case 'resolution':
      return told.resolution.jobId;
    case 'result':
      return told.result.jobId;
    case 'begun':
    case 'progress':
      return told.jobId;
  }
}

function statusOf({ told, isError }: Telling): StatusId {
  if (isError === true) return STATUS.error;
  if (told.about === 'resolution') {
    const { packages, missing } = told.resolution;
    if (missing.length === 0) return STATUS.success;
    return packages.length === 0 ? STATUS.failure : STATUS.partial;
  }
  if (told.about !== 'result') return STATUS.other;
  switch (told.result.result) {
    case 'done':
    case 'ready':
      return STATUS.success;
    case 'partly':
      return STATUS.partial;
    case 'failed':
    case 'refused':
      return STATUS.failure;
  }
}

function messageOf(told: Told, isRollback: boolean): string {
  const what = isRollback ? 'Rollback of patch job' : 'Patch job';
  switch (told.about) {
    case 'resolution': {
      const { jobId, packages, missing } = told.resolution;
      return `Patch job ${jobId}: ${packages.length} packages can be had, ${missing.length} of those that were wanted cannot`;
    }
    case 'begun':
      return `${what} ${told.jobId} was begun`;
    case 'progress': {
      const { jobId, doneCount, failedCount, packageCount } = told;
      return `${what} ${jobId}: ${doneCount} of ${packageCount} packages done, ${failedCount} failed${told.package === '' ? '' : `, ${told.package} is at work`}`;
    }
    case 'result':
      return `${what} ${told.result.jobId}: ${summaryOf(told.result)}`;
  }
}

/** In a sentence. */
export function summaryOf({ result, what, packages, checks, notes }: PatchResult): string {
  const good = what === 'rollback' ? 'rolled-back' : 'done';
  const count = packages.filter(({ outcome }) => outcome === good).length;
  const failed = checks.find(({ ok }) => !ok);
  const because = failed === undefined ? notes[0] : `${failed.check}: ${failed.because}`;
  const isShort = result === 'done' || because === undefined;
  const counted = packages.length === 0 ? '' : `, ${count} of ${packages.length} packages`;
  return `${result}${counted}${isShort ? '' : `; ${because}`}`.slice(0, 1_000);
}
