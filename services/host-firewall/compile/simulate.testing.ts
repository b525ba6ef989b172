/**
 * The emitted part of nftables, as the kernel runs it: so that a million packets can be judged without one.
 *
 * It knows nothing of policies. What it does not know of nftables it refuses, so a new statement cannot pass unseen.
 */
import assert from 'node:assert/strict';
import { addressIntervalOf, addressOf, type Family } from '../elements.ts';
import type { ConnectionState, DirectedPacket } from '../oracle/oracle.ts';
import type {
  Element,
  Field,
  Left,
  Right,
  RuleObject,
  Ruleset,
  Scalar,
  SetObject,
  Statement,
} from './nft.ts';

interface Seen {
  readonly packet: DirectedPacket;
  readonly state: ConnectionState;
  readonly atMs: number;
  readonly logged: string[];
  readonly source: bigint;
  readonly destination: bigint;
}
type Value = bigint | string | undefined;
type Step = (
  seen: Seen,
) => 'next' | 'break' | 'accept' | 'drop' | { readonly to: string; readonly returns: boolean };
type Test = (value: bigint | string) => boolean;

export type Simulated = (
  packet: DirectedPacket,
  state: ConnectionState,
  atMs: number,
) => { readonly verdict: 'accept' | 'drop'; readonly prefixes: readonly string[] };

export function simulate({ nftables }: Ruleset): Simulated {
  const sets = new Map<string, SetObject>();
  const chains = new Map<string, (readonly Step[])[]>();
  for (const command of nftables) {
    if (!('add' in command)) continue;
    if ('set' in command.add) sets.set(command.add.set.name, command.add.set);
    if ('chain' in command.add) chains.set(command.add.chain.name, []);
    if ('rule' in command.add) rule(command.add.rule);
  }
  return (packet, state, atMs) => {
    const seen: Seen = {
      packet,
      state,
      atMs,
      logged: [],
      source: valueOf(packet.source),
      destination: valueOf(packet.destination),
    };
    const bases = packet.direction === 'in' ? ['early', 'input'] : ['output'];
    const dropped = bases.some((base) => run(base, seen) === 'drop');
    return { verdict: dropped ? 'drop' : 'accept', prefixes: seen.logged };
  };

  function rule({ chain, expr }: RuleObject): void {
    const steps = chains.get(chain);
    assert.ok(steps, `chain ${chain} must be there before its rules`);
    steps.push(expr.map((statement) => stepOf(statement, sets)));
  }

  /** `undefined` when the end is reached without a verdict: a base chain’s policy, which is accept, or the caller. */
  function run(chain: string, seen: Seen): 'accept' | 'drop' | undefined {
    const rules = chains.get(chain);
    assert.ok(rules, `no chain ${chain}`);
    for (const steps of rules) {
      for (const step of steps) {
        const result = step(seen);
        if (result === 'break') break;
        if (result === 'next') continue;
        if (typeof result === 'string') return result;
        const verdict = run(result.to, seen);
        if (verdict !== undefined || !result.returns) return verdict;
      }
    }
    return undefined;
  }
}

function stepOf(statement: Statement, sets: ReadonlyMap<string, SetObject>): Step {
  if ('match' in statement) {
    const { op, left, right } = statement.match;
    const [read, holds] = [readerOf(left), testOf(right, sets)];
    return (seen) => {
      const value = read(seen);
      // What the packet does not have ends the rule, for "!=" as well.
      if (value === undefined) return 'break';
      return holds(value) === (op !== '!=') ? 'next' : 'break';
    };
  }
  if ('vmap' in statement) {
    const { key, data } = statement.vmap;
    const read = readerOf(key);
    const entries = data.set.map(([element, then]) => ({
      holds: testOf(element, sets),
      step: stepOf(then, sets),
    }));
    return (seen) => {
      const value = read(seen);
      // What is not in the map ends the rule, not the chain.
      return (value !== undefined && entries.find(({ holds }) => holds(value))?.step(seen)) || 'break';
    };
  }
  if ('log' in statement) return ({ logged }) => (logged.push(statement.log.prefix), 'next');
  if ('counter' in statement) return () => 'next';
  // One packet never exceeds a rate: what asks for "over" does not hold, what asks for "within" does.
  if ('limit' in statement) return () => (statement.limit.inv === true ? 'break' : 'next');
  if ('meter' in statement) {
    const { stmt } = statement.meter;
    return () => (('limit' in stmt ? stmt.limit.inv : stmt['ct count'].inv) === true ? 'break' : 'next');
  }
  // Behind a rate that one packet never exceeds.
  if ('notrack' in statement) return () => 'next';
  // The other side is answered in place of the machine: the packet was let through.
  if ('synproxy' in statement) return () => 'accept';
  if ('accept' in statement) return () => 'accept';
  if ('drop' in statement) return () => 'drop';
  if ('jump' in statement) return () => ({ to: statement.jump.target, returns: true });
  return () => ({ to: statement.goto.target, returns: false });
}

function readerOf(left: Left): (seen: Seen) => Value {
  if (!('&' in left)) return fieldOf(left);
  const [field, mask] = left['&'];
  const read = fieldOf(field);
  return (seen) => {
    const value = read(seen);
    return typeof value === 'bigint' ? value & BigInt(mask) : undefined;
  };
}

const number = (value: number | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value);

function fieldOf(field: Field): (seen: Seen) => Value {
  if ('ct' in field) return ({ state }) => state;
  if ('meta' in field) {
    const { key } = field.meta;
    if (key === 'iifname')
      return ({ packet }) => (packet.direction === 'in' ? packet.interfaceName : undefined);
    if (key === 'oifname')
      return ({ packet }) => (packet.direction === 'out' ? packet.interfaceName : undefined);
    if (key === 'nfproto') return ({ packet }) => (packet.family === 4 ? 'ipv4' : 'ipv6');
    if (key === 'l4proto') return ({ packet }) => BigInt(packet.protocol);
    // nf_tables: (seconds / 86400 + 4) % 7, the epoch being a Thursday.
    if (key === 'day') return ({ atMs }) => BigInt((Math.floor(atMs / 86_400_000) + 4) % 7);
    if (key === 'hour') return ({ atMs }) => BigInt(Math.floor(atMs / 1_000) % 86_400);
    throw new Error(`meta ${key}`);
  }
  const name = `${field.payload.protocol} ${field.payload.field}`;
  const inFamily = (family: Family, read: (seen: Seen) => bigint) => (seen: Seen) =>
    seen.packet.family === family ? read(seen) : undefined;
  const inProtocol =
    (protocol: number, read: (packet: DirectedPacket) => number | undefined, family?: Family) =>
    ({ packet }: Seen) =>
      packet.protocol === protocol && (family === undefined || packet.family === family)
        ? number(read(packet))
        : undefined;
  const known: Readonly<Record<string, (seen: Seen) => Value>> = {
    'ip saddr': inFamily(4, ({ source }) => source),
    'ip daddr': inFamily(4, ({ destination }) => destination),
    'ip6 saddr': inFamily(6, ({ source }) => source),
    'ip6 daddr': inFamily(6, ({ destination }) => destination),
    'ether saddr': ({ packet }) => packet.sourceMac,
    'ether daddr': ({ packet }) => packet.destinationMac,
    'tcp sport': inProtocol(6, ({ sourcePort }) => sourcePort),
    'tcp dport': inProtocol(6, ({ destinationPort }) => destinationPort),
    'tcp flags': inProtocol(6, ({ tcpFlags }) => tcpFlags),
    'udp sport': inProtocol(17, ({ sourcePort }) => sourcePort),
    'udp dport': inProtocol(17, ({ destinationPort }) => destinationPort),
    'icmp type': inProtocol(1, ({ icmpType }) => icmpType, 4),
    'icmp code': inProtocol(1, ({ icmpCode }) => icmpCode, 4),
    'icmpv6 type': inProtocol(58, ({ icmpType }) => icmpType, 6),
    'icmpv6 code': inProtocol(58, ({ icmpCode }) => icmpCode, 6),
  };
  const read = known[name];
  assert.ok(read, name);
  return read;
}

function testOf(right: Right, sets: ReadonlyMap<string, SetObject>): Test {
  if (typeof right === 'string' && right.startsWith('@')) {
    const set = sets.get(right.slice(1));
    assert.ok(set, `set ${right} must be there before its rules`);
    return within(
      (set.elem ?? []).map((one) => (typeof one === 'object' && 'elem' in one ? one.elem.val : one)),
    );
  }
  if (Array.isArray(right)) return within(right);
  return typeof right === 'object' && 'set' in right ? within(right.set) : within([right as Element]);
}

function within(elements: readonly Element[]): Test {
  const words = new Set(elements.filter((one) => typeof one === 'string' && addressOf(one) === null));
  const ranges = elements.filter((one) => !words.has(one)).map(rangeOf);
  return (value) =>
    typeof value === 'string'
      ? words.has(value)
      : ranges.some(([low, high]) => low <= value && value <= high);
}

/** A million packets have few addresses; the memory of them is bounded. */
const REMEMBERED_MAX = 100_000;
const remembered = new Map<string, bigint>();

function valueOf(address: string): bigint {
  const known = remembered.get(address);
  if (known !== undefined) return known;
  const found = addressOf(address);
  assert.ok(found, address);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(address, found.value);
  return found.value;
}

function rangeOf(element: Element): readonly [bigint, bigint] {
  if (typeof element !== 'object') return [scalar(element), scalar(element)];
  if ('range' in element) return [scalar(element.range[0]), scalar(element.range[1])];
  const found = addressIntervalOf(`${element.prefix.addr}/${element.prefix.len}`);
  assert.ok(found);
  return [found.low, found.high];
}

function scalar(value: Scalar): bigint {
  if (typeof value === 'number') return BigInt(value);
  const found = addressOf(value);
  assert.ok(found, value);
  return found.value;
}
