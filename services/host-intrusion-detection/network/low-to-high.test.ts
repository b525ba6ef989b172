import { BlockList, isIPv6 } from 'node:net';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { isLowToHigh } from './low-to-high.ts';

test('what is a range, and what is none', (t: TestContext) => {
  for (const range of [
    '10.0.0.1-10.0.0.9',
    '::1-::9',
    'fe80::-fe80::ffff',
    '::ffff:10.0.0.1-::ffff:10.0.0.2',
  ])
    t.assert.ok(isLowToHigh(range), range);
  for (const range of [
    '10.0.0.9-10.0.0.1',
    '10.0.0.1',
    '10.0.0.1-',
    '-10.0.0.1',
    '10.0.0.1-::1',
    '1-2',
    '::9-::1',
    '10.0.0.1-10.0.0.2-10.0.0.3',
  ])
    t.assert.ok(!isLowToHigh(range), range);
});

test('Node agrees about every pair of addresses', () => {
  const nodeSays = (low: string, high: string): boolean => {
    try {
      new BlockList().addRange(low, high, isIPv6(low) ? 'ipv6' : 'ipv4');
      return true;
    } catch {
      return false;
    }
  };
  for (const address of [fc.ipV4(), fc.ipV6()])
    fc.assert(
      fc.property(address, address, (low, high) => isLowToHigh(`${low}-${high}`) === nodeSays(low, high)),
    );
});
