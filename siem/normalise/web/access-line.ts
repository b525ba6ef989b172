/**
 * Lines of access logs: the common and combined formats of Apache and nginx, with or without the virtual host
 * in front. Escapes such as `\x22` are not resolved: rules are written against what the server wrote.
 *
 * @see https://httpd.apache.org/docs/2.4/mod/mod_log_config.html
 */
import { digits, epochMs, monthAt } from '../event/clock.ts';
import { integer, isIp } from '../event/text.ts';

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
