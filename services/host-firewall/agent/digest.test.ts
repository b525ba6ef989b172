import { type TestContext, test } from 'node:test';
import { digestOf } from './digest.ts';

const rule = { family: 'inet', table: 'demarc', chain: 'input' };
const listing = (
  packets: number,
  handle: number,
  blocked: readonly string[],
  ports: readonly number[],
): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: `1.0.${handle}` } },
      { set: { name: 'blocked4', flags: ['interval', 'timeout'], handle, elem: blocked } },
      { set: { name: 'syn_ip', flags: ['dynamic', 'timeout'], handle, elem: blocked } },
      { set: { name: 'ports', flags: 'interval', handle, elem: ports } },
      { rule: { ...rule, handle, expr: [{ counter: { packets, bytes: packets * 60 } }, { drop: null }] } },
      {
        rule: {
          ...rule,
          handle: handle + 1,
          expr: [{ match: { op: '==', left: { payload: {} }, right: { set: ports } } }, { accept: null }],
        },
      },
    ],
  });

test('counts, handles, blocks and the order of a hash table are no change of rules', (t: TestContext) => {
  t.assert.equal(digestOf(listing(0, 1, [], [22, 80])), digestOf(listing(9, 7, ['192.0.2.1'], [80, 22])));
});

test('another element, another rule, another order of rules is one', (t: TestContext) => {
  const before = digestOf(listing(0, 1, [], [22, 80]));
  t.assert.notEqual(digestOf(listing(0, 1, [], [22, 81])), before);
  const parsed = JSON.parse(listing(0, 1, [], [22, 80])) as { nftables: object[] };
  t.assert.notEqual(digestOf(JSON.stringify({ nftables: parsed.nftables.slice(0, -1) })), before);
  t.assert.notEqual(digestOf(JSON.stringify({ nftables: parsed.nftables.toReversed() })), before);
});
