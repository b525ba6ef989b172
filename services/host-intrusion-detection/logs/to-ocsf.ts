/**
 * One inspected line as an OCSF event, where it says something of an account or of who is on the other side.
 *
 * Pure: the same line on the same host gives the same event with the same uid, so that a retry is a duplicate.
 * Severity is informational: whether it is an attack is for a rule to say.
 *
 * @see https://schema.ocsf.io/1.8.0/classes/authentication
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { OCSF_CLASS, OCSF_VERSION, SEVERITY } from '@demarc/platform/ocsf';
import type { Outcome } from './decoders/define.ts';
import type { Inspected } from './lines.ts';

export interface Origin {
  /** The file, or the unit of the journal, that the line is from. */
  readonly log: string;
  /** The line itself. */
  readonly text: string;
  /** When it was read, for lines that no line before them gives a time. */
  readonly readAtMs: number;
}

const LOGON = 1;
const NETWORK_LOGON = 3;
const SUCCESS = 1;
const FAILURE = 2;
/** Of Network Activity: the connection was made, or refused. */
const OPEN = 1;
const REFUSE = 5;
const OTHER = 99;
/** Of Account Change. */
const ACCOUNT_CREATED = 1;
/** The raw line travels along, to this length. */
const RAW_CHARACTERS_MAX = 8_192;

const SIGN_INS: ReadonlySet<Outcome> = new Set([
  'authentication-failure',
  'authentication-success',
  'invalid-user',
]);

/** @returns undefined for what nobody will look for: lines without an account and without a peer */
export function toOcsf(said: Inspected, origin: Origin, host: HostIdentity): OcsfEvent | undefined {
  const { outcome, source, user } = said;
  if (outcome === undefined) return undefined;
  if (SIGN_INS.has(outcome)) return authentication(said, origin, host);
  if (outcome === 'privilege-refused' && user !== undefined) return authentication(said, origin, host);
  if (outcome === 'account-changed' && user !== undefined) return accountChange(said, origin, host);
  return source === undefined || (outcome === 'other' && !said.match)
    ? undefined
    : network(said, origin, host);
}

function authentication(said: Inspected, origin: Origin, host: HostIdentity): OcsfEvent {
  const isIn = said.outcome === 'authentication-success';
  return event(said, origin, host, OCSF_CLASS.authentication, LOGON, {
    status_id: isIn ? SUCCESS : FAILURE,
    ...(isIn ? {} : { status_detail: said.outcome }),
    user: { name: said.user ?? 'unknown' },
    is_remote: said.source !== undefined,
    ...(said.source === undefined ? {} : { logon_type_id: NETWORK_LOGON, src_endpoint: endpoint(said) }),
    service: { name: said.decoder ?? 'unknown' },
  });
}

function accountChange(said: Inspected, origin: Origin, host: HostIdentity): OcsfEvent {
  const isNew = said.fields['uid'] !== undefined;
  return event(said, origin, host, OCSF_CLASS.account_change, isNew ? ACCOUNT_CREATED : OTHER, {
    ...(isNew ? {} : { activity_name: 'Change' }),
    status_id: SUCCESS,
    user: { name: said.user ?? 'unknown', ...(isNew ? { uid: said.fields['uid'] } : {}) },
    actor: { app_name: said.program ?? 'unknown' },
  });
}

/** What is no sign-in: who asked for something, and whether it was given. */
function network(said: Inspected, origin: Origin, host: HostIdentity): OcsfEvent {
  const isRefused = said.match || said.outcome === 'refused' || said.outcome === 'banned';
  return event(said, origin, host, OCSF_CLASS.network_activity, isRefused ? REFUSE : OPEN, {
    status_id: isRefused ? FAILURE : SUCCESS,
    status_detail: said.outcome,
    src_endpoint: endpoint(said),
    dst_endpoint: { hostname: said.hostName ?? host.hostname },
    app_name: said.decoder ?? 'unknown',
  });
}

function event(
  said: Inspected,
  origin: Origin,
  host: HostIdentity,
  classUid: number,
  activity: number,
  about: Readonly<Record<string, unknown>>,
): OcsfEvent {
  const time = said.timeMs ?? origin.readAtMs;
  const made = {
    class_uid: classUid,
    category_uid: Math.trunc(classUid / 1_000),
    activity_id: activity,
    type_uid: classUid * 100 + activity,
    severity_id: SEVERITY.informational,
    time,
    ...about,
    device: { hostname: said.hostName ?? host.hostname, uid: host.assetId, type_id: 1 },
    raw_data: origin.text.slice(0, RAW_CHARACTERS_MAX),
    metadata: {
      uid: uidOf(said, origin, host, time),
      version: OCSF_VERSION,
      product: { name: 'Demarc', vendor_name: 'Demarc', feature: { name: 'host-intrusion-detection' } },
      profiles: ['host'],
      log_name: origin.log,
    },
    unmapped: {
      decoder: said.decoder,
      outcome: said.outcome,
      sign: said.sign,
      match: said.match,
      ...(said.protocol === undefined ? {} : { protocol: said.protocol }),
      ...(said.session === undefined ? {} : { session: said.session }),
      fields: said.fields,
    },
  };
  return made as unknown as OcsfEvent;
}

/** Some programs log names; a name is no address. */
function endpoint({ source = '' }: Inspected): Readonly<Record<string, unknown>> {
  return isIP(source) === 0 ? { hostname: source } : { ip: source };
}

function uidOf(said: Inspected, origin: Origin, host: HostIdentity, time: number): string {
  const parts = [host.assetId, origin.log, String(time), String(said.line), origin.text];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
