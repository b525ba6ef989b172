/** DHCP servers: ISC dhcpd (`DHCPACK on 192.0.2.100 to 8a:… (name) via eth0`), dnsmasq and Kea. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { type Members, put } from '../event/draft.ts';
import { between, fit, integer, isIp } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const dhcpMapping: Mapping = {
  name: 'dhcp',
  paths: {
    ...HEADER_PATHS,
    mac: 'src_endpoint.mac',
    ip: 'src_endpoint.ip',
    client_name: 'src_endpoint.hostname',
    tid: 'transaction_uid',
  },
};

/** `activity_id` of DHCP Activity by message, and by Kea's name for what happened. */
const MESSAGES: ReadonlyMap<string, number> = new Map([
  ['DHCPDISCOVER', 1],
  ['DHCPOFFER', 2],
  ['DHCPREQUEST', 3],
  ['DHCPDECLINE', 4],
  ['DHCPACK', 5],
  ['DHCPNAK', 6],
  ['DHCPRELEASE', 7],
  ['DHCPINFORM', 8],
  ['DHCP4_LEASE_ADVERT', 2],
  ['DHCP4_LEASE_OFFER', 2],
  ['DHCP4_LEASE_ALLOC', 5],
  ['DHCP4_LEASE_RENEW', 5],
  ['DHCP4_RELEASE', 7],
  ['DHCP4_RELEASE_EXPIRED', 7],
  ['DHCP4_DECLINE_LEASE', 4],
  ['DHCP4_LEASE_EXPIRE', 9],
]);

export function parseDhcp(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  let text = record.message;
  let transaction: string | undefined;
  // dnsmasq with `log-dhcp` writes the transaction first.
  const number = text.slice(0, Math.max(text.indexOf(' '), 0));
  if (integer(number) !== undefined) {
    transaction = number;
    text = text.slice(number.length + 1);
  }
  const kea = text.indexOf('DHCP4_');
  if (kea > 0) text = text.slice(kea);
  const word = wordAt(text);
  const activity = MESSAGES.get(word);
  if (activity === undefined) return undefined;
  const rest = text.slice(word.length);
  const about = word.startsWith('DHCP4_') ? keaLease(rest) : lease(rest);
  if (about.mac === undefined && about.ip === undefined) return undefined;
  const line = begin('dhcp', record, context, OCSF_CLASS.dhcp_activity, activity);
  // An address of the link layer alone does not make an endpoint: it is also its identifier.
  const client: Members = {};
  put(client, 'mac', about.mac);
  put(client, 'uid', about.mac);
  put(client, 'ip', about.ip);
  put(client, 'hostname', about.name === undefined ? undefined : fit(about.name));
  line.event['src_endpoint'] = client;
  put(line.event, 'transaction_uid', about.transaction ?? transaction);
  if (about.seconds !== undefined) line.event['lease_dur'] = about.seconds;
  keepOwn(line, 'dhcp_type', word);
  keepOwn(line, 'interface', about.link);
  return line;
}

interface Lease {
  readonly mac?: string | undefined;
  readonly ip?: string | undefined;
  readonly name?: string | undefined;
  readonly link?: string | undefined;
  readonly transaction?: string | undefined;
  readonly seconds?: number | undefined;
}

const WORDS_MAX = 32;

function lease(text: string): Lease {
  let mac: string | undefined;
  let ip: string | undefined;
  for (const word of text.split(' ', WORDS_MAX)) {
    if (mac === undefined && isMac(word)) mac = word;
    else if (ip === undefined && isIp(word)) ip = word;
  }
  const link = text.startsWith('(') ? between(text, '(', ')') : between(`${text} `, ' via ', ' ');
  const after = mac === undefined ? '' : text.slice(text.indexOf(mac) + mac.length).trim();
  // dhcpd has the client's name in brackets, dnsmasq without.
  const name = after.startsWith('(')
    ? between(after, '(', ')')
    : after !== '' && !after.includes(' ')
      ? after
      : undefined;
  return { mac, ip, name, link: link?.replace(':', '') };
}

/** `[hwtype=1 8a:…], cid=[…], tid=0x7ec9c7cf: lease 192.0.2.100 has been allocated for 600 seconds` */
function keaLease(text: string): Lease {
  const hardware = between(text, '[hwtype=', ']');
  const mac = hardware?.slice(hardware.indexOf(' ') + 1);
  const ip = between(`${text} `, 'lease ', ' ') ?? between(`${text} `, 'address ', ' ');
  return {
    mac: mac !== undefined && isMac(mac) ? mac : undefined,
    ip: ip !== undefined && isIp(ip) ? ip : undefined,
    transaction: between(text, 'tid=', ':'),
    seconds: integer(between(text, ' for ', ' seconds')),
  };
}

function wordAt(text: string): string {
  let end = 0;
  while (end < text.length && end < 32) {
    const code = text.charCodeAt(end);
    if (!((code >= 65 && code <= 90) || code === 95 || code === 52)) break;
    end += 1;
  }
  return text.slice(0, end);
}

function isMac(text: string): boolean {
  if (text.length !== 17) return false;
  for (let at = 0; at < 17; at += 1) {
    const code = text.charCodeAt(at) | 32;
    const isHex = (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
    if (at % 3 === 2 ? text.charCodeAt(at) !== 58 : !isHex) return false;
  }
  return true;
}
