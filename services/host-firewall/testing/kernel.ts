/**
 * What the kernel would do with a compiled rule set, as far as the compiler uses it: a second engine beside the
 * oracle, which reads nothing but the JSON. Meters and cookies remember packets and are refused.
 *
 * @see https://manpages.debian.org/bookworm/libnftables1/libnftables-json.5.en.html
 */
import assert from 'node:assert/strict';
import { type AddressInterval, addressIntervalOf, addressOf } from '../elements.ts';
import type { Element, Left, NftSet, Right, Ruleset, Statement } from '../compile/nft.ts';
import type { ConnectionState, DirectedPacket } from '../oracle/oracle.ts';

export interface Outcome {
  readonly verdict: 'accept' | 'drop';
  readonly prefixes: readonly string[];
}
type Value = bigint | string | undefined;
interface Seen {
  readonly packet: DirectedPacket;
  readonly state: ConnectionState;
  readonly prefixes: string[];
}
/** What a statement does: go on, end the rule (no match), or decide. */
type Step = 'next' | 'break' | 'accept' | 'drop' | { readonly goto: string };
type Act = (seen: Seen) => Step;

const CHAINS = { in: ['prerouting', 'input'], out: ['output'] } as const;
const JUMPS_MAX = 16;

export function loadRuleset(
  ruleset: Ruleset,
): (packet: DirectedPacket, state: ConnectionState) => Outcome {
  const sets = new Map<string, NftSet>();
  const chains = new Map<string, { rules: Act[][]; hook: string | undefined; prio: number }>();
  for (const command of ruleset.nftables) {
    if (!('add' in command)) continue;
    if ('set' in command.add) sets.set(command.add.set.name, command.add.set);
    if ('chain' in command.add) {
      const { name, hook, prio = 0 } = command.add.chain;
      chains.set(name, { rules: [], hook, prio });
    }
    if ('rule' in command.add) {
      const chain = chains.get(command.add.rule.chain);
      assert.ok(chain, 'a chain comes before its rules');
      chain.rules.push(command.add.rule.expr.map((statement) => actOf(statement, sets)));
    }
  }
  const hooked = (hook: string): string[] =>
    [...chains].filter(([, chain]) => chain.hook === hook).sort(([, a], [, b]) => a.prio - b.prio).map(([name]) => name);
  const order = { in: CHAINS.in.flatMap(hooked), out: CHAINS.out.flatMap(hooked) };
  return (packet, state) => {
    const seen: Seen = { packet, state, prefixes: [] };
    const dropped = order[packet.direction].some((name) => run(name, seen) === 'drop');
    return { verdict: dropped ? 'drop' : 'accept', prefixes: seen.prefixes };
  };

  function run(start: string, seen: Seen): 'accept' | 'drop' {
    let name = start;
    for (let jumps = 0; jumps < JUMPS_MAX; jumps += 1) {
      const next = walk(chains.get(name)?.rules ?? assert.fail(`no chain ${name}`), seen);
      if (next === 'accept' || next === 'drop') return next;
      // After a goto the base chain does not go on: its policy holds, which is accept.
      if (next === 'end') return 'accept';
      name = next;
    }
    return assert.fail('chains lead in circles');
  }
}

function walk(rules: readonly (readonly Act[])[], seen: Seen): string {
  for (const rule of rules)
    for (const act of rule) {
      const step = act(seen);
      if (step === 'break') break;
      if (step === 'accept' || step === 'drop') return step;
      if (step !== 'next') return step.goto;
    }
  return 'end';
}

function actOf(statement: Statement, sets: ReadonlyMap<string, NftSet>): Act {
  if ('match' in statement) {
    const { op, left, right } = statement.match;
    const value = reader(left);
    const holds = tester(right, left, sets);
    const wanted = op !== '!=';
    return (seen) => {
      const found = value(seen);
      return found !== undefined && holds(found) === wanted ? 'next' : 'break';
    };
  }
  if ('log' in statement) {
    const { prefix } = statement.log;
    return ({ prefixes }) => {
      prefixes.push(prefix);
      return 'next';
    };
  }
  if ('vmap' in statement) {
    const { key, data } = statement.vmap;
    const value = reader(key);
    const entries = data.set.map(([element, then]) => ({
      holds: tester(element, key, sets),
      then: actOf(then, sets),
    }));
    return (seen) => {
      const found = value(seen);
      if (found === undefined) return 'break';
      return entries.find(({ holds }) => holds(found))?.then(seen) ?? 'break';
    };
  }
  if ('accept' in statement) return () => 'accept';
  if ('drop' in statement) return () => 'drop';
  if ('goto' in statement) {
    const step = { goto: statement.goto.target };
    return () => step;
  }
  if ('counter' in statement || 'limit' in statement) return () => 'next';
  return assert.fail(`not simulated: ${JSON.stringify(statement)}`);
}

/** `undefined` where the packet has no such field: then the rule does not match, whatever the comparison. */
function reader(left: Left): (seen: Seen) => Value {
  if ('ct' in left) return ({ state }) => state;
  if ('&' in left) {
    const [of, mask] = left['&'];
    const bits = typeof mask === 'number' ? BigInt(mask) : (addressOf(mask)?.value ?? 0n);
    const value = reader(of);
    return (seen) => {
      const found = value(seen);
      return typeof found === 'bigint' ? found & bits : undefined;
    };
  }
  if ('meta' in left) {
    const { key } = left.meta;
    if (key === 'nfproto') return ({ packet }) => (packet.family === 4 ? 'ipv4' : 'ipv6');
    if (key === 'l4proto') return ({ packet }) => BigInt(packet.protocol);
    const direction = key === 'iifname' ? 'in' : 'out';
    return ({ packet }) => (packet.direction === direction ? packet.interfaceName : undefined);
  }
  const { protocol, field } = left.payload;
  const number = (value: number | undefined): Value => (value === undefined ? undefined : BigInt(value));
  const fields: Readonly<Record<string, (packet: DirectedPacket) => Value>> = {
    saddr: ({ source }) => valueOf(source),
    daddr: ({ destination }) => valueOf(destination),
    sport: ({ sourcePort }) => number(sourcePort),
    dport: ({ destinationPort }) => number(destinationPort),
    flags: ({ tcpFlags }) => number(tcpFlags),
    type: ({ icmpType }) => number(icmpType),
    code: ({ icmpCode }) => number(icmpCode),
  };
  if (protocol === 'ether')
    return ({ packet }) => (field === 'saddr' ? packet.sourceMac : packet.destinationMac);
  const read = fields[field] ?? assert.fail(`no field ${field}`);
  const belongs: Readonly<Record<string, (packet: DirectedPacket) => boolean>> = {
    ip: ({ family }) => family === 4,
    ip6: ({ family }) => family === 6,
    tcp: (packet) => packet.protocol === 6,
    udp: (packet) => packet.protocol === 17,
    icmp: (packet) => packet.protocol === 1,
    icmpv6: (packet) => packet.protocol === 58,
  };
  const fits = belongs[protocol] ?? assert.fail(`no protocol ${protocol}`);
  return ({ packet }) => (fits(packet) ? read(packet) : undefined);
}

function tester(right: Right, left: Left, sets: ReadonlyMap<string, NftSet>): (value: Value) => boolean {
  if (typeof right === 'string' && right.startsWith('@')) {
    const set = sets.get(right.slice(1)) ?? assert.fail(`no set ${right}`);
    const elements = (set.elem ?? []).map((element) =>
      typeof element === 'object' && 'elem' in element ? element.elem.val : element,
    );
    return tester({ set: elements }, left, sets);
  }
  if (typeof right === 'object' && 'set' in right) {
    const tests = right.set.map((element) => tester(element, left, sets));
    return (value) => tests.some((test) => test(value));
  }
  const interval = intervalOf(right);
  if (interval === null) return (value) => value === right;
  return (value) => typeof value === 'bigint' && interval.low <= value && value <= interval.high;
}

function intervalOf(element: Element): { readonly low: bigint; readonly high: bigint } | null {
  if (typeof element === 'number') return { low: BigInt(element), high: BigInt(element) };
  if (typeof element === 'string') return addressIntervalOf(element);
  if ('prefix' in element) return addressIntervalOf(`${element.prefix.addr}/${element.prefix.len}`);
  const [low, high] = element.range;
  if (typeof low === 'number' && typeof high === 'number') return { low: BigInt(low), high: BigInt(high) };
  return addressIntervalOf(`${low}-${high}`);
}

/** A million packets have few addresses; the memory of them is bounded. */
const REMEMBERED_MAX = 100_000;
const remembered = new Map<string, bigint>();

function valueOf(address: string): bigint {
  const known = remembered.get(address);
  if (known !== undefined) return known;
  const value: Pick<AddressInterval, 'low'> = addressIntervalOf(address) ?? assert.fail(`no address ${address}`);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(address, value.low);
  return value.low;
}
