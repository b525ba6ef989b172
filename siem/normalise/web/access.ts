/**
 * Access logs of web servers: the common and combined formats of Apache and nginx, with or without the virtual
 * host in front. Fields have the names of the W3C extended log format, as Sigma's rules do.
 *
 * Texts stay as the server wrote them: escapes such as `\x22` are not resolved, rules are written against them.
 *
 * @see https://httpd.apache.org/docs/2.4/mod/mod_log_config.html
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { digits, epochMs, monthAt } from '../event/clock.ts';
import { done, draft, keep, type Members } from '../event/draft.ts';
import { endpoint, fit, integer, isIp, port } from '../event/text.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';

export const accessMapping: Mapping = {
  name: 'access',
  paths: {
    'c-ip': 'src_endpoint.ip',
    'cs-host': 'dst_endpoint.hostname',
    's-port': 'dst_endpoint.port',
    'cs-username': 'actor.user.name',
    'cs-method': 'http_request.http_method',
    'c-uri': 'http_request.url.url_string',
    'cs-uri-stem': 'http_request.url.path',
    'cs-version': 'http_request.version',
    'cs-referer': 'http_request.referrer',
    'cs-user-agent': 'http_request.user_agent',
    'sc-status': 'http_response.code',
    'sc-bytes': 'http_response.length',
  },
};

/** What a line of an access log says; absent is what the server wrote as `-`. */
export interface Access {
  readonly client: string;
  readonly host?: string | undefined;
  readonly hostPort?: string | undefined;
  readonly user?: string | undefined;
  readonly originalTime?: string | undefined;
  readonly timeMs?: number | undefined;
  /** `GET /index.html HTTP/1.1`, or whatever else the client sent. */
  readonly request: string;
  readonly status?: number | undefined;
  readonly bytes?: number | undefined;
  readonly referer?: string | undefined;
  readonly agent?: string | undefined;
  /** What formats of one's own add behind. */
  readonly more?: string | undefined;
}

export function parseAccess(
  line: string,
  context: NormaliseContext,
  product = 'web server',
  device?: string | undefined,
): Normalised | undefined {
  const access = readAccess(line);
  return access === undefined ? undefined : accessEvent(access, context, product, device);
}

export function readAccess(line: string): Access | undefined {
  const open = line.indexOf(' [');
  if (open < 1 || line.charCodeAt(open + 28) !== 93 || line.charCodeAt(open + 30) !== 34) return undefined;
  const timeMs = clfMs(line, open + 2);
  if (timeMs === undefined) return undefined;
  const who = line.slice(0, open).split(' ');
  const [first = '', second = ''] = who;
  const isVhost = who.length >= 4 && !isIp(first) && (first.includes(':') || isIp(second));
  const colon = first.lastIndexOf(':');
  const names = isVhost ? who.slice(1) : who;
  if (names.length < 3) return undefined;
  const requestEnd = quoteEnd(line, open + 31);
  if (requestEnd < 0) return undefined;
  const [status, bytes] = line.slice(requestEnd + 2, requestEnd + 40).split(' ', 2);
  const access: Access = {
    client: names[0] ?? '',
    host: !isVhost ? undefined : colon < 0 ? first : first.slice(0, colon),
    hostPort: isVhost && colon >= 0 ? first.slice(colon + 1) : undefined,
    user: said(names.slice(2).join(' ')),
    originalTime: line.slice(open + 2, open + 28),
    timeMs,
    request: line.slice(open + 31, requestEnd),
    status: integer(status),
    bytes: integer(bytes),
  };
  if (access.status === undefined) return undefined;
  const refererAt = line.indexOf(' "', requestEnd + 1);
  if (refererAt < 0) return access;
  const refererEnd = quoteEnd(line, refererAt + 2);
  if (refererEnd < 0) return access;
  const hasAgent = line.startsWith(' "', refererEnd + 1);
  const agentEnd = hasAgent ? quoteEnd(line, refererEnd + 3) : -1;
  const rest = line.slice((agentEnd < 0 ? refererEnd : agentEnd) + 1).trim();
  return {
    ...access,
    referer: said(line.slice(refererAt + 2, refererEnd)),
    agent: agentEnd < 0 ? undefined : said(line.slice(refererEnd + 3, agentEnd)),
    more: rest === '' ? undefined : rest,
  };
}

/** The quote that ends a text that began at `at`; a backslash hides one. */
function quoteEnd(line: string, at: number): number {
  for (let end = at; end < line.length; end += 1) {
    const code = line.charCodeAt(end);
    if (code === 34) return end;
    if (code === 92) end += 1;
  }
  return -1;
}

function said(text: string): string | undefined {
  return text === '-' || text === '' ? undefined : text;
}

/** `26/Nov/2026:02:52:59 +0000` */
export function clfMs(text: string, at: number): number | undefined {
  const month = monthAt(text, at + 3);
  const day = digits(text, at, 2);
  const year = digits(text, at + 7, 4);
  const hour = digits(text, at + 12, 2);
  const minute = digits(text, at + 15, 2);
  const second = digits(text, at + 18, 2);
  const zone = digits(text, at + 22, 4);
  if (month === 0 || Math.min(day, year, hour, minute, second, zone) < 0) return undefined;
  const ms = epochMs(year, month, day, hour, minute, second);
  const offset = (Math.floor(zone / 100) * 60 + (zone % 100)) * 60_000;
  return ms === undefined ? undefined : text.charCodeAt(at + 21) === 45 ? ms + offset : ms - offset;
}

/** `activity_id` of HTTP Activity, and OCSF's list of methods. */
export const METHODS: ReadonlyMap<string, number> = new Map([
  ['CONNECT', 1],
  ['DELETE', 2],
  ['GET', 3],
  ['HEAD', 4],
  ['OPTIONS', 5],
  ['POST', 6],
  ['PUT', 7],
  ['TRACE', 8],
  ['PATCH', 9],
]);
const OTHER = 99;

export function accessEvent(
  access: Access,
  context: NormaliseContext,
  product: string,
  device: string | undefined,
): Normalised {
  const rest: Members = {};
  const request: Members = {};
  let activity = OTHER;
  const target = readRequest(access.request, request, rest);
  if (target !== undefined) {
    activity = METHODS.get(target) ?? OTHER;
    if (activity === OTHER) rest['cs-method'] = target;
    else request['http_method'] = target;
  }
  if (access.agent !== undefined) request['user_agent'] = fit(access.agent);
  if (access.referer !== undefined) request['referrer'] = fit(access.referer);
  const event = draft(
    context,
    { parser: 'access', product, logName: 'access' },
    {
      classUid: OCSF_CLASS.http_activity,
      activityId: activity,
      severityId: 1,
      ownMs: access.timeMs,
      originalTime: access.originalTime,
      host: device,
    },
  );
  event['src_endpoint'] = endpoint(access.client);
  if (!isIp(access.client)) rest['c-ip'] = access.client;
  if (access.host !== undefined) event['dst_endpoint'] = { hostname: fit(access.host) };
  const hostPort = port(access.hostPort);
  if (hostPort !== undefined) (event['dst_endpoint'] as Members)['port'] = hostPort;
  if (access.user !== undefined) event['actor'] = { user: { name: fit(access.user) } };
  event['http_request'] = request;
  if (access.status !== undefined) {
    event['status_id'] = access.status < 400 ? 1 : 2;
    event['http_response'] =
      access.bytes === undefined ? { code: access.status } : { code: access.status, length: access.bytes };
  }
  if (access.more !== undefined) rest['more'] = access.more;
  return done(keep(event, rest), 'access');
}

/** @returns the method; undefined when the client sent no request line */
function readRequest(text: string, request: Members, rest: Members): string | undefined {
  const space = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  const hasVersion = last > space && text.startsWith('HTTP/', last + 1);
  const isRequest = space > 0 && isMethod(text, space);
  if (!isRequest) {
    if (text !== '' && text !== '-') rest['c-uri'] = text;
    return undefined;
  }
  const uri = text.slice(space + 1, hasVersion ? last : text.length);
  const mark = uri.indexOf('?');
  if (uri !== '') {
    const url: Members = { url_string: fit(uri), path: fit(mark < 0 ? uri : uri.slice(0, mark)) };
    if (mark >= 0) url['query_string'] = fit(uri.slice(mark + 1));
    request['url'] = url;
  }
  if (hasVersion) request['version'] = fit(text.slice(last + 1));
  // Rules look for whole addresses in this field as well as for what W3C means by it.
  rest['cs-uri-query'] = mark < 0 ? uri : [uri, uri.slice(mark + 1)];
  return text.slice(0, space);
}

const METHOD_LENGTH_MAX = 20;

function isMethod(text: string, end: number): boolean {
  if (end > METHOD_LENGTH_MAX) return false;
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 65 && code <= 90) || code === 95 || code === 45)) return false;
  }
  return true;
}
