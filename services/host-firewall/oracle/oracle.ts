/**
 * What a policy says about one packet, straight from the semantics in README.md.
 *
 * Nothing here is shared with the compiler: an address is its string of bits, a rule is looked at whole, and every
 * rule is looked at again for every packet. It is the judge that the compiler and the kernel are held against, so it
 * is slow and plain on purpose.
 */
import type { Packet } from '@demarc/platform/packets';
import {
  ACTIONS,
  type AllowListEntry,
  type FirewallRule,
  type HostFirewallPolicy,
  WEEKDAYS,
} from '../policy.ts';
import { addressMatches, type Lists, portMatches } from './elements.ts';

export type ConnectionState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/** A packet and which way it passes the host’s edge; a capture alone does not say. */
export interface DirectedPacket extends Packet {
  readonly direction: 'in' | 'out';
}

export interface Verdict {
  readonly verdict: 'accept' | 'drop';
  /** The same in mode inline; in mode tap what would have been. */
  readonly judged: 'accept' | 'drop';
  /** The rule or allow-list entry that decided; `null` when none did. */
  readonly rule: string | null;
  readonly because: string;
  /** Log-only rules that matched before the decision, then what dropped: a rule’s id, or one of `DROPPED_BY`. */
  readonly logged: readonly string[];
}

/** No id of a rule begins with ":". */
export const DROPPED_BY = { default: ':default', invalid: ':invalid', scanFlags: ':scan-flags' } as const;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * @param state as connection tracking has it; the block-list and the meters remember more than one packet, so they
 *   are no part of this
 * @param atMs when, for schedules; the packet’s own time when left out
 * @param contexts those in force
 */
export function verdictOf(
  policy: HostFirewallPolicy,
  packet: DirectedPacket,
  state: ConnectionState,
  atMs: number = packet.atMs,
  contexts: ReadonlySet<string> = new Set(),
): Verdict {
  const logged: string[] = [];
  const accept = (rule: string | null, because: string): Verdict => ({
    verdict: 'accept',
    judged: 'accept',
    rule,
    because,
    logged,
  });
  const drop = (rule: string | null, by: string, because: string): Verdict => ({
    verdict: policy.mode === 'tap' ? 'accept' : 'drop',
    judged: 'drop',
    rule,
    because: policy.mode === 'tap' ? `tap mode, would be dropped: ${because}` : because,
    logged: policy.log.drops ? [...logged, by] : logged,
  });
  const followsConnection = state === 'established' || state === 'related';
  const pass = (rule: string | null, because: string): Verdict =>
    state === 'invalid' && policy.stateful.invalid === 'drop'
      ? drop(null, DROPPED_BY.invalid, `it belongs to no connection (otherwise: ${because})`)
      : accept(rule, because);

  if (packet.interfaceName === 'lo') return accept(null, 'loopback is never judged');
  const allowed = policy.allowList.find((entry) => allowListMatches(entry, packet));
  if (allowed !== undefined) return accept(allowed.id, 'it is on the allow-list, which always wins');
  if (policy.essentials && isEssential(packet))
    return accept(null, 'the machine would lose its addresses without it');
  if (packet.direction === 'in' && policy.stateful.scanFlags === 'drop' && hasScanFlags(packet))
    return drop(null, DROPPED_BY.scanFlags, 'no TCP stack sends these flags');
  if (policy.stateful.established === 'accept' && followsConnection)
    return accept(null, `its connection was accepted (${state})`);

  for (const rule of inOrder(policy.rules)) {
    if (!matches(rule, packet, policy, atMs, contexts)) continue;
    const words = `${rule.action} rule "${rule.id}" of priority ${rule.priority} matches`;
    if (rule.action === 'log-only') logged.push(rule.id);
    else if (rule.action === 'bypass') return accept(rule.id, words);
    else if (rule.action === 'deny') return drop(rule.id, rule.id, words);
    else return pass(rule.id, words);
  }

  if (followsConnection)
    return accept(null, `its connection was accepted (${state}) and no rule says otherwise`);
  const standard = policy.defaultAction[packet.direction];
  const words = `no rule decides; the default ${packet.direction} is ${standard}`;
  return standard === 'allow' ? pass(null, words) : drop(null, DROPPED_BY.default, words);
}

/** Priority 4 first; within one priority by action; within one action as written. */
function inOrder(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  return rules.toSorted(
    (a, b) => b.priority - a.priority || ACTIONS.indexOf(a.action) - ACTIONS.indexOf(b.action),
  );
}

function matches(
  rule: FirewallRule,
  packet: DirectedPacket,
  policy: HostFirewallPolicy,
  atMs: number,
  contexts: ReadonlySet<string>,
): boolean {
  const lists: Lists = policy;
  if (!rule.enabled || rule.direction !== packet.direction) return false;
  if (rule.context !== undefined && !contexts.has(rule.context)) return false;
  if (rule.schedule !== undefined && !isWithin(policy.schedules[rule.schedule] ?? [], atMs)) return false;
  if (rule.family !== 'any' && rule.family !== packet.family) return false;
  if (!protocolMatches(rule.protocol, packet)) return false;
  if (!addressMatches(rule.source, packet.source, lists)) return false;
  if (!addressMatches(rule.destination, packet.destination, lists)) return false;
  if (!portMatches(rule.sourcePorts, packet.sourcePort, lists)) return false;
  if (!portMatches(rule.destinationPorts, packet.destinationPort, lists)) return false;
  if (!isOneOf(rule.sourceMac, packet.sourceMac)) return false;
  if (!isOneOf(rule.destinationMac, packet.destinationMac)) return false;
  if (!isOneOf(rule.interfaces, packet.interfaceName)) return false;
  if (rule.tcpFlags !== undefined) {
    if (packet.tcpFlags === undefined) return false;
    const [mask, value] = [flagBits(rule.tcpFlags.mask), flagBits(rule.tcpFlags.value)];
    if ((packet.tcpFlags & mask) !== value) return false;
  }
  if (rule.icmp.length === 0) return true;
  return rule.icmp.some(
    ({ type, code }) => type === packet.icmpType && (code === undefined || code === packet.icmpCode),
  );
}

function protocolMatches(protocol: FirewallRule['protocol'], packet: Packet): boolean {
  if (protocol === 'any') return true;
  if (protocol === 'tcp') return packet.protocol === 6;
  if (protocol === 'udp') return packet.protocol === 17;
  if (protocol === 'icmp') return packet.family === 4 && packet.protocol === 1;
  if (protocol === 'icmpv6') return packet.family === 6 && packet.protocol === 58;
  return packet.protocol === protocol;
}

/** An empty list asks nothing; what a packet does not say matches nothing. */
function isOneOf(wanted: readonly string[], value: string | undefined): boolean {
  return wanted.length === 0 || (value !== undefined && wanted.includes(value));
}

function isWithin(windows: HostFirewallPolicy['schedules'][string], atMs: number): boolean {
  const day = WEEKDAYS[new Date(atMs).getUTCDay()] ?? 'sun';
  const minute = Math.floor((((atMs % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
  const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return windows.some(
    ({ weekdays, from, to }) => weekdays.includes(day) && minuteOf(from) <= minute && minute < minuteOf(to),
  );
}

function allowListMatches(entry: AllowListEntry, packet: DirectedPacket): boolean {
  const incoming = packet.direction === 'in';
  const [peer, remotePort, localPort] = incoming
    ? [packet.source, packet.sourcePort, packet.destinationPort]
    : [packet.destination, packet.destinationPort, packet.sourcePort];
  const none: Lists = { addressLists: {}, portLists: {} };
  return (
    addressMatches([entry.peer], peer, none) &&
    protocolMatches(entry.protocol, packet) &&
    portMatches(entry.remotePorts, remotePort, none) &&
    portMatches(entry.localPorts, localPort, none)
  );
}

/** RFC 4861 (133 to 136), RFC 2710 and 3810 (130 to 132, 143); DHCP by RFC 2131 and 8415. */
function isEssential(packet: DirectedPacket): boolean {
  if (packet.family === 6 && packet.protocol === 58)
    return [130, 131, 132, 133, 134, 135, 136, 143].includes(packet.icmpType ?? -1);
  if (packet.protocol !== 17) return false;
  const [server, client] = packet.family === 4 ? [67, 68] : [547, 546];
  const [from, to] = packet.direction === 'in' ? [server, client] : [client, server];
  return packet.sourcePort === from && packet.destinationPort === to;
}

function hasScanFlags({ protocol, tcpFlags }: Packet): boolean {
  if (protocol !== 6 || tcpFlags === undefined) return false;
  const has = (...names: (keyof typeof FLAG_BITS)[]): boolean =>
    names.every((name) => (tcpFlags & FLAG_BITS[name]) !== 0);
  const none = !(['fin', 'syn', 'rst', 'psh', 'ack', 'urg'] as const).some((name) => has(name));
  return none || has('syn', 'fin') || has('fin', 'psh', 'urg');
}

/** RFC 9293 section 3.1. */
const FLAG_BITS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

function flagBits(names: readonly (keyof typeof FLAG_BITS)[]): number {
  return names.reduce((bits, name) => bits | FLAG_BITS[name], 0);
}
