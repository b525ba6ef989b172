/**
 * A request that a web server answered, as OCSF. Fields have the names of the W3C extended log format, as
 * Sigma's rules do; texts stay as the server wrote them.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { done, draft, keep, type Members } from '../event/draft.ts';
import { endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { type Access, readAccess } from './access-line.ts';

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

export function parseAccess(
  line: string,
  context: NormaliseContext,
  product = 'web server',
  device?: string,
): Normalised | undefined {
  const access = readAccess(line);
  return access === undefined ? undefined : accessEvent(access, context, product, device);
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
