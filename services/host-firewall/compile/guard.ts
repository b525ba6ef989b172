/** What happens before connection tracking: blocks, the meter of SYNs, cookies under a flood. Only who is not on the allow-list. */
import type { Family } from '../elements.ts';
import { portIntervalOf } from '../elements.ts';
import type { HostFirewallPolicy } from '../policy.ts';
import { logPrefix } from './log-prefix.ts';
import {
  ACCEPT,
  ctState,
  DROP,
  ipProtocol,
  is,
  type Left,
  meta,
  type NftChain,
  type NftSet,
  nfproto,
  oneOf,
  payload,
  portElement,
  type Statement,
} from './nft.ts';
import { allowMatchesOf, flags } from './rule.ts';
import { type Sets, TABLE_OF } from './sets.ts';

/** An address, or the first one of its network: /24 of IPv4, /64 of IPv6. */
export interface Blocked {
  readonly address: string;
  readonly grouped: boolean;
  readonly seconds: number;
}

export const BLOCKS_MAX = 65_536;
/** Sources that a meter remembers; a flood of forged ones fills it and changes nothing for the others. */
const METERED_MAX = 65_536;
/** Under a flood from a blocked source the kernel drops; it need not tell of every packet. */
const BLOCKED_LOGS_PER_SECOND = 10;

/** Sets of single keys, one for each length of prefix: looked up in constant time, and no two elements overlap. */
export const BLOCK_SETS = [
  { name: 'blocked4', family: 4, grouped: false, mask: null },
  { name: 'blocked4_24', family: 4, grouped: true, mask: '255.255.255.0' },
  { name: 'blocked6', family: 6, grouped: false, mask: null },
  { name: 'blocked6_64', family: 6, grouped: true, mask: 'ffff:ffff:ffff:ffff::' },
] as const;

const typeOf = (family: Family): 'ipv4_addr' | 'ipv6_addr' => (family === 4 ? 'ipv4_addr' : 'ipv6_addr');

export function guard(
  policy: HostFirewallPolicy,
  blocked: readonly Blocked[],
  sets: Sets,
  add: (chain: string, expr: readonly Statement[], comment?: string) => void,
): { readonly sets: readonly NftSet[]; readonly chains: readonly NftChain[] } {
  const { newConnectionsPerSource, synPerSource } = policy.stateful;
  add('guard', [is(meta('iifname'), 'lo'), ACCEPT]);
  // Accepted by this chain only: the rules still see it.
  for (const entry of policy.allowList)
    for (const matches of allowMatchesOf(entry, 'in', sets)) add('guard', [...matches, ACCEPT], entry.id);
  for (const set of BLOCK_SETS) block(policy, set, add);
  if (synPerSource !== null) {
    for (const family of [4, 6] as const)
      add('guard', [
        nfproto(family),
        ...SYN,
        {
          set: {
            op: 'update',
            elem: payload(ipProtocol(family), 'saddr'),
            set: `@syn${family}`,
            stmt: [
              {
                limit: { rate: synPerSource.perSecond, burst: synPerSource.burst, per: 'second', inv: true },
              },
            ],
          },
        },
        { counter: null },
        policy.mode === 'tap' ? ACCEPT : DROP,
      ]);
  }
  const chains: NftChain[] = [
    { ...TABLE_OF, name: 'guard', type: 'filter', hook: 'prerouting', prio: RAW, policy: 'accept' },
  ];
  if (policy.stateful.synProxy !== null && policy.mode === 'inline') {
    synProxy(policy.stateful.synProxy, add);
    chains.push({ ...TABLE_OF, name: 'cookies', type: 'filter', hook: 'input', prio: -1, policy: 'accept' });
  }
  return {
    sets: [
      ...BLOCK_SETS.map((set) => blockSet(set, blocked)),
      ...(newConnectionsPerSource === null ? [] : [meterSet('new', 4), meterSet('new', 6)]),
      ...(synPerSource === null ? [] : [meterSet('syn', 4), meterSet('syn', 6)]),
    ],
    chains,
  };
}

/** Before connection tracking, which is at -200. */
const RAW = -300;
const SYN: readonly Statement[] = [is(meta('l4proto'), 6), flags(['fin', 'syn', 'rst', 'ack'], ['syn'])];

function block(
  policy: HostFirewallPolicy,
  { name, family, mask }: (typeof BLOCK_SETS)[number],
  add: (chain: string, expr: readonly Statement[]) => void,
): void {
  const address = payload(ipProtocol(family), 'saddr');
  const key: Left = mask === null ? address : { '&': [address, mask] };
  const found = [nfproto(family), is(key, `@${name}`)];
  const { group, bytesPerPacket: snaplen } = policy.log;
  const prefix = logPrefix({
    kind: policy.mode === 'tap' ? 'tap' : 'drop',
    direction: 'in',
    by: ':blocked',
  });
  if (policy.log.drops)
    add('guard', [
      ...found,
      { limit: { rate: BLOCKED_LOGS_PER_SECOND, burst: BLOCKED_LOGS_PER_SECOND, per: 'second' } },
      { log: { prefix, group, snaplen } },
    ]);
  if (policy.mode === 'inline') add('guard', [...found, { counter: null }, DROP]);
}

/**
 * SYNs beyond the rate are not tracked, and what is not tracked is answered with a cookie; the ACK that brings the
 * cookie back belongs to no connection yet, so it is answered here too. Without a flood neither happens, but for
 * stray packets, which the proxy drops as the policy would. Needs net.netfilter.nf_conntrack_tcp_loose=0.
 */
function synProxy(
  { ports, aboveSynsPerSecond }: NonNullable<HostFirewallPolicy['stateful']['synProxy']>,
  add: (chain: string, expr: readonly Statement[]) => void,
): void {
  const port = is(
    payload('tcp', 'dport'),
    oneOf(ports.flatMap((text) => portIntervalOf(text) ?? []).map(portElement)),
  );
  add('guard', [
    ...SYN,
    port,
    { limit: { rate: aboveSynsPerSecond, burst: aboveSynsPerSecond, per: 'second', inv: true } },
    { notrack: null },
  ]);
  add('cookies', [
    is(meta('l4proto'), 6),
    port,
    ctState('invalid', 'untracked'),
    { synproxy: { mss: 1460, wscale: 7, flags: ['timestamp', 'sack-perm'] } },
  ]);
}

function blockSet(
  { name, family, grouped }: (typeof BLOCK_SETS)[number],
  blocked: readonly Blocked[],
): NftSet {
  const elem = blocked
    .filter((one) => one.grouped === grouped && one.address.includes(':') === (family === 6))
    .slice(0, BLOCKS_MAX)
    .map(({ address, seconds }) => ({ elem: { val: address, timeout: seconds } }));
  return {
    ...TABLE_OF,
    name,
    type: typeOf(family),
    flags: ['timeout'],
    size: BLOCKS_MAX,
    ...(elem.length === 0 ? {} : { elem }),
  };
}

function meterSet(name: 'new' | 'syn', family: Family): NftSet & { readonly timeout: number } {
  return {
    ...TABLE_OF,
    name: `${name}${family}`,
    type: typeOf(family),
    flags: ['dynamic', 'timeout'],
    // As long as a burst may take to be forgotten.
    timeout: 60,
    size: METERED_MAX,
  };
}
