/** The compiled rules in a kernel, packets on a cable, and the oracle beside it. Needs root and nftables. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionState, type DirectedPacket, verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy } from '../policy.ts';
import { frameOf } from '../testing/frames.ts';
import { Namespaces } from '../testing/namespaces.ts';
import { Random, randomPacket, randomPolicy } from '../testing/random.ts';
import { compile } from './compile.ts';

const SEED = 7;
const POLICIES = 30;
const PACKETS_PER_POLICY = 400;
const LOADED_POLICIES = 150;
const FAR_MAC = '02:00:00:00:00:01';
const STATES = ['new', 'established', 'related', 'invalid', 'untracked'] as const;

/** Who is seen just before our table, in which state, and just after it: by the number each packet carries. */
const witnessOf = (direction: 'in' | 'out'): string => {
  const [hook, name] = direction === 'in' ? ['input', 'iifname'] : ['output', 'oifname'];
  const sets = [...STATES, 'after'].map(
    (set) =>
      `set ${set}4 { typeof ip id; size 65535; flags dynamic; }\nset ${set}6 { typeof ip6 flowlabel; size 65535; flags dynamic; }`,
  );
  const note = (when: string, set: string): string =>
    `${name} "eth0" ${when} add @${set}4 { ip id }\n${name} "eth0" ${when} add @${set}6 { ip6 flowlabel }`;
  return `
table inet witness { }
delete table inet witness
table inet witness {
${sets.join('\n')}
chain before { type filter hook ${hook} priority -10; policy accept;
${STATES.map((state) => note(`ct state ${state}`, state)).join('\n')}
}
chain after { type filter hook ${hook} priority 10; policy accept;
${note('', 'after')}
}
}
`;
};

for (const direction of ['in', 'out'] as const)
  test(`the kernel and the oracle agree on real packets going ${direction}`, async (t: TestContext) => {
    const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    await using machines = await Namespaces.make(`agree-${direction}`, FAR_MAC, direction);
    const witness = join(directory, 'witness.nft');
    writeFileSync(witness, witnessOf(direction));
    const random = new Random(SEED);
    const tally = new Map<string, number>();
    const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);
    for (let round = 0; round < POLICIES; round += 1) {
      const { stateful, ...rest } = randomPolicy(random);
      // Meters remember packets; what they do has a test of its own.
      const policy = {
        ...rest,
        stateful: {
          ...stateful,
          synPerSource: null,
          newConnectionsPerSource: null,
          connectionsPerSource: null,
          synProxy: null,
        },
      };
      const compiled = compile(policy);
      if (JSON.stringify(compiled).includes('"vmap"')) count('policies with maps');
      await machines.nft(directory, compiled);
      await machines.inside(machines.far, 'nft', '-f', witness);
      const packets = Array.from({ length: PACKETS_PER_POLICY }, () => sendable(random, direction));
      const sentAtMs = Date.now();
      await machines.send(
        packets.map((packet, index) => frameOf(packet, index + 1, FAR_MAC)),
        direction,
      );
      const seen = await readWitness(machines);
      const seenAtMs = Date.now();
      for (const [index, packet] of packets.entries()) {
        const state = seen.state(packet.family, index + 1);
        // Not ours: the kernel’s own checks of addresses come before the hook.
        if (state === undefined) {
          count('never arrived');
          continue;
        }
        const said = verdictOf(policy, packet, state, sentAtMs);
        // A window of a schedule began or ended meanwhile.
        if (said.verdict !== verdictOf(policy, packet, state, seenAtMs).verdict) continue;
        const done = seen.passed(packet.family, index + 1) ? 'accept' : 'drop';
        if (done !== said.verdict)
          t.assert.equal(done, said.verdict, JSON.stringify({ said, state, packet, policy }));
        for (const what of ['judged', state, said.verdict]) count(what);
        if (said.rule !== null) count('by a rule');
      }
    }
    t.diagnostic(`seed ${SEED}, ${POLICIES} policies: ${JSON.stringify(Object.fromEntries(tally))}`);
    for (const what of ['drop', 'accept', 'by a rule', 'new', 'invalid'])
      t.assert.ok((tally.get(what) ?? 0) > 500, what);
  });

test('nft accepts whatever the compiler writes', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await using machines = await Namespaces.make('load', FAR_MAC);
  const random = new Random(SEED);
  for (let count = 0; count < LOADED_POLICIES; count += 1) {
    const policy = randomPolicy(random, 20);
    const ruleset = compile(policy, {
      contexts: new Set(['one']),
      counters: random.chance(0.5),
      blocked: [
        { address: '192.0.2.0/24', expiresInSeconds: 60 },
        { address: '2001:db8::1', expiresInSeconds: 5 },
      ],
    });
    await t.assert.doesNotReject(machines.nft(directory, ruleset, '-c'), JSON.stringify(policy));
  }
});

test('a source beyond its rate of SYNs is dropped, another is not', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await using machines = await Namespaces.make('rate', FAR_MAC);
  const witness = join(directory, 'witness.nft');
  writeFileSync(witness, witnessOf('in'));
  const rate = { perSecond: 1, burst: 5 };
  for (const stateful of [{ synPerSource: rate }, { newConnectionsPerSource: rate }]) {
    await machines.nft(directory, compile(HostFirewallPolicy.parse({ mode: 'inline', stateful })));
    await machines.inside(machines.far, 'nft', '-f', witness);
    const syn = (source: string, sourcePort: number): DirectedPacket => ({
      atMs: 0,
      bytes: 40,
      direction: 'in',
      family: 4,
      protocol: 6,
      source,
      destination: '10.0.0.2',
      sourcePort,
      destinationPort: 80,
      tcpFlags: 2,
    });
    const flood = Array.from({ length: 100 }, (_, index) => syn('192.0.2.7', 2_000 + index));
    const packets = [...flood, syn('192.0.2.8', 3_000)];
    await machines.send(packets.map((packet, index) => frameOf(packet, index + 1, FAR_MAC)));
    const seen = await readWitness(machines);
    const passed = flood.filter((_, index) => seen.passed(4, index + 1)).length;
    // The burst, and what the clock gives while the frames are sent.
    t.assert.ok(passed >= 5 && passed <= 10, `${passed} of 100`);
    t.assert.ok(seen.passed(4, packets.length), JSON.stringify(stateful));
  }
});

/** What the kernel takes for a whole packet of its own: no fragments, nothing by loopback. */
function sendable(random: Random, direction: 'in' | 'out'): DirectedPacket {
  for (;;) {
    const { isLaterFragment, sourceMac = '02:00:00:00:00:99', ...packet } = randomPacket(random);
    const isHeader = packet.family === 6 && packet.protocol === 0;
    if (isLaterFragment === true || isHeader) continue;
    const head = { ...packet, direction, interfaceName: 'eth0' };
    return direction === 'in' ? { ...head, sourceMac, destinationMac: FAR_MAC } : head;
  }
}

interface Witnessed {
  state(family: 4 | 6, id: number): ConnectionState | undefined;
  passed(family: 4 | 6, id: number): boolean;
}

async function readWitness(machines: Namespaces): Promise<Witnessed> {
  const { nftables } = JSON.parse(
    await machines.inside(machines.far, 'nft', '-j', 'list', 'sets', 'inet'),
  ) as {
    readonly nftables: readonly {
      readonly set?: { readonly table: string; readonly name: string; readonly elem?: readonly number[] };
    }[];
  };
  const sets = new Map(
    nftables.flatMap(({ set }) => (set?.table === 'witness' ? [[set.name, new Set(set.elem)] as const] : [])),
  );
  const has = (name: string, family: 4 | 6, id: number): boolean =>
    sets.get(`${name}${family}`)?.has(id) === true;
  return {
    state: (family, id) => STATES.find((state) => has(state, family, id)),
    passed: (family, id) => has('after', family, id),
  };
}
