import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressIntervalOf, addressOf, addressText, merged, portIntervalOf } from './elements.ts';

test('addresses are read and written as RFC 5952 has them', (t) => {
  for (const [text, canonical] of [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
  ] as const) {
    const found = addressOf(text);
    t.assert.equal(found === null ? null : addressText(found.family, found.value), canonical);
  }
});

test('what only looks like an address, prefix, range or port is none', (t) => {
  for (const text of [
    '010.0.0.1',
    '1.2.3',
    '1.2.3.256',
    '1::2::3',
    ':1',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '',
    '1:2',
  ])
    t.assert.equal(addressOf(text), null, text);
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-::1',
    '1.1.1.1-2.2.2.2-3.3.3.3',
    '::/129',
  ])
    t.assert.equal(addressIntervalOf(text), null, text);
  for (const text of ['65536', '-1', '2-1', '1-2-3', '', 'ssh', '022'])
    t.assert.equal(portIntervalOf(text), null, text);
});

test('text and number are each other’s way back', () => {
  const any = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(any, (text) => {
      const found = addressOf(text);
      if (found === null) return false;
      const again = addressOf(addressText(found.family, found.value));
      return again?.value === found.value && again.family === found.family;
    }),
  );
});

test('prefixes hold what Node’s own block-list says they hold', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), fc.ipV4(), (network, length, address) => {
      const list = new BlockList();
      list.addSubnet(network, length, 'ipv4');
      const interval = addressIntervalOf(`${network}/${length}`);
      const value = addressOf(address)?.value ?? -1n;
      return interval !== null && list.check(address) === (interval.low <= value && value <= interval.high);
    }),
  );
});

test('merged intervals are sorted, apart from each other, and hold the same numbers', () => {
  const interval = fc
    .tuple(fc.nat(40), fc.nat(8))
    .map(([low, more]) => ({ low: BigInt(low), high: BigInt(low + more) }));
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 8 }), (intervals) => {
      const out = merged(intervals);
      const holds = (all: readonly { low: bigint; high: bigint }[], value: bigint): boolean =>
        all.some(({ low, high }) => low <= value && value <= high);
      return (
        Array.from({ length: 50 }, (_, value) => BigInt(value)).every(
          (value) => holds(intervals, value) === holds([...out], value),
        ) && out.every((one, index) => index === 0 || one.low > (out[index - 1]?.high ?? 0n) + 1n)
      );
    }),
  );
});
