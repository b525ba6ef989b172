import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { AUDIT_MAPPINGS, SURICATA_MAPPINGS, ZEEK_MAPPINGS } from '../json-mappings.ts';
import { believed, epochMs, readIso } from './clock.ts';
import { mapperOf, tableMapper } from './mapper.ts';
import { isIp } from './text.ts';

test('epochMs is Date.UTC for every calendar day, and nothing for others', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1970-01-01'), max: new Date('2399-12-31'), noInvalidDate: true }),
      (date) =>
        epochMs(
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
        ) ===
        Math.floor(date.getTime() / 1_000) * 1_000,
    ),
  );
});

const IMPOSSIBLE: readonly Parameters<typeof epochMs>[] = [
  [2026, 2, 29, 0, 0, 0],
  [2026, 13, 1, 0, 0, 0],
  [2026, 1, 0, 0, 0, 0],
  [2026, 1, 1, 24, 0, 0],
  [2026, 1, 1, -1, 0, 0],
];

for (const impossible of IMPOSSIBLE) {
  test(`no calendar has ${impossible.join(' ')}`, (t: TestContext) => {
    t.assert.equal(epochMs(...impossible), undefined);
  });
}

test('instants are read in any precision and zone', (t: TestContext) => {
  for (const [text, ms] of [
    ['2026-11-26T02:48:04Z', 0],
    ['2026-11-26 02:48:04,5', 500],
    ['2026-11-26T03:48:04.123456789+01:00', 123],
    ['2026-11-25T18:48:04.9-0800', 900],
    ['2026-11-26T04:48:04+02', 0],
  ] as const)
    t.assert.equal(readIso(text, 0)?.ms, Date.UTC(2026, 10, 26, 2, 48, 4) + ms, text);
});

test("a record's clock is believed within a day ahead of its receipt", (t: TestContext) => {
  const now = Date.UTC(2026, 10, 26);
  t.assert.equal(believed(now - 10, now), now - 10);
  t.assert.equal(believed(now + 86_400_001, now), now);
  t.assert.equal(believed(0, now), now);
  t.assert.equal(believed(undefined, now), now);
  t.assert.equal(believed(Number.NaN, now), now);
});

test('addresses are told from names', (t: TestContext) => {
  for (const text of ['192.0.2.1', '::', '2001:db8::1', '::ffff:192.0.2.1', 'fe80::1'])
    t.assert.ok(isIp(text), text);
  for (const text of [
    '',
    'a',
    'cafe.babe.de.ad',
    '1.2.3',
    '1.2.3.4.5',
    '12:30',
    '1.2.3.',
    'x::1',
    '1234.1.1.1',
  ])
    t.assert.ok(!isIp(text), text);
});

test('what a mapping does not carry unchanged stays under its own name', (t: TestContext) => {
  const map = tableMapper({
    name: 'm',
    paths: { a: 'x.y.z', ip: 'src_endpoint.ip', p: 'src_endpoint.port' },
  });
  const event = {};
  t.assert.deepEqual(map({ a: 'text', ip: 'no address', p: '80', other: [1] }, event), {
    ip: 'no address',
    p: '80',
    other: [1],
  });
  t.assert.deepEqual(event, { x: { y: { z: 'text' } } });
});

test('the generated mappers do what their tables say', () => {
  const mappings = [...SURICATA_MAPPINGS, ...ZEEK_MAPPINGS, ...AUDIT_MAPPINGS];
  const value = fc.oneof(fc.ipV4(), fc.string(), fc.integer(), fc.constant(null), fc.constant(80));
  const about = fc.constantFrom(...mappings).chain((mapping) =>
    fc.tuple(
      fc.constant(mapping),
      fc.dictionary(
        fc.oneof(fc.constantFrom('http', 'x', ...Object.keys(mapping.paths)), fc.string()),
        value,
        {
          noNullPrototype: true,
        },
      ),
    ),
  );
  fc.assert(
    fc.property(about, ([mapping, record]) => {
      const [made, wanted] = [{}, {}];
      const rest = mapperOf(mapping)(record, made);
      return isDeepStrictEqual(rest, tableMapper(mapping)(record, wanted)) && isDeepStrictEqual(made, wanted);
    }),
  );
});
