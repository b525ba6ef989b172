/**
 * OpenSSH's server, by the sentences that it writes (auth.c, auth2.c, packet.c, sshd.c of OpenSSH 9).
 *
 * User names come from the other side and may read like the rest of a sentence, so whatever follows a name is
 * looked for from the end of the line.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { put } from '../event/draft.ts';
import { endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const sshdMapping: Mapping = {
  name: 'sshd',
  paths: {
    ...HEADER_PATHS,
    user: 'user.name',
    src_ip: 'src_endpoint.ip',
    src_host: 'src_endpoint.hostname',
    src_port: 'src_endpoint.port',
    dst_ip: 'dst_endpoint.ip',
    dst_port: 'dst_endpoint.port',
    method: 'auth_protocol',
    reason: 'status_detail',
  },
};

/** `activity_id` of SSH Activity. */
const OPEN = 1;
const CLOSE = 2;
const RESET = 3;
const FAIL = 4;
const REFUSE = 5;
const SUCCESS = 1;
const FAILURE = 2;
const LOGON = 1;
const LOGOFF = 2;
const NETWORK_LOGON = 3;
const OTHER_PROTOCOL = 99;

export function parseSshd(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const text = withoutStage(record.message);
  const about = accepted(text) ?? failed(text) ?? invalid(text) ?? session(text) ?? connection(text);
  if (about === undefined) return undefined;
  const line =
    about.user === undefined
      ? begin('sshd', record, context, OCSF_CLASS.ssh_activity, about.activity)
      : begin('sshd', record, context, OCSF_CLASS.authentication, about.activity);
  const { event, rest } = line;
  const process = processOf(record);
  if (process !== undefined) event['actor'] = { process };
  if (about.status !== undefined) event['status_id'] = about.status;
  put(event, 'status_detail', about.reason === undefined ? undefined : fit(about.reason));
  if (about.user === undefined) event['app_name'] = 'sshd';
  else {
    event['user'] = { name: fit(about.user) };
    event['service'] = { name: 'sshd' };
    event['is_remote'] = true;
    event['logon_type_id'] = NETWORK_LOGON;
    if (about.method !== undefined) {
      event['auth_protocol_id'] = OTHER_PROTOCOL;
      event['auth_protocol'] = fit(about.method);
    }
  }
  // SSH Activity needs an end; a line that names none has the host itself.
  event['src_endpoint'] = endpoint(
    about.from ?? record.host ?? context.peer ?? 'unknown',
    port(about.fromPort),
  );
  if (about.to !== undefined && isIp(about.to))
    event['dst_endpoint'] = endpoint(about.to, port(about.toPort));
  put(rest, 'key_type', about.keyType);
  put(rest, 'key_fingerprint', about.fingerprint);
  if (about.isInvalidUser === true) rest['invalid_user'] = true;
  return line;
}

interface About {
  readonly activity: number;
  readonly status?: number | undefined;
  readonly user?: string | undefined;
  readonly from?: string | undefined;
  readonly fromPort?: string | undefined;
  readonly to?: string | undefined;
  readonly toPort?: string | undefined;
  readonly method?: string | undefined;
  readonly keyType?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly reason?: string | undefined;
  readonly isInvalidUser?: boolean | undefined;
}

/** What is written before and after the sentence itself. */
function withoutStage(message: string): string {
  let text = message;
  if (text.endsWith(' [preauth]')) text = text.slice(0, -10);
  for (const level of ['error: ', 'fatal: ', 'debug1: ', 'debug2: '])
    if (text.startsWith(level)) text = text.slice(level.length);
  return text;
}

/** `Accepted publickey for alice from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:…` */
function accepted(text: string): About | undefined {
  if (!text.startsWith('Accepted ')) return undefined;
  const forAt = text.indexOf(' for ', 9);
  if (forAt < 0) return undefined;
  // Only users that exist are accepted: theirs is the first ` from `, a certificate's text is behind it.
  const fromAt = text.indexOf(' from ', forAt + 5);
  if (fromAt < 0) return undefined;
  return {
    activity: LOGON,
    status: SUCCESS,
    method: text.slice(9, forAt),
    user: text.slice(forAt + 5, fromAt),
    ...origin(text.slice(fromAt + 6)),
  };
}

/** `Failed password for invalid user admin from …`, `Postponed …`, `maximum authentication attempts …`. */
function failed(text: string): About | undefined {
  let method: string | undefined;
  let start: number;
  let reason: string;
  if (text.startsWith('Failed ')) {
    const forAt = text.indexOf(' for ', 7);
    if (forAt < 0) return undefined;
    method = text.slice(7, forAt);
    start = forAt + 5;
    reason = 'failed';
  } else if (text.startsWith('maximum authentication attempts exceeded for ')) {
    start = 45;
    reason = 'maximum authentication attempts exceeded';
  } else if (text.startsWith('PAM: ')) {
    const forAt = text.indexOf(' for ', 5);
    if (forAt < 0) return undefined;
    method = 'pam';
    start = forAt + 5;
    reason = text.slice(5, forAt);
  } else return undefined;
  const fromAt = text.lastIndexOf(' from ');
  if (fromAt < start) return undefined;
  return {
    activity: LOGON,
    status: FAILURE,
    method,
    reason,
    ...named(text.slice(start, fromAt)),
    ...origin(text.slice(fromAt + 6)),
  };
}

/** `Invalid user admin from …`, `User bob from … not allowed because …`, `ROOT LOGIN REFUSED FROM …`. */
function invalid(text: string): About | undefined {
  if (text.startsWith('Invalid user ') || text.startsWith('Illegal user ')) {
    const fromAt = text.lastIndexOf(' from ');
    if (fromAt < 12) return undefined;
    return {
      activity: LOGON,
      status: FAILURE,
      reason: 'invalid user',
      isInvalidUser: true,
      user: text.slice(13, fromAt),
      ...origin(text.slice(fromAt + 6)),
    };
  }
  if (text.startsWith('User ')) {
    const notAt = text.lastIndexOf(' not allowed because ');
    const fromAt = notAt < 0 ? -1 : text.lastIndexOf(' from ', notAt);
    if (fromAt < 5) return undefined;
    return {
      activity: LOGON,
      status: FAILURE,
      reason: text.slice(notAt + 1),
      user: text.slice(5, fromAt),
      ...origin(text.slice(fromAt + 6, notAt)),
    };
  }
  const refused = text.indexOf('ROOT LOGIN REFUSED FROM ');
  if (refused < 0) return undefined;
  return {
    activity: LOGON,
    status: FAILURE,
    reason: 'root login refused',
    user: 'root',
    ...origin(text.slice(refused + 24)),
  };
}

const ENDINGS = [
  ['Connection closed by ', CLOSE],
  ['Connection reset by ', RESET],
  ['Disconnected from ', CLOSE],
  ['Disconnecting ', CLOSE],
] as const;

/** An end that names a user: `Disconnected from user alice 192.0.2.7 port 50022`. */
function session(text: string): About | undefined {
  for (const [beginning, activity] of ENDINGS) {
    if (!text.startsWith(beginning)) continue;
    const portAt = text.lastIndexOf(' port ');
    const start = beginning.length;
    if (portAt < start) {
      // Old ones: `Connection closed by 192.0.2.7`.
      const host = firstWord(text, start);
      return isIp(host) ? { activity, from: host } : undefined;
    }
    const hostAt = text.lastIndexOf(' ', portAt - 1) + 1;
    const who = hostAt <= start ? '' : text.slice(start, hostAt - 1);
    const [fromPort, reason] = portAndRest(text.slice(portAt + 6));
    const where = { from: text.slice(Math.max(hostAt, start), portAt), fromPort, reason };
    if (who === '') return { activity, ...where };
    const isDone = who.startsWith('user ');
    return {
      activity: isDone ? LOGOFF : LOGON,
      status: isDone ? SUCCESS : FAILURE,
      ...named(withoutRole(who)),
      ...where,
    };
  }
  return undefined;
}

const SENTENCES = [
  ['Connection from ', OPEN, undefined],
  ['Received disconnect from ', CLOSE, undefined],
  ['Unable to negotiate with ', FAIL, FAILURE],
  ['banner exchange: Connection from ', FAIL, FAILURE],
  ['ssh_dispatch_run_fatal: Connection from ', FAIL, FAILURE],
  ['Did not receive identification string from ', FAIL, FAILURE],
  ['Bad protocol version identification ', FAIL, FAILURE],
  ['Timeout before authentication for ', FAIL, FAILURE],
  ['Protocol major versions differ for ', FAIL, FAILURE],
  ['Read from socket failed', FAIL, FAILURE],
  ['kex_exchange_identification: ', FAIL, FAILURE],
  ['refused connect from ', REFUSE, FAILURE],
  ['drop connection ', REFUSE, FAILURE],
  ['Server listening on ', 7, undefined],
] as const;

/** A connection that nobody has a name for. */
function connection(text: string): About | undefined {
  for (const [beginning, activity, status] of SENTENCES) {
    if (!text.startsWith(beginning)) continue;
    if (text.startsWith('Bad protocol') || text.startsWith('drop')) {
      const fromAt = text.lastIndexOf(' from ');
      return {
        activity,
        status,
        reason: text,
        ...(fromAt < 0
          ? {}
          : origin(
              text
                .slice(fromAt + 6)
                .replace('[', '')
                .replace(']:', ' port '),
            )),
      };
    }
    const from = origin(text.slice(beginning.length));
    const onAt = text.indexOf(' on ', beginning.length);
    const to = activity === OPEN && onAt > 0 ? origin(text.slice(onAt + 4)) : undefined;
    const reason = status === FAILURE ? text : undefined;
    if (!isIp(from.from ?? '')) return { activity, status, reason };
    return { activity, status, ...from, reason: from.reason ?? reason, to: to?.from, toPort: to?.fromPort };
  }
  return undefined;
}

/** `192.0.2.7 port 50022 ssh2: ED25519 SHA256:…`, any of it missing behind the address. */
function origin(text: string): Pick<About, 'from' | 'fromPort' | 'keyType' | 'fingerprint' | 'reason'> {
  const host = firstWord(text, 0);
  const from = host.endsWith(':') && !host.endsWith('::') ? host.slice(0, -1) : host;
  const at = host.length + 1;
  if (!text.startsWith('port ', at)) return { from };
  const [fromPort, rest] = portAndRest(text.slice(at + 5));
  if (rest === undefined || !rest.startsWith('ssh2')) return { from, fromPort, reason: rest };
  const colon = rest.indexOf(': ');
  if (colon < 0) return { from, fromPort };
  const [keyType, fingerprint] = rest.slice(colon + 2).split(' ', 2);
  return { from, fromPort, keyType, fingerprint };
}

/** `50022: disconnected by user` and `50022:11: …`. */
function portAndRest(text: string): [string, string | undefined] {
  let end = 0;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1;
  let start = end;
  while (text.charCodeAt(start) === 58 || text.charCodeAt(start) === 32) start += 1;
  return [text.slice(0, end), start >= text.length ? undefined : text.slice(start)];
}

function firstWord(text: string, at: number): string {
  const end = text.indexOf(' ', at);
  return end < 0 ? text.slice(at) : text.slice(at, end);
}

function withoutRole(who: string): string {
  for (const role of ['authenticating user ', 'user '])
    if (who.startsWith(role)) return who.slice(role.length);
  return who;
}

function named(who: string): { user: string; isInvalidUser?: boolean } {
  for (const word of ['invalid user ', 'illegal user '])
    if (who.startsWith(word)) return { user: who.slice(word.length), isInvalidUser: true };
  return { user: who };
}
