import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Detection, type DetectionKind, detection } from '../detection.ts';
import { NetworkDetectionPolicy } from '../policy.ts';
import type { BlockState } from './block.ts';
import { Blocks } from './blocks.ts';
import { groupOf, overlap } from './prefix.ts';

type Input = Parameters<typeof NetworkDetectionPolicy.parse>[0];
const policyOf = (input: Input = {}): NetworkDetectionPolicy => NetworkDetectionPolicy.parse(input);

function attack(
  sources: readonly string[],
  sourceIsProved = true,
  kind: DetectionKind = 'connect-scan',
): Detection {
  return detection({
    kind,
    firstAtMs: 0,
    lastAtMs: 0,
    sources,
    targets: ['10.0.0.1'],
    evidence: {},
    because: `${sources[0]} asked for it`,
    sourceIsProved,
  });
}

test('a detection blocks its source, and says who and why', (t: TestContext) => {
  const blocks = new Blocks(policyOf());
  const [entry] = blocks.decide(attack(['192.0.2.7']), 1_000);
  t.assert.deepEqual(entry, {
    atMs: 1_000,
    action: 'blocked',
    range: '192.0.2.7',
    by: { detection: 'connect-scan' },
    because: '192.0.2.7 asked for it',
    untilMs: 301_000,
  });
  t.assert.equal(blocks.blocksOf('192.0.2.7', 2_000)[0]?.technique, 'T1046');
  t.assert.deepEqual(blocks.blocksOf('192.0.2.7', 301_000), []);
});

test('each further offence doubles the block, up to the longest', (t: TestContext) => {
  const blocks = new Blocks(policyOf({ blocks: { seconds: 100, secondsMax: 350 } }));
  let nowMs = 0;
  const seconds: number[] = [];
  for (let offence = 0; offence < 4; offence += 1) {
    const entries = blocks.decide(attack(['192.0.2.7']), nowMs);
    const untilMs = entries.at(-1)?.untilMs ?? nowMs;
    seconds.push((untilMs - nowMs) / 1_000);
    nowMs = untilMs + 1;
  }
  t.assert.deepEqual(seconds, [100, 200, 350, 350]);
});

test('the same attack going on prolongs its block and is no second offence', (t: TestContext) => {
  const blocks = new Blocks(policyOf({ blocks: { seconds: 100 } }));
  blocks.decide(attack(['192.0.2.7']), 0);
  const [entry] = blocks.decide(attack(['192.0.2.7']), 60_000);
  t.assert.equal(entry?.action, 'prolonged');
  t.assert.equal(entry?.untilMs, 160_000);
  t.assert.equal(blocks.state.offenders[0]?.offences, 1);
});

test('who stays quiet long enough starts over', (t: TestContext) => {
  const blocks = new Blocks(policyOf({ blocks: { seconds: 100, forgetSeconds: 3_600 } }));
  blocks.decide(attack(['192.0.2.7']), 0);
  const later = 3_601_000;
  t.assert.equal(blocks.decide(attack(['192.0.2.7']), later).at(-1)?.untilMs, later + 100_000);
});

test('whoever is allowed, and this machine itself, is never blocked', () => {
  const policy = policyOf({
    allow: ['192.0.2.0/28', '2001:db8:1::/48', '198.51.100.9'],
    protect: ['203.0.113.5'],
    blocks: { groupAddresses: 2 },
  });
  const addresses = fc.constantFrom(
    '192.0.2.3',
    '192.0.2.99',
    '192.0.2.98',
    '2001:db8:1::5',
    '2001:db8:2::5',
    '198.51.100.9',
    '198.51.100.10',
    '198.51.100.11',
    '203.0.113.5',
    '203.0.113.6',
    '203.0.113.7',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(addresses, fc.boolean(), fc.nat(400)), { maxLength: 40 }), (attacks) => {
      const blocks = new Blocks(policy);
      let nowMs = 0;
      for (const [address, isProved, seconds] of attacks) {
        nowMs += seconds * 1_000;
        blocks.decide(attack([address], isProved), nowMs);
        blocks.block(address.includes(':') ? groupOf(address) : address, 'ada', 'because', 60, nowMs);
      }
      return ['192.0.2.3', '2001:db8:1::5', '198.51.100.9', '203.0.113.5'].every(
        (spared) =>
          blocks.blocksOf(spared, nowMs).length === 0 &&
          blocks.state.blocks.every(({ range }) => !overlap(range, spared)),
      );
    }),
  );
});

test('proved attackers of one /24 or /64 make a group, forged ones never do', (t: TestContext) => {
  const blocks = new Blocks(policyOf({ blocks: { groupAddresses: 3 } }));
  for (const last of [1, 2, 3]) blocks.decide(attack([`192.0.2.${last}`]), last);
  t.assert.deepEqual(
    blocks.state.blocks.map(({ range, members }) => [range, members]),
    [['192.0.2.0/24', ['192.0.2.1', '192.0.2.2', '192.0.2.3']]],
  );
  t.assert.equal(blocks.blocksOf('192.0.2.200', 10)[0]?.range, '192.0.2.0/24');
  for (const last of [1, 2, 3]) blocks.decide(attack([`2001:db8:0:7::${last}`]), last);
  t.assert.ok(blocks.state.blocks.some(({ range }) => range === '2001:db8:0:7::/64'));
  for (const last of [1, 2, 3, 4, 5]) blocks.decide(attack([`198.51.100.${last}`], false), last);
  t.assert.equal(blocks.blocksOf('198.51.100.200', 10).length, 0);
});

test('a flood of forged sources blocks few, for short', (t: TestContext) => {
  const blocks = new Blocks(policyOf());
  for (let n = 0; n < 5_000; n += 1)
    blocks.decide(attack([`203.${n >> 8}.${n & 255}.1`], false, 'syn-scan'), n);
  t.assert.equal(blocks.state.blocks.length, 32);
  t.assert.ok(blocks.state.blocks.every(({ fromMs, untilMs }) => untilMs - fromMs <= 900_000));
});

test('blocks are bounded, and proved ones push out forged ones', (t: TestContext) => {
  const blocks = new Blocks(
    policyOf({ blocks: { blocksMax: 16, unprovedPerMinute: 100, groupAddresses: 0 } }),
  );
  for (let n = 0; n < 20; n += 1) blocks.decide(attack([`198.51.${n}.1`], false), n);
  t.assert.equal(blocks.state.blocks.length, 16);
  for (let n = 0; n < 20; n += 1) blocks.decide(attack([`192.0.${n}.1`]), n);
  t.assert.equal(blocks.state.blocks.length, 16);
  t.assert.ok(blocks.state.blocks.every(({ isProved }) => isProved));
});

test('a person can block and unblock, and both are written down', (t: TestContext) => {
  const blocks = new Blocks(policyOf());
  t.assert.equal(blocks.block('192.0.2.0/24', 'ada', 'abuse report 7', 600, 0).action, 'blocked');
  t.assert.deepEqual(blocks.unblock('192.0.2.0/24', 'ada', 'a customer', 5), {
    atMs: 5,
    action: 'unblocked',
    range: '192.0.2.0/24',
    by: { person: 'ada' },
    because: 'a customer',
  });
  t.assert.equal(blocks.unblock('192.0.2.0/24', 'ada', 'again', 6), undefined);
});

test('blocks survive a restart as plain data, without what has been allowed since', (t: TestContext) => {
  const before = new Blocks(policyOf());
  before.decide(attack(['192.0.2.7']), 0);
  before.decide(attack(['192.0.2.8']), 0);
  const kept = JSON.parse(JSON.stringify(before.state)) as BlockState;
  const after = new Blocks(policyOf({ allow: ['192.0.2.8'] }), kept);
  t.assert.deepEqual(after.state.blocks, before.state.blocks.slice(0, 1));
  t.assert.deepEqual(
    after.expire(300_001).map(({ action, range }) => [action, range]),
    [['expired', '192.0.2.7']],
  );
});

test('groups are written as RFC 5952 wants', (t: TestContext) => {
  t.assert.equal(groupOf('2001:db8::1'), '2001:db8::/64');
  t.assert.equal(groupOf('2001:db8:0:1:2:3:4:5'), '2001:db8:0:1::/64');
  t.assert.equal(groupOf('fe80::1:2'), 'fe80::/64');
  t.assert.equal(groupOf('::1'), '::/64');
});
