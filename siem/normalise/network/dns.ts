/**
 * Query logs of name servers: BIND 9 (`client @0x… 192.0.2.7#53124 (name): query: name IN A +E(0)K (…)`),
 * Unbound (`192.0.2.7 name. A IN [NOERROR …]`) and dnsmasq (`query[A] name from 192.0.2.7`).
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { between, endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';
import { RCODES } from './protocols.ts';

export const dnsMapping: Mapping = {
  name: 'dns',
  paths: {
    ...HEADER_PATHS,
    query: 'query.hostname',
    record_type: 'query.type',
    src_ip: 'src_endpoint.ip',
    src_port: 'src_endpoint.port',
  },
};

const QUERY = 1;
const RESPONSE = 2;

interface Question {
  readonly activity: number;
  readonly client: string | undefined;
  readonly clientPort?: string | undefined;
  readonly name: string;
  readonly type?: string | undefined;
  readonly class?: string | undefined;
  readonly answer?: string | undefined;
  readonly rcode?: string | undefined;
  readonly server?: string | undefined;
}

export function parseDns(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const text = withoutLevel(record.message);
  const question = bind(text) ?? unbound(text) ?? dnsmasq(text);
  if (question === undefined) return undefined;
  const line = begin('dns', record, context, OCSF_CLASS.dns_activity, question.activity);
  const { event } = line;
  event['src_endpoint'] = endpoint(
    question.client ?? record.host ?? context.peer ?? 'unknown',
    port(question.clientPort),
  );
  if (question.client === undefined) event['status_detail'] = 'the log does not say who asked';
  event['query'] = {
    hostname: fit(question.name),
    ...(question.type === undefined ? {} : { type: fit(question.type) }),
    ...(question.class === undefined ? {} : { class: fit(question.class) }),
  };
  if (question.server !== undefined && isIp(question.server)) event['dst_endpoint'] = { ip: question.server };
  const rcode = question.rcode === undefined ? undefined : RCODES.get(question.rcode);
  if (rcode !== undefined) event['rcode_id'] = rcode;
  keepOwn(line, 'rcode', question.rcode);
  if (question.answer !== undefined) {
    event['answers'] = [{ rdata: fit(question.answer) }];
    keepOwn(line, 'answer', question.answer);
  }
  return line;
}

/** Unbound's `info: ` and BIND's `queries: info: `. */
function withoutLevel(message: string): string {
  const client = message.indexOf('client ');
  if (client > 0 && client < 64 && message.startsWith(': ', client - 2)) return message.slice(client);
  return message.startsWith('info: ') ? message.slice(6) : message;
}

function bind(text: string): Question | undefined {
  if (!text.startsWith('client ')) return undefined;
  const hash = text.indexOf('#');
  const paren = hash < 0 ? -1 : text.indexOf(' (', hash);
  const colon = hash < 0 ? -1 : text.indexOf(': ', hash);
  if (colon < 0) return undefined;
  const client = text.slice(text.lastIndexOf(' ', hash) + 1, hash);
  const clientPort = text.slice(hash + 1, paren > 0 && paren < colon ? paren : colon);
  const queryAt = text.indexOf('query: ', colon);
  if (queryAt > 0) {
    const [name = '', recordClass, type] = text.slice(queryAt + 7).split(' ', 3);
    const server = text.endsWith(')') ? text.slice(text.lastIndexOf('(') + 1, -1) : undefined;
    return { activity: QUERY, client, clientPort, name, type, class: recordClass, server };
  }
  // `query failed (REFUSED) for name/IN/A at query.c:5708`, `query (cache) 'name/A/IN' denied`
  const failed = between(text, ' for ', ' at ', colon);
  const denied = between(text, "'", "'", colon);
  const asked = failed ?? (text.includes(' denied') ? denied : undefined);
  if (asked === undefined) return undefined;
  const parts = asked.split('/');
  if (parts.length < 3) return undefined;
  const [last, before] = [parts.pop(), parts.pop()];
  const isFailed = failed !== undefined;
  return {
    activity: RESPONSE,
    client,
    clientPort,
    name: parts.join('/'),
    type: isFailed ? last : before,
    class: isFailed ? before : last,
    rcode: isFailed ? between(text, 'failed (', ')') : 'REFUSED',
  };
}

function unbound(text: string): Question | undefined {
  const [client = '', name = '', type = '', recordClass = '', rcode] = text.split(' ', 5);
  if (!isIp(client) || !name.endsWith('.') || (recordClass !== 'IN' && recordClass !== 'CH'))
    return undefined;
  return {
    activity: rcode === undefined ? QUERY : RESPONSE,
    client,
    name: withoutDot(name),
    type,
    class: recordClass,
    rcode,
  };
}

/** With `log-queries=extra` a serial number and the client stand in front. */
function dnsmasq(text: string): Question | undefined {
  let rest = text;
  let client: string | undefined;
  let clientPort: string | undefined;
  const [first = '', second = ''] = text.split(' ', 2);
  const slash = second.lastIndexOf('/');
  if (slash > 0 && isIp(second.slice(0, slash))) {
    client = second.slice(0, slash);
    clientPort = second.slice(slash + 1);
    rest = text.slice(first.length + second.length + 2);
  }
  if (rest.startsWith('query[')) {
    const close = rest.indexOf('] ');
    const from = rest.lastIndexOf(' from ');
    if (close < 0 || from < close) return undefined;
    return {
      activity: QUERY,
      client: client ?? rest.slice(from + 6),
      clientPort,
      name: rest.slice(close + 2, from),
      type: rest.slice(6, close),
    };
  }
  const is = rest.indexOf(' is ');
  const verb = rest.slice(0, Math.max(rest.indexOf(' '), 0));
  if (is < 0 || !ANSWERS.has(verb) || is <= verb.length) return undefined;
  const name = rest.slice(verb.length + 1, is);
  const answer = rest.slice(is + 4);
  const rcode = answer.split(' ', 1)[0] ?? '';
  return {
    activity: RESPONSE,
    client,
    clientPort,
    name,
    ...(RCODES.has(rcode) ? { rcode } : rcode === 'NXDOMAIN' ? { rcode } : { answer }),
  };
}
const ANSWERS: ReadonlySet<string> = new Set([
  'reply',
  'cached',
  'config',
  'cached-stale',
  'forwarded-reply',
]);

function withoutDot(name: string): string {
  return name.length > 1 ? name.slice(0, -1) : name;
}
