/** A million packets: four seconds that a person who waits for `npm run check` need not spend each time. */
import { type TestContext, test } from 'node:test';
import { verdictOf } from '../oracle/oracle.ts';
import { Random, randomPacket, randomPolicy, randomState } from '../testing/random.ts';
import { compile } from './compile.ts';
import { prefixOf } from './logged.ts';
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
