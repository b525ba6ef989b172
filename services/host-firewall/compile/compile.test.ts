import { type TestContext, test } from 'node:test';
import { HostFirewallPolicy } from '../policy.ts';
import { Random, randomPacket, randomPolicy } from '../testing/random.ts';
import { compile } from './compile.ts';
import { prefixOf, readPrefix } from './logged.ts';
import { simulate } from './simulate.testing.ts';

const SEED = 20_260_105;

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
