/** Access logs: the common and the combined format, with a virtual host before and whatever else behind. */
import { addressAt } from '../address.ts';
import type { Sign } from '../sign.ts';
import type { Decoder, Outcome, Reading } from './define.ts';
import { claimsToBeCrawler, includesRemote, isAttack, isBadAgent, isProbedPath } from './web-probes.ts';

export interface Access {
  readonly host: string;
  readonly user: string;
  readonly request: string;
  readonly status: number;
  readonly agent: string;
  readonly rest: string;
  /** Jetty's log of requests pads what is absent. */
  readonly isPadded: boolean;
}

const CLIENT_CHARACTERS_MAX = 512;

/** Read from the left: what a client chooses stands in quotes, where quotes are escaped. */
export function accessOf(line: string): Access | undefined {
  const bracket = line.indexOf('[');
  if (bracket < 4 || bracket > CLIENT_CHARACTERS_MAX) return undefined;
  const names = line.slice(0, bracket).split(' ');
  // A virtual host may stand before the client; the client is the first that is an address.
  const hostAt = names.slice(0, 2).findIndex((name) => addressAt(name, 0)?.end === name.length);
  const place = hostAt === -1 ? 0 : hostAt;
  const host = addressAt(names[place] ?? '', 0)?.text ?? names[place] ?? '';
  const close = line.indexOf(']', bracket);
  const open = close === -1 ? -1 : line.indexOf('"', close);
  if (host === '' || host === '-' || open === -1 || open - close > 255) return undefined;
  const isDashed = names.slice(place + 1).some((name) => name === '-') || names.length >= place + 4;
  if (!isDashed || !/[:/]\d\d:\d\d:\d\d/.test(line.slice(bracket, close))) return undefined;
  const end = quoteEnd(line, open + 1);
  const after = line.slice(end + 1);
  const status = /^ (\d{3})(?: |$)/.exec(after.slice(0, 8))?.[1];
  if (status === undefined) return undefined;
  const user = names
    .slice(place + 2)
    .join(' ')
    .trim();
  const quoted = quotes(after);
  return {
    host,
    user: user === '-' || user === '- -' ? '' : user.replace(/^- /, ''),
    request: line.slice(open + 1, end),
    status: Number(status),
    agent: quoted[1] ?? '',
    rest: after,
    isPadded: line.slice(0, bracket).includes(' -  -  '),
  };
}

export const webAccess: Decoder = {
  name: 'web-access',
  protocol: 'http',
  marks: ['"'],
  decode: (_message, { line }) => {
    const access = accessOf(line);
    return access === undefined ? undefined : readingOf(access);
  },
};

function readingOf(access: Access): Reading {
  const { host, user, request, status, agent } = access;
  const [outcome, sign] = judged(access);
  const [method = '', path = ''] = request.split(' ', 2);
  return {
    outcome,
    sign,
    fields: { host, method, path, status: String(status), agent, ...(user === '' ? {} : { user }) },
  };
}

function judged({ request, status, agent, user, rest, isPadded }: Access): readonly [Outcome, Sign] {
  if (isAttack(request) || isAttack(agent)) return ['exploit-probe', 'rejection'];
  if (status === 400) return ['protocol-error', 'rejection'];
  if (status === 401) {
    if (user !== '') return ['authentication-failure', 'authentication'];
    // The first request of everybody who will sign in has no name in it; a proxy logs only that.
    return ['authentication-failure', isPadded ? 'authentication' : rest.endsWith('ms') ? 'flood' : 'weak'];
  }
  if (includesRemote(request)) return ['exploit-probe', 'rejection'];
  if (isBadAgent(agent)) return ['probe', 'rejection'];
  if (claimsToBeCrawler(agent)) return ['probe', 'rejection'];
  const path = request.split(' ', 2)[1] ?? '';
  if ((status === 404 || status === 403) && isProbedPath(path)) return ['probe', 'rejection'];
  return ['other', 'none'];
}

/** Where a quoted text ends; a backslash takes the next character with it. */
function quoteEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

const QUOTES_MAX = 4;
function quotes(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = text.indexOf('"'); at !== -1 && found.length < QUOTES_MAX; ) {
    const end = quoteEnd(text, at + 1);
    found.push(text.slice(at + 1, end));
    at = text.indexOf('"', end + 1);
  }
  return found;
}
