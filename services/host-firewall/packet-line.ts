/**
 * A packet as people write one: `tcp 10.0.0.1:1234 > 10.0.0.2:22 in flags=S state=new iface=eth0`.
 *
 * Order is free but for the addresses; what is left out is the usual: incoming, of a new connection, a SYN for TCP,
 * an echo request for ICMP. IPv6 with a port is `[fd00::1]:22`. A line that begins with "{" is JSON.
 */
import { isIP } from 'node:net';
import * as z from 'zod';
import { hostFirewallErrors } from './errors.ts';
import type { ConnectionState, DirectedPacket } from './oracle/oracle.ts';

export interface Described {
  readonly packet: DirectedPacket;
  readonly state: ConnectionState;
}

const STATES = ['new', 'established', 'related', 'invalid', 'untracked'] as const;
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  icmp6: 58,
  sctp: 132,
};
/** The letters of tcpdump and nmap; a dot is tcpdump’s ACK. */
const FLAG_LETTERS: Readonly<Record<string, number>> = {
  f: 1,
  s: 2,
  r: 4,
  p: 8,
  a: 16,
  '.': 16,
  u: 32,
  e: 64,
  c: 128,
  w: 128,
};
const FLAG_WORDS: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
};
const [SYN, ACK] = [2, 16];
/** Of an Ethernet frame without payload, rounded; no rule looks at it. */
const BYTES = 60;

const Port = z.coerce.number().int().min(0).max(65_535);
const Byte = z.coerce.number().int().min(0).max(255);
const Mac = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
const Wanted = z.strictObject({
  source: z.string().refine((text) => isIP(text) > 0, 'is no address'),
  destination: z.string().refine((text) => isIP(text) > 0, 'is no address'),
  protocol: z.union([Byte, z.string()]),
  direction: z.enum(['in', 'out']).default('in'),
  state: z.enum(STATES).default('new'),
  sourcePort: Port.optional(),
  destinationPort: Port.optional(),
  tcpFlags: z.union([Byte, z.string()]).optional(),
  icmpType: Byte.optional(),
  icmpCode: Byte.optional(),
  interfaceName: z.string().max(15).optional(),
  sourceMac: Mac.optional(),
  destinationMac: Mac.optional(),
  isLaterFragment: z.boolean().optional(),
  at: z.iso.datetime({ offset: true }).optional(),
});

/** What the words before "=" mean; each has the names people know it by. */
const FIELDS: Readonly<Record<string, keyof z.infer<typeof Wanted>>> = {
  flags: 'tcpFlags',
  state: 'state',
  ct: 'state',
  iface: 'interfaceName',
  interface: 'interfaceName',
  dev: 'interfaceName',
  direction: 'direction',
  dir: 'direction',
  proto: 'protocol',
  protocol: 'protocol',
  src: 'source',
  source: 'source',
  dst: 'destination',
  destination: 'destination',
  sport: 'sourcePort',
  dport: 'destinationPort',
  type: 'icmpType',
  code: 'icmpCode',
  mac: 'sourceMac',
  smac: 'sourceMac',
  dmac: 'destinationMac',
  at: 'at',
};

/**
 * @param nowMs when it passes unless it says so itself, for schedules
 * @throws HFW_PACKET_UNREADABLE
 */
export function readPacket(text: string, nowMs: number): Described {
  const fail = (because: string): never => {
    throw hostFirewallErrors.make('HFW_PACKET_UNREADABLE', { packet: text, because });
  };
  const written = text.trim().startsWith('{') ? jsonOf(text, fail) : wordsOf(text, fail);
  const { data: wanted, error } = Wanted.safeParse(written);
  if (wanted === undefined) {
    const [issue] = error.issues;
    return fail(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is refused'}`);
  }
  const family = isIP(wanted.source) === 4 ? 4 : 6;
  if (isIP(wanted.destination) !== isIP(wanted.source)) return fail('its addresses are of two families');
  const protocol = protocolOf(wanted.protocol, family) ?? fail(`there is no protocol "${wanted.protocol}"`);
  const hasPorts = protocol === 6 || protocol === 17;
  const isIcmp = protocol === 1 || protocol === 58;
  if (!hasPorts && (wanted.sourcePort ?? wanted.destinationPort) !== undefined)
    return fail('only tcp and udp have ports');
  if (protocol !== 6 && wanted.tcpFlags !== undefined) return fail('only tcp has flags');
  const isWhole = wanted.isLaterFragment !== true;
  const { sourceMac, destinationMac, interfaceName, state, direction } = wanted;
  const packet: DirectedPacket = {
    atMs: wanted.at === undefined ? nowMs : Date.parse(wanted.at),
    family,
    source: wanted.source,
    destination: wanted.destination,
    protocol,
    direction,
    bytes: BYTES,
    ...(hasPorts &&
      isWhole && { sourcePort: wanted.sourcePort ?? 40_000, destinationPort: wanted.destinationPort ?? 0 }),
    ...(protocol === 6 &&
      isWhole && {
        tcpFlags:
          wanted.tcpFlags === undefined
            ? state === 'new'
              ? SYN
              : ACK
            : (flagsOf(String(wanted.tcpFlags)) ?? fail(`there are no flags "${wanted.tcpFlags}"`)),
      }),
    ...(isIcmp &&
      isWhole && { icmpType: wanted.icmpType ?? (protocol === 1 ? 8 : 128), icmpCode: wanted.icmpCode ?? 0 }),
    ...(sourceMac !== undefined && { sourceMac }),
    ...(destinationMac !== undefined && { destinationMac }),
    ...(interfaceName !== undefined && { interfaceName }),
    ...(isWhole ? {} : { isLaterFragment: true }),
  };
  return { packet, state };
}

/** As `readPacket` reads it. */
export function packetText(packet: DirectedPacket, state: ConnectionState): string {
  const { family, source, sourcePort, destination, destinationPort, protocol } = packet;
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : `${family === 6 ? `[${address}]` : address}:${port}`;
  const fields = [
    [
      'flags',
      packet.tcpFlags === undefined ? undefined : `0x${packet.tcpFlags.toString(16).padStart(2, '0')}`,
    ],
    ['type', packet.icmpType],
    ['code', packet.icmpCode],
    ['iface', packet.interfaceName],
    ['mac', packet.sourceMac],
    ['dmac', packet.destinationMac],
    ['state', state],
    ['at', new Date(packet.atMs).toISOString()],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  // "icmp" between IPv6 addresses would be read as theirs.
  const name =
    protocol === 1 && family === 6
      ? undefined
      : Object.keys(PROTOCOLS).find((known) => PROTOCOLS[known] === protocol);
  return [
    name ?? `proto=${protocol}`,
    end(source, sourcePort),
    '>',
    end(destination, destinationPort),
    packet.direction,
    ...(packet.isLaterFragment === true ? ['fragment'] : []),
    ...fields,
  ].join(' ');
}

function jsonOf(text: string, fail: (because: string) => never): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'it is no JSON');
  }
}

function wordsOf(text: string, fail: (because: string) => never): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  const say = (field: string, value: unknown): void => {
    if (Object.hasOwn(said, field)) fail(`it says ${field} twice`);
    said[field] = value;
  };
  // "a>b", "a -> b" and "a to b" are all meant well.
  for (const word of text
    .replaceAll(/\s*(->|→|>)\s*/g, ' > ')
    .trim()
    .split(/\s+/)) {
    const [name = '', ...rest] = word.split('=');
    const lower = word.toLowerCase();
    if (rest.length > 0) {
      const field = FIELDS[name.toLowerCase()] ?? fail(`"${name}" is no field`);
      // Names of interfaces and times have capitals that mean something.
      const value = rest.join('=');
      say(field, field === 'interfaceName' || field === 'at' ? value : value.toLowerCase());
    } else if (lower === 'in' || lower === 'out') say('direction', lower);
    else if (STATES.some((state) => state === lower)) say('state', lower);
    else if (Object.hasOwn(PROTOCOLS, lower)) say('protocol', lower);
    else if (lower === 'fragment') say('isLaterFragment', true);
    else if (lower === '>' || lower === 'to') continue;
    else {
      const { address, port } = endOf(lower) ?? fail(`"${word}" is no word of a packet`);
      const end = Object.hasOwn(said, 'source') ? 'destination' : 'source';
      say(end, address);
      if (port !== undefined) say(`${end}Port`, port);
    }
  }
  if (!Object.hasOwn(said, 'protocol')) fail('it names no protocol');
  return said;
}

function endOf(word: string): { readonly address: string; readonly port?: string } | undefined {
  if (isIP(word) > 0) return { address: word };
  const [, six, four, port] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(word) ?? [];
  const address = six ?? four;
  if (address === undefined || isIP(address) === 0) return undefined;
  return port === undefined ? { address } : { address, port };
}

function protocolOf(wanted: string | number, family: 4 | 6): number | undefined {
  if (typeof wanted === 'number') return wanted;
  if (/^\d{1,3}$/.test(wanted)) return Number(wanted) > 255 ? undefined : Number(wanted);
  // Who writes "icmp" between two IPv6 addresses means theirs.
  if (wanted.toLowerCase() === 'icmp' && family === 6) return 58;
  return PROTOCOLS[wanted.toLowerCase()];
}

function flagsOf(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === '' || lower === 'none' || lower === 'null') return 0;
  if (/^(0x[0-9a-f]{1,2}|\d{1,3})$/.test(lower)) return Number(lower) > 255 ? undefined : Number(lower);
  const words = lower.split(/[,|+]/);
  const table = words.every((word) => Object.hasOwn(FLAG_WORDS, word)) ? FLAG_WORDS : FLAG_LETTERS;
  const parts = table === FLAG_WORDS ? words : lower.replaceAll(/[,|+]/g, '').split('');
  return parts.reduce<number | undefined>((bits, part) => {
    const bit = Object.hasOwn(table, part) ? table[part] : undefined;
    return bits === undefined || bit === undefined ? undefined : bits | bit;
  }, 0);
}
