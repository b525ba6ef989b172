import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { readRecords } from './siem.ts';

const lines = (...texts: readonly string[]): Buffer => Buffer.from(texts.join('\n'));
/** Everything at once, in the order of the lines. */
function read(body: Buffer) {
  const { events: mixed, evidence, malformed } = readRecords(body);
  const events = [...mixed].filter((item) => 'event' in item);
  const late = [...mixed].filter((item) => 'code' in item);
  return { events, evidence, malformed: [...malformed, ...late].sort((a, b) => a.index - b.index) };
}
const codes = (body: Buffer): readonly (readonly [number, string])[] =>
  read(body).malformed.map(({ index, code }) => [index, code]);

test('events and evidence are told apart, each with its place', (t: TestContext) => {
  const { events, evidence, malformed } = read(
    lines(
      '{"kind":"event","event":{"a":1}}',
      '{"kind":"evidence","evidence":{"b":2}}',
      '{ "event": {"c":3}, "kind": "event" }',
      '',
    ),
  );
  t.assert.deepEqual(
    events.map(({ index, event }) => [index, event]),
    [
      [0, { a: 1 }],
      [2, { c: 3 }],
    ],
  );
  t.assert.deepEqual(evidence, [{ index: 1, evidence: { b: 2 } }]);
  t.assert.deepEqual(malformed, []);
});

for (const [name, line] of [
  ['half a line', '{"kind":"event","event":{"a":1'],
  ['an event and more', '{"kind":"event","event":{"a":1},"tenant":"other"}'],
  ['two events in one', '{"kind":"event","event":{"a":1}},{"kind":"event","event":{"a":2}}'],
  ['an event that is a list', '{"kind":"event","event":[1]}'],
  ['evidence called an event', '{"kind":"event","evidence":{}}'],
  ['a kind nobody knows', '{"kind":"secret","event":{}}'],
  ['a number', '7'],
  ['an empty line', ''],
  ['a line that is too long', `{"kind":"event","event":{"a":"${'x'.repeat(262_144)}"}}`],
] as const) {
  test(`${name} is refused alone`, (t: TestContext) => {
    const good = '{"kind":"event","event":{"a":1}}';
    t.assert.deepEqual(codes(lines(good, line, good)), [[1, 'SIEM_RECORD_MALFORMED']]);
  });
}

test('an event twice under one key is not taken for the first of them', (t: TestContext) => {
  const { events } = read(lines('{"kind":"event","event":{"a":1},"event":{"a":2}}'));
  t.assert.deepEqual(
    events.map(({ event, json }) => [event, json]),
    [[{ a: 2 }, undefined]],
  );
});

test('what is not UTF-8 is refused alone', (t: TestContext) => {
  const good = Buffer.from('{"kind":"event","event":{"a":"ü"}}\n');
  const bad = Buffer.from('{"kind":"event","event":{"a":"\xff"}}\n', 'latin1');
  t.assert.deepEqual(codes(Buffer.concat([good, bad, good])), [[1, 'SIEM_RECORD_MALFORMED']]);
});

test('more lines than a batch may have are refused together', (t: TestContext) => {
  t.assert.throws(() => readRecords(Buffer.from('\n'.repeat(5_001))), { code: 'SIEM_BATCH_TOO_LARGE' });
});

test('the bytes kept are the event that was read', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (given) => {
      const body = Buffer.from(given.map((event) => JSON.stringify({ kind: 'event', event })).join('\n'));
      const { events } = read(body);
      return (
        events.length === given.length &&
        events.every(
          ({ event, json }, at) =>
            JSON.stringify(event) === JSON.stringify(JSON.parse(JSON.stringify(given[at]))) &&
            Buffer.from(json ?? []).toString() === JSON.stringify(given[at]),
        )
      );
    }),
  );
});

test('any bytes give records or reasons, one for each line', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const body = Buffer.from(bytes);
      const { events, evidence, malformed } = read(body);
      const text = body.toString('latin1');
      const expected = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
      return events.length + evidence.length + malformed.length === expected;
    }),
  );
});
