/**
 * Access logs as JSON, by the names that nginx's variables and Apache's usual formats give their fields. The
 * record's own fields stay as they are; the event is that of the same line in the combined format.
 */
import { isoMs } from '../event/clock.ts';
import type { Members } from '../event/draft.ts';
import { integer } from '../event/text.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { own } from '../syslog/record.ts';
import { accessEvent } from './access.ts';
import { clfMs } from './access-line.ts';

const CLIENT = ['remote_addr', 'remote_ip', 'client_ip', 'clientip', 'remoteIP', 'remote_host'] as const;
const STATUS = ['status', 'status_code', 'response', 'response_status'] as const;
const REQUEST = ['request', 'request_line'] as const;
const TARGET = ['request_uri', 'uri', 'path'] as const;
const METHOD = ['request_method', 'method', 'verb'] as const;

export function isAccessJson(record: Members): boolean {
  return (
    pick(record, CLIENT) !== undefined &&
    pick(record, STATUS) !== undefined &&
    (pick(record, REQUEST) !== undefined || pick(record, TARGET) !== undefined)
  );
}

export function parseAccessJson(
  record: Members,
  context: NormaliseContext,
  device: string | undefined,
): Normalised | undefined {
  const client = pick(record, CLIENT);
  const status = pick(record, STATUS);
  if (client === undefined || status === undefined) return undefined;
  const method = pick(record, METHOD) ?? '';
  const line = pick(record, REQUEST) ?? `${method} ${pick(record, TARGET) ?? ''}`;
  const time = pick(record, ['time_iso8601', '@timestamp', 'time', 'timestamp', 'time_local']);
  const normalised = accessEvent(
    {
      client,
      request: line,
      status: integer(status),
      timeMs: isoMs(time) ?? (time === undefined ? undefined : clfMs(time, time.startsWith('[') ? 1 : 0)),
      originalTime: time,
      user: pick(record, ['remote_user', 'user']),
      host: pick(record, ['host', 'http_host', 'server_name', 'vhost']),
      hostPort: pick(record, ['server_port']),
      bytes: integer(pick(record, ['body_bytes_sent', 'bytes_sent', 'bytes'])),
      referer: pick(record, ['http_referer', 'referer', 'referrer']),
      agent: pick(record, ['http_user_agent', 'user_agent', 'agent', 'userAgent']),
    },
    context,
    'web server',
    device,
  );
  const rest = ((normalised.event as Members)['unmapped'] ??= {}) as Members;
  for (const name in record) if (!Object.hasOwn(rest, name)) own(rest, name, record[name]);
  return normalised;
}

/** The first of these fields that says something, as text. */
function pick(record: Members, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (typeof value === 'string' && value !== '' && value !== '-') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}
