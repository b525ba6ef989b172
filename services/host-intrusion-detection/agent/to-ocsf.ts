/**
 * What the network and the processes of a host showed, as OCSF events.
 *
 * Pure: the same detection on the same host gives the same event with the same uid. Severity is informational:
 * whether somebody must look is for a rule to say.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/network_activity
 */
import { createHash } from 'node:crypto';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { eventUid, OCSF_CLASS, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { BlockEntry } from '../network/blocks/block.ts';
import type { Detection } from '../network/detection.ts';
import type { Suspicion } from './suspicion.ts';

const TRAFFIC = 6;
const REFUSE = 5;
const OTHER = 99;
const LAUNCH = 1;
const LOAD = 1;
/** Of the profile security_control. */
const ACTION_DENIED = 2;
const DISPOSITION_BLOCKED = 2;
const REGULAR_FILE = 1;
const UNKNOWN = 0;

/** @param isOurs whether the source is this machine: then it is the attacker, and nobody is blocked */
export function detectionToOcsf(found: Detection, isOurs: boolean, host: HostIdentity): OcsfEvent {
  const [source] = found.sources;
  const [target] = found.targets;
  const [port] = found.ports;
  const { kind, title, technique, because, sources, sourceCount, targets, targetCount } = found;
  return event(host, OCSF_CLASS.network_activity, TRAFFIC, found.atMs, [
    'detection',
    kind,
    found.firstAtMs,
    found.atMs,
    sources.join(),
    targets.join(),
  ])({
    message: because,
    start_time: Math.floor(found.firstAtMs),
    end_time: Math.floor(found.lastAtMs),
    ...(source === undefined ? {} : { src_endpoint: { ip: source } }),
    dst_endpoint: {
      ...(target === undefined ? { hostname: host.hostname } : { ip: target }),
      ...(port === undefined || port === 0 ? {} : { port }),
    },
    unmapped: {
      detection: {
        kind,
        title,
        technique,
        because,
        response: found.response,
        direction: isOurs ? 'outbound' : 'inbound',
        source_is_proved: found.sourceIsProved,
        sources,
        source_count: sourceCount,
        targets,
        target_count: targetCount,
        ports: found.ports,
        port_count: found.portCount,
        evidence: found.evidence,
      },
    },
  });
}

/** @param notBlockedBecause where the kernel was not told, or does not drop */
export function blockToOcsf(
  entry: BlockEntry,
  offences: number | undefined,
  notBlockedBecause: string | undefined,
  host: HostIdentity,
): OcsfEvent {
  const isBlocked = entry.action === 'blocked' || entry.action === 'prolonged';
  const isDropped = isBlocked && notBlockedBecause === undefined;
  const by = 'person' in entry.by ? entry.by.person : entry.by.detection;
  const [address = ''] = entry.range.split('/');
  return event(
    host,
    OCSF_CLASS.network_activity,
    isDropped ? REFUSE : OTHER,
    entry.atMs,
    ['block', entry.action, entry.range, entry.atMs],
    isDropped ? ['host', 'security_control'] : ['host'],
  )({
    message: `${entry.range} ${isBlocked && !isDropped ? 'not blocked' : entry.action}: ${notBlockedBecause ?? entry.because}`,
    ...(isDropped
      ? { action_id: ACTION_DENIED, disposition_id: DISPOSITION_BLOCKED, disposition: 'Blocked' }
      : { activity_name: 'Block-list' }),
    src_endpoint: { ip: address },
    dst_endpoint: { hostname: host.hostname },
    unmapped: {
      block: {
        action: entry.action,
        range: entry.range,
        by,
        by_person: 'person' in entry.by,
        because: entry.because,
        dropped: isDropped,
        ...(notBlockedBecause === undefined ? {} : { not_blocked_because: notBlockedBecause }),
        ...(entry.untilMs === undefined ? {} : { until: Math.floor(entry.untilMs) }),
        ...(offences === undefined ? {} : { offences }),
      },
    },
  });
}

export function suspicionToOcsf(found: Suspicion, host: HostIdentity): OcsfEvent {
  const { kind, technique, because } = found;
  const suspicion = { kind, technique, because };
  if (found.module !== undefined)
    return event(host, OCSF_CLASS.kernel_extension_activity, LOAD, found.atMs, [
      kind,
      found.module,
      found.atMs,
    ])({
      message: because,
      actor: { app_name: 'unknown' },
      driver: { file: { name: found.module, type_id: UNKNOWN } },
      unmapped: { suspicion },
    });
  const { process, ancestry } = found;
  const [parent] = ancestry;
  return event(host, OCSF_CLASS.process_activity, LAUNCH, found.atMs, [
    kind,
    process.pid,
    process.startedAtMs ?? found.atMs,
  ])({
    message: because,
    actor: parent === undefined ? { app_name: 'unknown' } : { process: processOf(parent) },
    process: {
      ...processOf(process),
      ...(parent === undefined ? {} : { parent_process: processOf(parent) }),
    },
    unmapped: {
      suspicion,
      ancestry: ancestry.map(({ name }) => name).join(' < '),
      ...(process.startedAtMs === undefined ? {} : { started_at_ms: process.startedAtMs }),
    },
  });
}

function processOf({
  pid,
  name,
  exe,
  commandLine,
  uid,
  startedAtMs,
}: Suspicion['process']): Readonly<Record<string, unknown>> {
  return {
    pid,
    name: name === '' ? 'unknown' : name,
    ...(commandLine === '' ? {} : { cmd_line: commandLine }),
    ...(startedAtMs === undefined ? {} : { created_time: startedAtMs }),
    ...(uid === undefined ? {} : { user: { uid: String(uid) } }),
    ...(exe === ''
      ? {}
      : { file: { name: exe.slice(exe.lastIndexOf('/') + 1) || exe, path: exe, type_id: REGULAR_FILE } }),
  };
}

function event(
  host: HostIdentity,
  classUid: number,
  activity: number,
  atMs: number,
  about: readonly (string | number)[],
  profiles: readonly string[] = ['host'],
): (more: Readonly<Record<string, unknown>>) => OcsfEvent {
  return (more) =>
    ({
      class_uid: classUid,
      category_uid: Math.trunc(classUid / 1_000),
      activity_id: activity,
      type_uid: classUid * 100 + activity,
      severity_id: SEVERITY.informational,
      time: Math.floor(atMs),
      device: { hostname: host.hostname, uid: host.assetId, type_id: 1 },
      metadata: {
        uid: eventUid(sha256, [host.assetId, ...about]),
        version: OCSF_VERSION,
        product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'host-intrusion-detection' } },
        profiles,
      },
      ...more,
    }) as unknown as OcsfEvent;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
