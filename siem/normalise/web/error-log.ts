/**
 * Error logs of nginx (`2026/11/26 02:52:59 [error] 7403#7403: *1 text, client: …, request: "…"`) and of Apache
 * (`[Thu Nov 26 02:52:59.723266 2026] [core:info] [pid 7410:tid 7442] [client 127.0.0.1:33084] AH00128: text`).
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { digits, epochMs, monthAt } from '../event/clock.ts';
import { done, draft, keep, type Members, put } from '../event/draft.ts';
import { between, endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { METHODS } from './access.ts';

export const errorLogMapping: Mapping = {
  name: 'web-error',
  paths: { message: 'message', 'c-ip': 'src_endpoint.ip', 'cs-username': 'user.name' },
};

interface Entry {
  readonly product: 'nginx' | 'apache';
  readonly ms: number | undefined;
  readonly originalTime: string;
  readonly level: string;
  readonly text: string;
  readonly client: string | undefined;
  readonly clientPort?: string | undefined;
  readonly request?: string | undefined;
  readonly fields: Members;
}

export function parseErrorLog(
  line: string,
  context: NormaliseContext,
  device?: string | undefined,
): Normalised | undefined {
  const entry = line.charCodeAt(0) === 91 ? apache(line) : nginx(line);
  return entry === undefined ? undefined : eventOf(entry, context, device);
}

/** `severity_id` by both servers' levels; what is not named is informational. */
const SEVERITIES: Readonly<Record<string, number>> = {
  warn: 2,
  error: 2,
  crit: 4,
  alert: 5,
  emerg: 6,
};

function eventOf(entry: Entry, context: NormaliseContext, device: string | undefined): Normalised {
  const user = userOf(entry.text);
  const method = entry.request?.slice(0, Math.max(entry.request.indexOf(' '), 0)) ?? '';
  const hasRequest = METHODS.has(method);
  const classUid =
    user !== undefined
      ? OCSF_CLASS.authentication
      : hasRequest && entry.client !== undefined
        ? OCSF_CLASS.http_activity
        : OCSF_CLASS.base_event;
  const activityId = user !== undefined ? 1 : hasRequest ? (METHODS.get(method) ?? 99) : 99;
  const event = draft(
    context,
    { parser: 'web-error', product: entry.product, logName: 'error', logProvider: entry.product },
    {
      classUid,
      activityId,
      severityId: SEVERITIES[entry.level] ?? 1,
      ownMs: entry.ms,
      originalTime: entry.originalTime,
      host: device,
    },
  );
  event['message'] = fit(entry.text);
  const rest: Members = { level: entry.level, ...entry.fields };
  if (entry.client !== undefined) {
    if (classUid === OCSF_CLASS.base_event) rest['c-ip'] = entry.client;
    else {
      event['src_endpoint'] = endpoint(entry.client, port(entry.clientPort));
      if (!isIp(entry.client)) rest['c-ip'] = entry.client;
    }
  }
  put(rest, 'client_port', entry.clientPort);
  put(rest, 'request', entry.request);
  if (user !== undefined) {
    event['user'] = { name: fit(user) };
    event['service'] = { name: entry.product };
    event['status_id'] = 2;
    event['auth_protocol_id'] = 11;
  } else if (classUid === OCSF_CLASS.http_activity) {
    const uri = between(entry.request ?? '', ' ', ' ') ?? entry.request ?? '';
    event['http_request'] = { http_method: method, url: { url_string: fit(uri) } };
    event['status_id'] = 2;
  }
  return done(keep(event, rest), 'web-error');
}

/** Whom basic authentication refused. */
function userOf(text: string): string | undefined {
  if (text.startsWith('user "')) {
    const end = text.indexOf('": password mismatch');
    const missing = text.indexOf('" was not found in ');
    const to = end > 0 ? end : missing;
    return to > 0 ? text.slice(6, to) : undefined;
  }
  const at = text.indexOf('user ');
  if (at < 0 || at > 12) return undefined;
  for (const marker of [': authentication failure for ', ' not found: ', ': password mismatch: ']) {
    const to = text.indexOf(marker, at);
    if (to > 0) return text.slice(at + 5, to);
  }
  return undefined;
}

function nginx(line: string): Entry | undefined {
  if (line.charCodeAt(4) !== 47 || line.charCodeAt(7) !== 47 || !line.startsWith(' [', 19)) return undefined;
  const levelEnd = line.indexOf('] ', 21);
  const colon = levelEnd < 0 ? -1 : line.indexOf(': ', levelEnd);
  if (colon < 0) return undefined;
  const [year, month, day] = [digits(line, 0, 4), digits(line, 5, 2), digits(line, 8, 2)];
  const [hour, minute, second] = [digits(line, 11, 2), digits(line, 14, 2), digits(line, 17, 2)];
  const fields: Members = {};
  put(fields, 'pid', line.slice(levelEnd + 2, colon));
  let text = line.slice(colon + 2);
  if (text.startsWith('*')) {
    const space = text.indexOf(' ');
    put(fields, 'connection', text.slice(1, Math.max(space, 1)));
    text = text.slice(space + 1);
  }
  put(fields, 'server', between(text, ', server: ', ','));
  put(fields, 'upstream', between(text, ', upstream: "', '"'));
  put(fields, 'cs-host', between(text, ', host: "', '"'));
  put(fields, 'cs-referer', between(text, ', referrer: "', '"'));
  return {
    product: 'nginx',
    ms: epochMs(year, month, day, hour, minute, second),
    originalTime: line.slice(0, 19),
    level: line.slice(21, levelEnd),
    text,
    client: between(`${text},`, ', client: ', ','),
    request: between(text, ', request: "', '"'),
    fields,
  };
}

function apache(line: string): Entry | undefined {
  const timeEnd = line.indexOf('] [');
  if (timeEnd < 20 || timeEnd > 40) return undefined;
  const month = monthAt(line, 5);
  if (month === 0) return undefined;
  const day = digits(line, 9, 2);
  const year = digits(line, timeEnd - 4, 4);
  const seconds = epochMs(year, month, day, digits(line, 12, 2), digits(line, 15, 2), digits(line, 18, 2));
  const milliseconds = line.charCodeAt(20) === 46 ? Math.max(digits(line, 21, 3), 0) : 0;
  const levelEnd = line.indexOf(']', timeEnd + 3);
  if (levelEnd < 0) return undefined;
  const level = line.slice(timeEnd + 3, levelEnd);
  const colon = level.indexOf(':');
  const fields: Members = {};
  if (colon > 0) fields['module'] = level.slice(0, colon);
  let at = levelEnd + 1;
  let client: string | undefined;
  // `[pid …]`, `[client …]`, `[remote …]`: at most a few words in brackets before the text.
  while (line.startsWith(' [', at)) {
    const end = line.indexOf(']', at);
    if (end < 0) break;
    const word = line.slice(at + 2, end);
    if (word.startsWith('pid ')) fields['pid'] = word.slice(4);
    else if (word.startsWith('client ')) client = word.slice(7);
    at = end + 1;
  }
  const portAt = client?.lastIndexOf(':') ?? -1;
  // Apache 2.4, which writes the process as well, always adds the port; 2.2 never does.
  const isWithPort = client !== undefined && portAt > 0 && fields['pid'] !== undefined;
  return {
    product: 'apache',
    ms: seconds === undefined ? undefined : seconds + milliseconds,
    originalTime: line.slice(1, timeEnd),
    level: colon < 0 ? level : level.slice(colon + 1),
    text: line.slice(at).trimStart(),
    client: isWithPort ? client?.slice(0, portAt) : client,
    clientPort: isWithPort ? client?.slice(portAt + 1) : undefined,
    fields,
  };
}
