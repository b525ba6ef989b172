/**
 * Log files that name servers and Kea write themselves, without syslog: BIND's channels
 * (`26-Nov-2026 02:53:02.806 queries: info: client …`), Unbound (`[1795661582] unbound[7543:0] info: …`) and
 * Kea (`2026-11-26 02:53:02.806 INFO  [kea-dhcp4.leases/77.140] DHCP4_LEASE_ALLOC …`).
 */
import { digits, epochMs, monthAt, readIso } from '../event/clock.ts';
import { integer } from '../event/text.ts';
import type { SyslogRecord } from '../syslog/record.ts';

/** As if it had come by syslog; undefined when it is of none of these. */
export function readServerLog(text: string): SyslogRecord | undefined {
  return bind(text) ?? unbound(text) ?? kea(text);
}

function bind(text: string): SyslogRecord | undefined {
  if (text.charCodeAt(2) !== 45 || text.charCodeAt(6) !== 45) return undefined;
  const month = monthAt(text, 3);
  const client = text.indexOf('client ', 24);
  if (month === 0 || client < 0) return undefined;
  const seconds = epochMs(
    digits(text, 7, 4),
    month,
    digits(text, 0, 2),
    digits(text, 12, 2),
    digits(text, 15, 2),
    digits(text, 18, 2),
  );
  const milliseconds = text.charCodeAt(20) === 46 ? Math.max(digits(text, 21, 3), 0) : 0;
  return record(
    'named',
    seconds === undefined ? undefined : seconds + milliseconds,
    text.slice(0, 24).trim(),
    text.slice(client),
    undefined,
  );
}

function unbound(text: string): SyslogRecord | undefined {
  const close = text.indexOf('] unbound[');
  const end = close < 0 ? -1 : text.indexOf('] ', close + 10);
  if (text.charCodeAt(0) !== 91 || end < 0) return undefined;
  const seconds = integer(text.slice(1, close));
  const pid = text.slice(close + 10, end);
  return record(
    'unbound',
    seconds === undefined ? undefined : seconds * 1_000,
    text.slice(1, close),
    text.slice(end + 2),
    pid.split(':', 1)[0],
  );
}

function kea(text: string): SyslogRecord | undefined {
  const at = text.indexOf('[kea-dhcp');
  const close = at < 0 ? -1 : text.indexOf('] ', at);
  if (at > 64 || close < 0) return undefined;
  return record('kea-dhcp4', readIso(text, 0)?.ms, text.slice(0, 23), text.slice(close + 2), undefined);
}

function record(
  app: string,
  timeMs: number | undefined,
  originalTime: string,
  message: string,
  pid: string | undefined,
): SyslogRecord {
  return {
    facility: undefined,
    severity: undefined,
    timeMs,
    originalTime,
    host: undefined,
    app,
    pid,
    msgid: undefined,
    structured: undefined,
    message,
  };
}
