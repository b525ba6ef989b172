/** What a rule asks, as matches: a list of alternatives of which a packet meets one at most. */
import type { Family } from '../elements.ts';
import type { AllowListEntry, FirewallRule, TCP_FLAG_NAMES } from '../policy.ts';
import { is, type Match, meta, nfproto, oneOf, payload } from './nft.ts';
import type { Sets } from './sets.ts';

/** RFC 9293 section 3.1. */
const FLAG_BITS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;
type Flag = (typeof TCP_FLAG_NAMES)[number];
const NUMBERS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;

/** @returns alternatives; none when no packet can match */
export function matchesOf(rule: FirewallRule, sets: Sets): readonly (readonly Match[])[] {
  const start = interfacesOf(rule);
  return familiesOf(rule).flatMap(({ family, explicit }) => {
    const matches: Match[] = [...start];
    if (explicit) matches.push(nfproto(family));
    const protocol = protocolOf(rule.protocol);
    if (protocol !== null) matches.push(is(meta('l4proto'), protocol));
    for (const [field, elements] of [
      ['saddr', rule.source],
      ['daddr', rule.destination],
    ] as const) {
      const found = sets.addresses(elements, family, field);
      if (found === null) return [];
      matches.push(...found);
    }
    for (const [field, elements] of [
      ['sport', rule.sourcePorts],
      ['dport', rule.destinationPorts],
    ] as const) {
      if (elements.length === 0) continue;
      const found = sets.ports(elements, protocol === 17 ? 'udp' : 'tcp', field);
      if (found === null) return [];
      matches.push(...found);
    }
    for (const [field, wanted] of [
      ['saddr', rule.sourceMac],
      ['daddr', rule.destinationMac],
    ] as const)
      if (wanted.length > 0) matches.push(is(payload('ether', field), oneOf([...new Set(wanted)])));
    if (rule.tcpFlags !== undefined) matches.push(flags(rule.tcpFlags.mask, rule.tcpFlags.value));
    if (rule.icmp.length === 0) return [matches];
    return icmpOf(rule, rule.protocol === 'icmp' ? 'icmp' : 'icmpv6').map((more) => [...matches, ...more]);
  });
}

/** Of an entry of the allow-list, for packets of one direction. */
export function allowMatchesOf(
  entry: AllowListEntry,
  direction: 'in' | 'out',
  sets: Sets,
): readonly (readonly Match[])[] {
  const peer = direction === 'in' ? 'saddr' : 'daddr';
  const [remote, local] = direction === 'in' ? (['sport', 'dport'] as const) : (['dport', 'sport'] as const);
  return ([4, 6] as const).flatMap((family) => {
    const addresses = sets.addresses([entry.peer], family, peer);
    if (addresses === null) return [];
    const protocol = protocolOf(entry.protocol);
    const layer = protocol === 17 ? 'udp' : 'tcp';
    const ports = [
      ...(entry.remotePorts.length > 0 ? (sets.ports(entry.remotePorts, layer, remote) ?? []) : []),
      ...(entry.localPorts.length > 0 ? (sets.ports(entry.localPorts, layer, local) ?? []) : []),
    ];
    return [
      [
        nfproto(family),
        ...(protocol === null ? [] : [is(meta('l4proto'), protocol)]),
        ...addresses,
        ...ports,
      ],
    ];
  });
}

export function flags(mask: readonly Flag[], value: readonly Flag[]): Match {
  const bits = (names: readonly Flag[]): number => names.reduce((sum, name) => sum | FLAG_BITS[name], 0);
  return is({ '&': [payload('tcp', 'flags'), bits(mask)] }, bits(value));
}

function interfacesOf({ interfaces, direction }: FirewallRule): readonly Match[] {
  if (interfaces.length === 0) return [];
  return [is(meta(direction === 'in' ? 'iifname' : 'oifname'), oneOf([...new Set(interfaces)]))];
}

/** One alternative for both families where nothing of the rule is of one family only. */
function familiesOf(rule: FirewallRule): readonly { readonly family: Family; readonly explicit: boolean }[] {
  if (rule.protocol === 'icmp') return [{ family: 4, explicit: true }];
  if (rule.protocol === 'icmpv6') return [{ family: 6, explicit: true }];
  if (rule.family !== 'any') return [{ family: rule.family, explicit: true }];
  if (rule.source.length === 0 && rule.destination.length === 0) return [{ family: 4, explicit: false }];
  return [
    { family: 4, explicit: true },
    { family: 6, explicit: true },
  ];
}

function protocolOf(protocol: FirewallRule['protocol']): number | null {
  if (protocol === 'any') return null;
  return typeof protocol === 'number' ? protocol : NUMBERS[protocol];
}

function icmpOf({ icmp }: FirewallRule, protocol: 'icmp' | 'icmpv6'): readonly (readonly Match[])[] {
  const whole = [...new Set(icmp.filter(({ code }) => code === undefined).map(({ type }) => type))];
  const codes = new Map<number, Set<number>>();
  for (const { type, code } of icmp) {
    if (code === undefined || whole.includes(type)) continue;
    codes.set(type, (codes.get(type) ?? new Set()).add(code));
  }
  return [
    ...(whole.length === 0 ? [] : [[is(payload(protocol, 'type'), oneOf(whole))]]),
    ...[...codes].map(([type, of]) => [
      is(payload(protocol, 'type'), type),
      is(payload(protocol, 'code'), oneOf([...of])),
    ]),
  ];
}
