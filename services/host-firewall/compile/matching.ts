/** What a rule asks of a packet, as statements of nftables. */
import type { Family } from '../elements.ts';
import { type FirewallRule, type HostFirewallPolicy, TCP_FLAG_NAMES } from '../policy.ts';
import { isEqual, meta, oneOf, payload, type Statement } from './nft.ts';
import type { Sets } from './sets.ts';
import { windowsOf } from './windows.ts';

/** Bit n of the TCP header’s flags, RFC 9293 section 3.1. */
export const flagBits = (names: readonly string[]): number =>
  TCP_FLAG_NAMES.reduce((bits, name, bit) => (names.includes(name) ? bits | (1 << bit) : bits), 0);

const NUMBERS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;
export const numberOf = (protocol: Exclude<FirewallRule['protocol'], 'any'>): number =>
  typeof protocol === 'number' ? protocol : NUMBERS[protocol];

/**
 * Alternatives of which at most one holds for any packet; none when the rule can never match. One rule becomes several
 * where nftables cannot say "or": two families, several windows, ICMP types with codes.
 */
export function alternativesOf(
  rule: FirewallRule,
  policy: HostFirewallPolicy,
  sets: Sets,
): readonly (readonly Statement[])[] {
  const windows = rule.schedule === undefined ? [[]] : windowsOf(policy.schedules[rule.schedule] ?? []);
  const icmp = icmpOf(rule);
  const rest = restOf(rule, sets);
  if (rest === null) return [];
  return familiesOf(rule).flatMap((family) => {
    const addresses = addressesOf(rule, family, sets);
    if (addresses === null) return [];
    return windows.flatMap((window) => icmp.map((types) => [...addresses, ...rest, ...types, ...window]));
  });
}

function familiesOf({ family, protocol, source, destination }: FirewallRule): readonly (Family | 'any')[] {
  if (protocol === 'icmp') return [4];
  if (protocol === 'icmpv6') return [6];
  if (family !== 'any') return [family];
  return source.length + destination.length > 0 ? [4, 6] : ['any'];
}

function addressesOf(rule: FirewallRule, family: Family | 'any', sets: Sets): readonly Statement[] | null {
  if (family === 'any') return [];
  const header = family === 4 ? 'ip' : 'ip6';
  const source = sets.address(payload(header, 'saddr'), rule.source, family);
  const destination = sets.address(payload(header, 'daddr'), rule.destination, family);
  if (source === null || destination === null) return null;
  return [familyIs(family), ...source, ...destination];
}

export const familyIs = (family: Family): Statement =>
  isEqual(meta('nfproto'), family === 4 ? 'ipv4' : 'ipv6');

function restOf(rule: FirewallRule, sets: Sets): readonly Statement[] | null {
  const { protocol } = rule;
  const incoming = rule.direction === 'in';
  const out: Statement[] = [];
  if (rule.interfaces.length > 0)
    out.push(isEqual(meta(incoming ? 'iifname' : 'oifname'), oneOf([...new Set(rule.interfaces)])));
  for (const [field, macs] of [
    ['saddr', rule.sourceMac],
    ['daddr', rule.destinationMac],
  ] as const)
    if (macs.length > 0) out.push(isEqual(payload('ether', field), oneOf([...new Set(macs)])));
  if (protocol === 'any') return out;
  out.push(isEqual(meta('l4proto'), numberOf(protocol)));
  const ports = portsOf(protocol, rule.sourcePorts, rule.destinationPorts, sets);
  if (ports === null) return null;
  out.push(...ports);
  if (rule.tcpFlags !== undefined) {
    const { mask, value } = rule.tcpFlags;
    out.push(isEqual({ '&': [payload('tcp', 'flags'), flagBits(mask)] }, flagBits(value)));
  }
  return out;
}

export function portsOf(
  protocol: FirewallRule['protocol'],
  source: readonly (string | number)[],
  destination: readonly (string | number)[],
  sets: Sets,
): readonly Statement[] | null {
  const header = protocol === 'tcp' || protocol === 6 ? 'tcp' : 'udp';
  const from = source.length === 0 ? [] : sets.ports(payload(header, 'sport'), source);
  const to = destination.length === 0 ? [] : sets.ports(payload(header, 'dport'), destination);
  return from === null || to === null ? null : [...from, ...to];
}

function icmpOf({ icmp, protocol }: FirewallRule): readonly (readonly Statement[])[] {
  if (icmp.length === 0) return [[]];
  const header = protocol === 'icmp' ? 'icmp' : 'icmpv6';
  const whole = new Set(icmp.filter(({ code }) => code === undefined).map(({ type }) => type));
  const codes = new Map<number, Set<number>>();
  for (const { type, code } of icmp) {
    if (code === undefined || whole.has(type)) continue;
    codes.set(type, (codes.get(type) ?? new Set()).add(code));
  }
  const type = payload(header, 'type');
  return [
    ...(whole.size > 0 ? [[isEqual(type, oneOf([...whole]))]] : []),
    ...[...codes].map(([one, some]) => [
      isEqual(type, one),
      isEqual(payload(header, 'code'), oneOf([...some])),
    ]),
  ];
}
