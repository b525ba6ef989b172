/**
 * One file change as an OCSF File System Activity event (class 1001).
 *
 * Pure: the same observation and host give the same event with the same uid, so that a retry is a duplicate.
 * Severity is informational: whether a change is bad is for a rule to say.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/file_activity
 */
import { createHash } from 'node:crypto';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import type { ChangeManifest, ChangesAnnounced } from '@demarc/platform/contract/patching';
import {
  FILE_ACTIVITY,
  FILE_SYSTEM_ACTIVITY,
  OCSF_VERSION,
  type OcsfFile,
  type OcsfFileActivity,
  type OcsfProcess,
  REMEDIATION_ACTIVITY,
  SEVERITY,
} from '@demarc/platform/ocsf';
import { redactCommandLine } from '@demarc/platform/processes';
import type { Change } from './compare.ts';
import type { Entry, EntryType } from './entry.ts';
import type { Explanation } from './explain.ts';
import { directoryOf, displayPath, nameOf } from './paths.ts';
import type { ProcessFacts } from './processes.ts';

export interface Observation {
  readonly change: Change;
  /** `real-time`: seen by the sensor; `verification`: found by comparing, so when it happened is not known. */
  readonly seenBy: 'real-time' | 'verification';
  readonly atMs: number;
  readonly process: ProcessFacts | undefined;
  readonly diff: string | undefined;
  readonly owner: string;
  readonly group: string;
  /** Undefined when no job had announced changes for that time. */
  readonly explanation: Explanation | undefined;
}

/** `type_id` of the OCSF file object. */
const FILE_TYPE: Readonly<Record<EntryType, number>> = {
  file: 1,
  directory: 2,
  'character-device': 3,
  'block-device': 4,
  fifo: 5,
  socket: 6,
  symlink: 7,
  unknown: 0,
};
const SHA_256 = 3;
/** `activity_id` of a Remediation Activity. */
const OTHER = 99;
const VERBS = { created: 'was created', deleted: 'was deleted', renamed: 'was renamed' } as const;

export function toOcsf(observation: Observation, host: HostIdentity): OcsfEvent {
  const { change, process, diff, atMs, explanation } = observation;
  const activity = activityOf(change);
  const file = fileOf(change.entry, observation);
  const before = change.before === undefined || change.kind === 'deleted' ? undefined : change.before;
  const renamed = change.kind === 'renamed' && change.fromPath !== undefined;
  const event: OcsfFileActivity = {
    class_uid: FILE_SYSTEM_ACTIVITY,
    category_uid: 1,
    activity_id: activity,
    type_uid: FILE_SYSTEM_ACTIVITY * 100 + activity,
    severity_id: SEVERITY.informational,
    status_id: 1,
    time: atMs,
    message: messageOf(observation),
    actor:
      process === undefined || (process.source === 'unknown' && process.parent === undefined)
        ? { app_name: 'unknown' }
        : { process: processOf(process) },
    device: {
      hostname: host.hostname,
      uid: host.assetId,
      type_id: 1,
      os: { name: host.os.name, type_id: 200, version: host.os.version, kernel_release: host.os.kernel },
    },
    // A rename is about the file that was; what it became is the result (OCSF 1.8, file_activity).
    file: renamed
      ? {
          ...file,
          path: displayPath(change.fromPath ?? ''),
          name: displayPath(nameOf(change.fromPath ?? '')),
        }
      : file,
    ...(renamed ? { file_result: file } : {}),
    ...(diff === undefined ? {} : { file_diff: diff }),
    metadata: {
      uid: uidOf(observation, host),
      version: OCSF_VERSION,
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'file-integrity-monitoring' } },
      profiles: ['host'],
      log_name: observation.seenBy,
    },
    unmapped: {
      aspects: change.aspects,
      seen_by: observation.seenBy,
      ...(process === undefined ? {} : { process_source: process.source }),
      ...(before === undefined ? {} : { before: stateOf(before) }),
      after: stateOf(change.entry),
      ...(explanation === undefined ? {} : { change_window: changeWindowOf(explanation) }),
    },
  };
  return event as unknown as OcsfEvent;
}

/** Something was not watched for a while; what lies below was verified. Also a File System Activity. */
export function gapToOcsf(
  gap: {
    readonly path: string;
    readonly because: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly changes: number;
  },
  host: HostIdentity,
): OcsfEvent {
  const path = displayPath(gap.path);
  const event: OcsfFileActivity = {
    class_uid: FILE_SYSTEM_ACTIVITY,
    category_uid: 1,
    activity_id: FILE_ACTIVITY.other,
    activity_name: 'Verify',
    type_uid: FILE_SYSTEM_ACTIVITY * 100 + FILE_ACTIVITY.other,
    severity_id: SEVERITY.low,
    time: gap.toMs,
    start_time: gap.fromMs,
    end_time: gap.toMs,
    message: `${path} was not watched in real time (${gap.because}); it was verified and ${gap.changes} changes were found`,
    actor: { app_name: 'demarc-agent' },
    device: { hostname: host.hostname, uid: host.assetId, type_id: 1 },
    file: { name: displayPath(nameOf(gap.path)), path, type_id: 2 },
    metadata: {
      uid: digest([host.assetId, 'gap', gap.path, String(gap.fromMs), String(gap.toMs), gap.because]),
      version: OCSF_VERSION,
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'file-integrity-monitoring' } },
      profiles: ['host'],
      log_name: 'gap',
    },
    unmapped: { gap: true, because: gap.because, changes: gap.changes },
  };
  return event as unknown as OcsfEvent;
}

/** Whose changes are taken for announced from now on: a Remediation Activity, which is what was announced. */
export function announcementToOcsf(
  { jobId, approvedBy, fromMs, untilMs, files }: ChangeManifest,
  host: HostIdentity,
  atMs: number,
): OcsfEvent {
  const said: ChangesAnnounced = {
    job_id: jobId,
    approved_by: approvedBy,
    from_ms: fromMs,
    until_ms: untilMs,
    file_count: files.length,
  };
  return {
    activity_id: OTHER,
    activity_name: 'Announce',
    category_uid: 7,
    class_uid: REMEDIATION_ACTIVITY,
    type_uid: REMEDIATION_ACTIVITY * 100 + OTHER,
    severity_id: SEVERITY.informational,
    time: atMs,
    message: `Changes of ${files.length} files until ${new Date(untilMs).toISOString()} are those of patch job ${jobId}, it is said here`,
    command_uid: jobId,
    device: { hostname: host.hostname, uid: host.assetId, type_id: 1 },
    metadata: {
      uid: digest([host.assetId, 'announced', jobId, String(fromMs), String(atMs)]),
      version: OCSF_VERSION,
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'file-integrity-monitoring' } },
      profiles: ['host'],
    },
    unmapped: { demarc_announced: said },
  };
}

function activityOf(change: Change): number {
  if (change.kind === 'created') return FILE_ACTIVITY.create;
  if (change.kind === 'deleted') return FILE_ACTIVITY.delete;
  if (change.kind === 'renamed') return FILE_ACTIVITY.rename;
  if (
    change.aspects.some(
      (aspect) => aspect === 'content' || aspect === 'type' || aspect === 'target' || aspect === 'inode',
    )
  )
    return FILE_ACTIVITY.update;
  if (
    change.aspects.some(
      (aspect) => aspect === 'mode' || aspect === 'owner' || aspect === 'group' || aspect === 'xattrs',
    )
  )
    return FILE_ACTIVITY.setSecurity;
  return FILE_ACTIVITY.setAttributes;
}

function changeWindowOf({ jobId, approvedBy, isAnnounced, because }: Explanation): object {
  return {
    job_id: jobId,
    approved_by: approvedBy,
    announced: isAnnounced,
    ...(because === '' ? {} : { because }),
  };
}

function messageOf({ change, process, seenBy, explanation }: Observation): string {
  const path = displayPath(change.kind === 'renamed' ? (change.fromPath ?? '') : change.entry.path);
  const what = change.kind === 'changed' ? `changed (${change.aspects.join(', ')})` : VERBS[change.kind];
  const to = change.kind === 'renamed' ? ` to ${displayPath(change.entry.path)}` : '';
  const who =
    process === undefined || process.name === ''
      ? ''
      : ` by ${displayPath(process.name)}${process.user === '' ? '' : ` (${process.user})`}`;
  const found = seenBy === 'verification' ? ', found by verification' : '';
  const why =
    explanation === undefined
      ? ''
      : explanation.isAnnounced
        ? `, as patch job ${explanation.jobId} announced`
        : `, while patch job ${explanation.jobId} was at work: ${explanation.because}`;
  return `${path} ${what}${to}${who}${found}${why}`;
}

function fileOf(entry: Entry, { owner, group }: Observation): OcsfFile {
  return {
    name: displayPath(nameOf(entry.path)),
    path: displayPath(entry.path),
    parent_folder: displayPath(directoryOf(entry.path)),
    type_id: FILE_TYPE[entry.type],
    uid: `${entry.dev}:${entry.ino}`,
    size: entry.size,
    modified_time: entry.mtimeMs,
    owner: {
      uid: String(entry.uid),
      ...(owner === '' ? {} : { name: owner }),
      groups: [{ uid: String(entry.gid), ...(group === '' ? {} : { name: group }) }],
    },
    security_descriptor: entry.mode.toString(8).padStart(4, '0'),
    ...(entry.sha256 === ''
      ? {}
      : { hashes: [{ algorithm_id: SHA_256, algorithm: 'SHA-256', value: entry.sha256 }] }),
    ...(Object.keys(entry.xattrs).length === 0 ? {} : { xattributes: entry.xattrs }),
  };
}

function processOf(process: ProcessFacts): OcsfProcess {
  return {
    pid: process.pid,
    ...(process.name === '' ? {} : { name: displayPath(process.name) }),
    ...(process.exe === ''
      ? {}
      : { file: { name: displayPath(nameOf(process.exe)), path: displayPath(process.exe), type_id: 1 } }),
    ...(process.commandLine === '' ? {} : { cmd_line: redactCommandLine(process.commandLine) }),
    ...(process.startedAtMs === undefined ? {} : { created_time: process.startedAtMs }),
    ...(process.uid === undefined
      ? {}
      : { user: { uid: String(process.uid), ...(process.user === '' ? {} : { name: process.user }) } }),
    ...(process.parent === undefined
      ? {}
      : {
          parent_process: {
            pid: process.parent.pid,
            ...(process.parent.name === '' ? {} : { name: displayPath(process.parent.name) }),
            ...(process.parent.exe === ''
              ? {}
              : {
                  file: {
                    name: displayPath(nameOf(process.parent.exe)),
                    path: displayPath(process.parent.exe),
                    type_id: 1,
                  },
                }),
          },
        }),
  };
}

function stateOf(entry: Entry): Readonly<Record<string, unknown>> {
  const { path, sha256, mode, uid, gid, size, target, type, nlink, unread } = entry;
  return {
    path: displayPath(path),
    type,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    size,
    ...(sha256 === '' ? {} : { sha256 }),
    ...(target === '' ? {} : { target: displayPath(target) }),
    ...(nlink > 1 ? { links: nlink } : {}),
    ...(unread === '' ? {} : { unread }),
  };
}

/**
 * Names the state that the file came to, not the moment it was noticed: after a crash the same change is found
 * again by comparing, and the store knows it by this.
 */
function uidOf({ change }: Observation, host: HostIdentity): string {
  const { entry, kind } = change;
  return digest([
    host.assetId,
    entry.path,
    kind === 'deleted' ? 'deleted' : 'is',
    String(entry.dev),
    String(entry.ino),
    String(entry.ctimeMs),
    String(entry.mode),
    entry.sha256,
    entry.unread,
  ]);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
