import { type TestContext, test } from 'node:test';
import { verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy } from '../policy.ts';
import { Random, randomPacket, randomPolicy, randomState } from '../testing/random.ts';
import { compile } from './compile.ts';
import { prefixOf, readPrefix } from './logged.ts';
import { simulate } from './simulate.testing.ts';

const PAIRS = 1_000_000;
const PACKETS_PER_POLICY = 500;
const SEED = 20_260_105;
const CONTEXTS = new Set(['one']);

test('the compiled rules and the oracle agree on a million packets × policies, verdict and log', (t: TestContext) => {
  const random = new Random(SEED);
  const tally = { pairs: 0, maps: 0, dropped: 0, byRule: 0, logged: 0 };
  while (tally.pairs < PAIRS) {
    const policy = randomPolicy(random);
    const compiled = compile(policy, { contexts: CONTEXTS, counters: random.chance(0.5) });
    tally.maps += JSON.stringify(compiled).split('"vmap"').length - 1;
    const simulated = simulate(compiled);
    for (let count = 0; count < PACKETS_PER_POLICY; count += 1) {
      const [packet, state] = [randomPacket(random), randomState(random)];
      const said = verdictOf(policy, packet, state, packet.atMs, CONTEXTS);
      const done = simulated(packet, state, packet.atMs);
      const dropKind = policy.mode === 'tap' ? 'tap' : 'drop';
      const isDropLog = (index: number): boolean =>
        said.judged === 'drop' && policy.log.drops && index === said.logged.length - 1;
      const prefixes = said.logged.map((id, index) => prefixOf(isDropLog(index) ? dropKind : 'log', id));
      if (said.verdict !== done.verdict || prefixes.join('|') !== done.prefixes.join('|'))
        t.assert.deepEqual(
          done,
          { verdict: said.verdict, prefixes },
          JSON.stringify({ said, packet, state, policy }),
        );
      tally.pairs += 1;
      if (said.judged === 'drop') tally.dropped += 1;
      if (said.rule !== null) tally.byRule += 1;
      if (said.logged.length > 0) tally.logged += 1;
    }
  }
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(tally)}`);
  // A generator whose packets miss every rule would agree about nothing.
  t.assert.ok(tally.maps > 50);
  t.assert.ok(tally.byRule > PAIRS / 5 && tally.dropped > PAIRS / 5 && tally.logged > PAIRS / 5);
});

test('in tap mode nothing drops', (t: TestContext) => {
  const random = new Random(SEED);
  for (let count = 0; count < 50; count += 1) {
    const text = JSON.stringify(compile({ ...randomPolicy(random), mode: 'tap' }));
    t.assert.ok(!text.includes('"drop":null'));
  }
});

test('nothing but our own table is named, and it is replaced in one transaction', (t: TestContext) => {
  const { nftables } = compile(randomPolicy(new Random(1)));
  t.assert.deepEqual(
    nftables.slice(0, 3).map((command) => Object.keys(command)[0]),
    ['add', 'delete', 'add'],
  );
  for (const command of nftables) {
    const object = Object.values(Object.values(command)[0] ?? {})[0] as {
      family: string;
      table?: string;
      name?: string;
    };
    t.assert.deepEqual([object.family, object.table ?? object.name], ['inet', 'demarc']);
  }
});

test('the allow-list comes before the block-list', (t: TestContext) => {
  const policy = HostFirewallPolicy.parse({
    mode: 'inline',
    allowList: [{ id: 'admin', peer: '192.0.2.1' }],
  });
  const simulated = simulate(
    compile(policy, { blocked: [{ address: '192.0.2.0/24', expiresInSeconds: 60 }] }),
  );
  const from = (source: string): string =>
    simulated(
      { ...randomPacket(new Random(3)), family: 4, source, direction: 'in', interfaceName: 'eth0' },
      'new',
      0,
    ).verdict;
  t.assert.deepEqual([from('192.0.2.1'), from('192.0.2.2'), from('192.0.3.2')], ['accept', 'drop', 'accept']);
});

test('a log prefix says what it said', (t: TestContext) => {
  t.assert.deepEqual(readPrefix(prefixOf('tap', 'a.b-c_1')), { kind: 'tap', id: 'a.b-c_1' });
  t.assert.equal(readPrefix('someone else: '), null);
});
