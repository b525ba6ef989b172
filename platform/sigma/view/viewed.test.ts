/** What an event writes for an engine is what its fields say, however it was read before. */
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import type { Asked, WritableEvent } from '../event.ts';
import { writeJsonText, writeJsonValue } from './json-bytes.ts';
import { openView } from './view.ts';

const ROOM = 4_096;
const utf8 = new TextDecoder();

/** As JSON.stringify has it, but for numbers beyond what a double holds: those stay. */
function jsonOf(value: string | number | boolean): string {
  if (value === Number.POSITIVE_INFINITY) return '1e999';
  return value === Number.NEGATIVE_INFINITY ? '-1e999' : JSON.stringify(value);
}

test('texts and numbers are written as JSON.stringify writes them, in whatever room there is', () => {
  const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
  const value = fc.oneof(fc.string({ unit }), fc.string(), fc.double(), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(value, fc.nat(200), (one, room) => {
      const bytes = new Uint8Array(ROOM);
      const end = writeJsonValue(bytes, 3, ROOM, one);
      const tight = writeJsonValue(bytes.slice(), 0, room, one);
      return utf8.decode(bytes.subarray(3, end)) === jsonOf(one) && (tight === -1 || tight <= room);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom('\u007f', '\ud800', '\u2028', '"\\\n', 'ü€😀'), (text) => {
      const bytes = new Uint8Array(ROOM);
      return utf8.decode(bytes.subarray(0, writeJsonText(bytes, 0, ROOM, text))) === JSON.stringify(text);
    }),
  );
});

const NAMES = ['a', 'b', 'a.b', 'b.a', 'c', 'own', 'Image', 'NewProcessName'] as const;
const leaf = fc.oneof(fc.constantFrom('x', 'y', 'ü"'), fc.integer(), fc.boolean(), fc.constant(null));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const event = fc.record({
  a: json,
  b: json,
  'a.b': json,
  unmapped: fc.dictionary(fc.constantFrom(...NAMES), json, { noNullPrototype: true }),
  metadata: fc.constantFrom({}, { transformation_info_list: [{ name: 'm' }] }),
});
const asked = fc.uniqueArray(fc.constantFrom(...NAMES, 'a.b.c', 'absent'));

test('what is asked for is written with the values that the fields have', (t: TestContext) => {
  const options = { mappings: [{ name: 'm', paths: { own: 'a.b', c: 'b' } }], recognitions: [] };
  // One view for all: what earlier events and questions left behind must not be seen.
  const view = openView(options);
  fc.assert(
    fc.property(event, event, asked, fc.boolean(), (one, other, names, isAll) => {
      const what: Asked = { fields: new Set(names), rest: isAll ? '' : undefined };
      const { fields } = openView(options).ofOcsf(one);
      const seen = view.ofOcsf(one) as WritableEvent;
      // Another is looked at in between.
      view.ofOcsf(other);
      const { '': others, ...written } = writtenBy(seen, what);
      for (const name of names) t.assert.deepEqual(written[name], fields[name], name);
      t.assert.deepEqual(Object.keys(written).sort(), names.filter((name) => name in fields).sort());
      const rest = Object.entries(fields).flatMap(([name, value]) =>
        names.includes(name as never) ? [] : value,
      );
      t.assert.deepEqual((others as unknown[] | undefined)?.flat(), isAll ? rest : undefined);
      t.assert.deepEqual(seen.fields, fields);
    }),
  );
});

function writtenBy(seen: WritableEvent, what: Asked): Record<string, unknown> {
  const bytes = new Uint8Array(ROOM);
  return JSON.parse(utf8.decode(bytes.subarray(0, seen.writeTo(bytes, 0, ROOM, what)))) as Record<
    string,
    unknown
  >;
}

test('an event that is deeper or larger than is looked at says so, whenever it was read', (t: TestContext) => {
  const view = openView({ mappings: [], recognitions: [] });
  let deep: unknown = 'x';
  for (let depth = 0; depth < 40; depth += 1) deep = { in: deep };
  for (const [unmapped, isWhole] of [
    [{ list: Array(5_000).fill(1), last: 'a' }, false],
    [{ deep }, false],
    [{ list: Array(4_000).fill(1), last: 'a' }, true],
  ] as const) {
    const seen = view.ofOcsf({ metadata: {}, unmapped });
    t.assert.ok(seen.fields);
    t.assert.equal(seen.isWhole, isWhole);
    t.assert.equal(view.ofNative(unmapped).isWhole, isWhole);
    // Another one in between takes nothing back.
    view.ofOcsf({ metadata: {} });
    t.assert.equal(seen.isWhole, isWhole);
  }
});
