import { type TestContext, test } from 'node:test';
import { activeBlocks, attackOf, type BlockEntry, blockEntryOf, logLineOf, timelineOf } from './views.ts';

const base = {
  time: 1_000,
  metadata: { uid: 'u', log_name: '/var/log/auth.log' },
  device: { hostname: 'web-1', uid: 'asset-1' },
};

test('an event is an attack, a block, a line, or nothing of it', (t: TestContext) => {
  const attack = attackOf({
    ...base,
    unmapped: {
      detection: {
        kind: 'syn-scan',
        title: 'Half-open (SYN) port scan',
        technique: 'T1046',
        sources: ['198.51.100.7'],
        targets: ['10.0.0.2'],
        ports: [22, 80],
        evidence: { probes: 10, note: 'no number' },
        because: 'it asked ten ports',
        source_is_proved: false,
      },
    },
  });
  t.assert.deepEqual(
    [attack?.title, attack?.host, attack?.ports, attack?.evidence],
    ['Half-open (SYN) port scan', 'web-1', [22, 80], { probes: 10 }],
  );
  t.assert.equal(attackOf(base), undefined);
  t.assert.equal(attackOf({ unmapped: { detection: 'odd' } }), undefined);
  const block = blockEntryOf({
    ...base,
    unmapped: { block: { range: '198.51.100.7', action: 'blocked', by: 'syn-scan', until: 900 } },
  });
  t.assert.deepEqual([block?.by, block?.assetId, block?.untilMs], ['syn-scan', 'asset-1', 900]);
  const line = logLineOf({
    ...base,
    unmapped: { decoder: 'sshd', outcome: 'authentication-failure' },
    user: { name: 'root' },
    src_endpoint: { ip: '198.51.100.7' },
    message: 'Failed password',
  });
  t.assert.deepEqual(
    [line?.decoder, line?.user, line?.from, line?.log],
    ['sshd', 'root', '198.51.100.7', '/var/log/auth.log'],
  );
});

const entry = (time: number, action: string, range: string, untilMs?: number): BlockEntry => ({
  uid: `${time}${range}`,
  time,
  action,
  range,
  untilMs,
  by: 'syn-scan',
  because: 'b',
  host: 'web-1',
  assetId: 'a',
  raw: {},
});

test('the last word on a range says whether it is blocked', (t: TestContext) => {
  const entries = [
    entry(50, 'prolonged', 'b', 900),
    entry(40, 'unblocked', 'a'),
    entry(10, 'blocked', 'a', 500),
    entry(10, 'blocked', 'b', 500),
    entry(20, 'spared', 'c'),
    entry(30, 'blocked', 'd', 90),
    entry(60, 'spared', 'b'),
  ];
  t.assert.deepEqual(
    activeBlocks(entries, 100).map(({ range }) => range),
    ['b'],
  );
  t.assert.deepEqual(activeBlocks(entries, 900), []);
});

test('a timeline counts all of the time, and names the most frequent kinds', (t: TestContext) => {
  const attacks = Array.from({ length: 30 }, (_, at) => ({ time: at, title: `kind ${at % 10}` }));
  const series = timelineOf([...attacks, { time: 5, title: 'kind 0' }, { time: -1, title: 'kind 0' }], 0, 29);
  t.assert.equal(series.length, 8);
  t.assert.equal(
    series.flatMap(({ points }) => points).reduce((sum, [, count]) => sum + count, 0),
    31,
  );
  t.assert.ok(series.some(({ name }) => name === 'other kinds'));
  t.assert.deepEqual(timelineOf([], 0, 0), []);
});
