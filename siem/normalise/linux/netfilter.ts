/**
 * Packets that the kernel's firewall logs (`LOG` target, `nf_log_syslog`): a prefix that the rule's author
 * chose, then `IN=eth0 OUT= MAC=… SRC=… DST=… PROTO=TCP SPT=… DPT=… SYN`. ufw and firewalld write so too.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { endpoint, isIp, port } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const netfilterMapping: Mapping = {
  name: 'netfilter',
  paths: {
    ...HEADER_PATHS,
    src_ip: 'src_endpoint.ip',
    src_port: 'src_endpoint.port',
    dst_ip: 'dst_endpoint.ip',
    dst_port: 'dst_endpoint.port',
  },
};

const OPEN = 1;
const REFUSE = 5;
const TRAFFIC = 6;
const FIELDS_MAX = 64;
const UNKNOWN_DIRECTION = 0;
const INBOUND = 1;
const OUTBOUND = 2;

export function parseNetfilter(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const { message } = record;
  const at = message.indexOf('IN=');
  if (at < 0 || message.indexOf(' OUT=', at) < 0) return undefined;
  const source = valueOf(message, ' SRC=');
  const destination = valueOf(message, ' DST=');
  if (source === undefined || destination === undefined || !isIp(source) || !isIp(destination))
    return undefined;
  const prefix = withoutUptime(message.slice(0, at)).trim();
  const action = actionOf(prefix.toUpperCase());
  const activity = action === 'allow' ? OPEN : action === undefined ? TRAFFIC : REFUSE;
  const line = begin('netfilter', record, context, OCSF_CLASS.network_activity, activity);
  line.event['src_endpoint'] = endpoint(source, port(valueOf(message, ' SPT=')));
  line.event['dst_endpoint'] = endpoint(destination, port(valueOf(message, ' DPT=')));
  keepOwn(line, 'prefix', prefix);
  keepOwn(line, 'action', action);
  if (action !== undefined) keepOwn(line, 'blocked', action === 'deny');
  let fields = 0;
  for (let start = at; start < message.length && fields < FIELDS_MAX; fields += 1) {
    const space = message.indexOf(' ', start);
    const end = space < 0 ? message.length : space;
    const equals = message.indexOf('=', start);
    if (end > start) {
      if (equals > 0 && equals < end)
        keepOwn(line, message.slice(start, equals), message.slice(equals + 1, end));
      else keepOwn(line, message.slice(start, end), true);
    }
    start = end + 1;
  }
  const { IN: into, OUT: out, PROTO: protocol } = line.rest;
  const hasIn = typeof into === 'string' && into !== '';
  const hasOut = typeof out === 'string' && out !== '';
  line.event['connection_info'] = {
    direction_id: hasIn === hasOut ? UNKNOWN_DIRECTION : hasIn ? INBOUND : OUTBOUND,
    ...(typeof protocol === 'string' ? { protocol_name: protocol.toLowerCase() } : {}),
  };
  return line;
}

const DENIES = ['DROP', 'BLOCK', 'REJECT', 'DENY', 'DENIED', 'REFUSE'] as const;
const ALLOWS = ['ACCEPT', 'ALLOW', 'PASS'] as const;

function actionOf(prefix: string): 'deny' | 'allow' | undefined {
  for (const word of DENIES) if (prefix.includes(word)) return 'deny';
  for (const word of ALLOWS) if (prefix.includes(word)) return 'allow';
  return undefined;
}

/** `[12345.678901] ` */
function withoutUptime(text: string): string {
  if (!text.startsWith('[')) return text;
  const end = text.indexOf('] ');
  return end < 0 ? text : text.slice(end + 2);
}

function valueOf(message: string, name: string): string | undefined {
  const at = message.indexOf(name);
  if (at < 0) return undefined;
  const start = at + name.length;
  const end = message.indexOf(' ', start);
  return end < 0 ? message.slice(start) : message.slice(start, end);
}
