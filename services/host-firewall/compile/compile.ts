/**
 * A policy as one transaction of nftables: a table of our own, replaced whole. The kernel takes all of it or nothing,
 * and nothing of anyone else is named in it.
 *
 * Road of a packet in: `early` (before connection tracking: block-list, SYN meters) → `input` (established with plain
 * flags, allow-list, essentials, scan flags, established) → `rules_in` → `pass`. Out: `output` → `rules_out` → `pass`.
 * Pure.
 */
import { ACTIONS, type FirewallRule, type HostFirewallPolicy } from '../policy.ts';
import { type BlockedElement, blockSets } from './blocks.ts';
import { always } from './exempt.ts';
import { folded, type Judged } from './fold.ts';
import { Verdicts } from './logged.ts';
import { alternativesOf } from './matching.ts';
import {
  type ChainObject,
  type Command,
  isEqual,
  meta,
  payload,
  type Rate,
  type RuleObject,
  type Ruleset,
  type Statement,
  stateIsOneOf,
  TABLE,
} from './nft.ts';
import { Sets } from './sets.ts';
import { spread } from './spread.ts';

export interface CompileOptions {
  /** In force on the machine; rules of any other context are left out. */
  readonly contexts?: ReadonlySet<string>;
  /** Blocks that must outlive the swap. */
  readonly blocked?: readonly BlockedElement[];
  /** Count the packets of each rule. */
  readonly counters?: boolean;
  /** A rule for the probe of the agent's own, see agent/canary.ts; nothing else ever meets it. */
  readonly canary?: boolean;
}

/** The interface that the agent's probe comes in by, and a port that nobody listens at (RFC 863). */
export const CANARY = { interface: 'demarc0', port: 9 } as const;

const FIN_SYN_RST_ACK = 0x17;
const TCP = 6;
/** 1,500 bytes without the two headers; the other side's own size cannot be kept in a cookie. */
const ETHERNET_MSS = 1_460;
const [FIN_SYN, FIN_PSH_URG, SIX_FLAGS, ACK, PSH] = [0x03, 0x29, 0x3f, 0x10, 0x08];
/** Of the six flags, every combination that no stack sends: none of them, both ends of a connection at once, Xmas. */
const SCAN_FLAGS = Array.from({ length: SIX_FLAGS + 1 }, (_, flags) => flags).filter(
  (flags) => flags === 0 || (flags & FIN_SYN) === FIN_SYN || (flags & FIN_PSH_URG) === FIN_PSH_URG,
);
/** Sources a meter remembers; when it is full, new sources are not metered. */
const METER_SOURCES_MAX = 65_536;
const METER_FORGETS_SECONDS = 10;

export function compile(policy: HostFirewallPolicy, options: CompileOptions = {}): Ruleset {
  const sets = new Sets(policy);
  const rules: RuleObject[] = [];
  const add = (chain: string, expr: readonly Statement[], comment?: string): void => {
    rules.push({ family: 'inet', table: TABLE, chain, ...(comment === undefined ? {} : { comment }), expr });
  };
  /** Chains of single rules, for maps to lead to. */
  const owned: string[] = [];
  const verdicts = new Verdicts(policy);
  const counted = options.counters === true ? [{ counter: null } as const] : [];

  early(policy, add);
  for (const direction of ['in', 'out'] as const) {
    const base = direction === 'in' ? 'input' : 'output';
    if (direction === 'out') toBlocked('output', 'daddr', add);
    if (policy.stateful.established === 'accept') quickly(direction, add);
    add(base, [isLoopback(direction), { accept: null }]);
    add(base, [{ jump: { target: `always_${direction}` } }]);
    for (const { expr, comment } of always(policy, direction, sets))
      add(`always_${direction}`, [...expr, ...counted, { accept: null }], comment);
    if (direction === 'in' && options.canary === true)
      add(base, [
        isEqual(meta('iifname'), CANARY.interface),
        isEqual(payload('tcp', 'dport'), CANARY.port),
        ...verdicts.canary(),
      ]);
    if (direction === 'in') scanFlags(policy, verdicts, add);
    if (direction === 'in' && policy.stateful.established === 'accept')
      add(base, [stateIsOneOf('established', 'related'), { accept: null }]);
    if (direction === 'in') {
      newConnections(policy, add);
      connectionLimit(policy, add);
    } else cookiesOut(policy, add);
    add(base, [{ jump: { target: `rules_${direction}` } }]);
    const judged: Judged[] = [];
    for (const rule of inOrder(policy.rules)) {
      if (rule.direction !== direction || !isInForce(rule, options)) continue;
      for (const asks of alternativesOf(rule, policy, sets))
        judged.push({ id: rule.id, asks, outcome: [...counted, ...verdicts.of(rule)] });
    }
    // Counters are wanted rule by rule, so the rules stay apart.
    for (const { chain: own, expr, comment } of folded(spread(judged), `rule_${direction}`)) {
      if (own !== undefined) owned.push(own);
      add(own ?? `rules_${direction}`, expr, comment);
    }
    if (policy.stateful.established === 'judge')
      add(base, [stateIsOneOf('established', 'related'), { accept: null }]);
    add(
      base,
      policy.defaultAction[direction] === 'allow' ? verdicts.passOf(direction) : verdicts.drop(':default'),
    );
  }
  cookies(policy, add);
  if (policy.stateful.invalid === 'drop')
    add('pass', [stateIsOneOf('invalid'), ...verdicts.drop(':invalid')]);
  add('pass', [{ accept: null }]);
  for (const direction of ['in', 'out'] as const) {
    // Few packets are of a blocked address, so only those are asked whether they are on the allow-list too.
    add(`blocked_${direction}`, [isLoopback(direction), { accept: null }]);
    add(`blocked_${direction}`, [{ jump: { target: `always_${direction}` } }]);
    for (const expr of verdicts.sparingly(':blocked')) add(`blocked_${direction}`, expr);
  }
  for (const [chain, by] of [
    ['syn_rate', ':syn-rate'],
    ['new_rate', ':new-rate'],
    ['connections', ':connections'],
  ] as const)
    for (const expr of verdicts.sparingly(by)) add(chain, expr);

  return {
    nftables: [
      // Deleting what is not there would fail the transaction; adding what is there does not.
      { add: { table: { family: 'inet', name: TABLE } } },
      { delete: { table: { family: 'inet', name: TABLE } } },
      { add: { table: { family: 'inet', name: TABLE } } },
      ...[...blockSets(options.blocked ?? []), ...sets.all()].map((set): Command => ({ add: { set } })),
      ...[...CHAINS, ...owned.map((name) => chain(name))].map((one): Command => ({ add: { chain: one } })),
      ...rules.map((rule): Command => ({ add: { rule } })),
    ],
  };
}

const chain = (name: string, base?: Pick<ChainObject, 'hook' | 'prio'>): ChainObject => ({
  family: 'inet',
  table: TABLE,
  name,
  ...(base === undefined ? {} : { type: 'filter', ...base, policy: 'accept' }),
});
const CHAINS: readonly ChainObject[] = [
  // -300 is "raw": before connection tracking, after fragments were put together.
  chain('early', { hook: 'prerouting', prio: -300 }),
  chain('input', { hook: 'input', prio: 0 }),
  chain('output', { hook: 'output', prio: 0 }),
  ...['always_in', 'always_out', 'rules_in', 'rules_out', 'pass', 'blocked_in', 'blocked_out'].map((name) =>
    chain(name),
  ),
  ...['pass_in', 'syn', 'syn_rate', 'new_rate', 'connections'].map((name) => chain(name)),
];

type Add = (chain: string, expr: readonly Statement[], comment?: string) => void;

function toBlocked(base: 'early' | 'output', field: 'saddr' | 'daddr', add: Add): void {
  const target = base === 'early' ? 'blocked_in' : 'blocked_out';
  for (const [header, set] of [
    ['ip', '@blocked4'],
    ['ip6', '@blocked6'],
  ] as const)
    add(base, [isEqual(payload(header, field), set), { goto: { target } }]);
}

const isLoopback = (direction: 'in' | 'out'): Statement =>
  isEqual(meta(direction === 'in' ? 'iifname' : 'oifname'), 'lo');

/**
 * Nearly every packet there is: of an accepted connection, and what comes in with flags that no scanner’s are. It
 * would be accepted further down, whatever the allow-list says.
 */
function quickly(direction: 'in' | 'out', add: Add): void {
  const follows = stateIsOneOf('established', 'related');
  if (direction === 'out') add('output', [follows, { accept: null }]);
  // With PSH or without: what is masked away is not asked for.
  else
    add('input', [
      follows,
      isEqual({ '&': [payload('tcp', 'flags'), SIX_FLAGS & ~PSH] }, ACK),
      { accept: null },
    ]);
}

function early(policy: HostFirewallPolicy, add: Add): void {
  toBlocked('early', 'saddr', add);
  const { synPerSource, synProxy } = policy.stateful;
  if (synPerSource === null && synProxy === null) return;
  const isSyn = isEqual({ '&': [payload('tcp', 'flags'), FIN_SYN_RST_ACK] }, 0x02);
  add('early', [isSyn, { goto: { target: 'syn' } }]);
  add('syn', [{ jump: { target: 'always_in' } }]);
  if (synPerSource !== null)
    for (const metered of meters('syn', synPerSource))
      add('syn', [metered, { goto: { target: 'syn_rate' } }]);
  if (synProxy !== null) {
    const { perSecond: rate, burst } = synProxy;
    add('syn', [{ limit: { rate, per: 'second', burst, inv: true } }, { notrack: null }]);
  }
}

/**
 * What a rule let through and connection tracking does not know is answered for: a SYN that was left untracked, and
 * what comes back to its cookie. Needs nf_conntrack_tcp_loose=0, or the latter would be a connection of its own.
 */
function cookies({ stateful }: HostFirewallPolicy, add: Add): void {
  if (stateful.synProxy === null) return;
  const synproxy = { mss: ETHERNET_MSS, wscale: 7, flags: ['timestamp', 'sack-perm'] } as const;
  add('pass_in', [isEqual(meta('l4proto'), TCP), stateIsOneOf('invalid', 'untracked'), { synproxy }]);
  add('pass_in', [{ goto: { target: 'pass' } }]);
}

/** The answer with the cookie, which belongs to no connection yet. */
function cookiesOut({ stateful }: HostFirewallPolicy, add: Add): void {
  if (stateful.synProxy === null) return;
  const isSynAck = isEqual({ '&': [payload('tcp', 'flags'), FIN_SYN_RST_ACK] }, 0x12);
  add('output', [stateIsOneOf('invalid', 'untracked'), isSynAck, { accept: null }]);
}

function connectionLimit({ stateful }: HostFirewallPolicy, add: Add): void {
  const { connectionsPerSource } = stateful;
  if (connectionsPerSource === null) return;
  for (const header of ['ip', 'ip6'] as const)
    add('input', [
      stateIsOneOf('new'),
      {
        meter: {
          name: `connections_${header}`,
          key: payload(header, 'saddr'),
          stmt: { 'ct count': { val: connectionsPerSource, inv: true } },
          size: METER_SOURCES_MAX,
        },
      },
      { goto: { target: 'connections' } },
    ]);
}

function newConnections({ stateful }: HostFirewallPolicy, add: Add): void {
  if (stateful.newConnectionsPerSource === null) return;
  for (const metered of meters('new', stateful.newConnectionsPerSource))
    add('input', [stateIsOneOf('new'), metered, { goto: { target: 'new_rate' } }]);
}

function meters(
  name: string,
  { perSecond, burst }: { perSecond: number; burst: number },
): readonly Statement[] {
  const limit: Rate = { rate: perSecond, per: 'second', burst, inv: true };
  return (['ip', 'ip6'] as const).map((header) => ({
    meter: {
      name: `${name}_${header}`,
      key: { elem: { val: payload(header, 'saddr'), timeout: METER_FORGETS_SECONDS } },
      stmt: { limit },
      size: METER_SOURCES_MAX,
    },
  }));
}

function scanFlags({ stateful }: HostFirewallPolicy, verdicts: Verdicts, add: Add): void {
  if (stateful.scanFlags !== 'drop') return;
  const asks = isEqual({ '&': [payload('tcp', 'flags'), SIX_FLAGS] }, { set: SCAN_FLAGS });
  add('input', [asks, ...verdicts.drop(':scan-flags')]);
}

function isInForce(rule: FirewallRule, { contexts }: CompileOptions): boolean {
  return rule.enabled && (rule.context === undefined || contexts?.has(rule.context) === true);
}

function inOrder(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  const rank = (rule: FirewallRule): number =>
    (4 - rule.priority) * ACTIONS.length + ACTIONS.indexOf(rule.action);
  return rules.toSorted((a, b) => rank(a) - rank(b));
}
