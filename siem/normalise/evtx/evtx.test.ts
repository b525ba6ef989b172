import { existsSync, globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { type EvtxDamage, type EvtxRecord, evtxSource, readEvtx } from './evtx.ts';
import { sealed, type WrittenElement, writeLog } from './writing.ts';

const REGRESSION = '../shared/corpora/sigma/regression';
const RUNS = 150;
/** A damaged log of one chunk; a sound one takes a millisecond. */
const MS_MAX = 2_000;

const event = (...children: WrittenElement[]): WrittenElement => ({ name: 'Event', children });
const data = (dataName: string, index: number): WrittenElement => ({
  name: 'Data',
  dataName,
  children: [index],
});
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

function read(log: Buffer): {
  readonly events: readonly EvtxRecord[];
  readonly damages: readonly EvtxDamage[];
} {
  const all = [...readEvtx(evtxSource(log))];
  return {
    events: all.filter((each) => each.kind === 'event'),
    damages: all.filter((each) => each.kind === 'damage'),
  };
}

const NO_RECORD: EvtxRecord = {
  kind: 'event',
  recordId: 0n,
  writtenAt: '',
  event: { Event: { EventData: {} } },
};

function eventDataOf(record: EvtxRecord = NO_RECORD): Readonly<Record<string, unknown>> {
  const { Event } = record.event as { readonly Event: { readonly EventData: Record<string, unknown> } };
  return Event.EventData;
}

const VALUES: readonly (readonly [type: number, bytes: Buffer, json: unknown])[] = [
  [0x00, Buffer.alloc(0), undefined],
  [0x01, utf16('C:\\ä\0'), 'C:\\ä'],
  [0x02, Buffer.from('ansi\0'), 'ansi'],
  [0x03, Buffer.from([0xff]), -1],
  [0x04, Buffer.from([0xff]), 255],
  [0x05, Buffer.from([0xff, 0x7f]), 32_767],
  [0x06, Buffer.from([0xff, 0xff]), 65_535],
  [0x07, Buffer.from([0xfe, 0xff, 0xff, 0xff]), -2],
  [0x08, Buffer.from([0xff, 0xff, 0xff, 0xff]), 4_294_967_295],
  [0x09, Buffer.from('ffffffffffffffff', 'hex'), -1],
  [0x0a, Buffer.from('ffffffffffffffff', 'hex'), '18446744073709551615'],
  [0x0b, Buffer.from([0, 0, 0x20, 0x3f]), 0.625],
  [0x0c, Buffer.from('000000000000f07f', 'hex'), 'Infinity'],
  [0x0d, Buffer.from([1, 0, 0, 0]), true],
  [0x0e, Buffer.from('00ff1a', 'hex'), '00FF1A'],
  [0x0f, Buffer.from('857085577822944ca5ba3e3b0328c30d', 'hex'), '{57857085-2278-4C94-A5BA-3E3B0328C30D}'],
  [0x10, Buffer.from([0x1f, 0, 0, 0]), '0x1f'],
  [0x11, Buffer.from('4ebba45ab382d801', 'hex'), '2022-06-18T01:33:03.8931790Z'],
  [0x12, Buffer.from('e80702000500090c0d0e0f1000'.padEnd(32, '0'), 'hex'), undefined],
  [0x13, Buffer.from('010200000000000520000000200200 00'.replace(' ', ''), 'hex'), 'S-1-5-32-544'],
  [0x14, Buffer.from([0xef, 0xbe, 0, 0]), '0xbeef'],
  [0x15, Buffer.from('00000000ff000000', 'hex'), '0xff00000000'],
  [0x20, Buffer.from('0102030405060708', 'hex'), '0102030405060708'],
  [0x81, utf16('one\0two\0'), ['one', 'two']],
  [0x88, Buffer.from([1, 0, 0, 0, 2, 0, 0, 0]), [1, 2]],
  [0x93, Buffer.from('010100000000000512000000010100000000000513000000', 'hex'), ['S-1-5-18', 'S-1-5-19']],
];

test('a value of each type is what Windows shows of it', (t: TestContext) => {
  const log = writeLog(
    event({ name: 'EventData', children: VALUES.map((_, index) => data(`v${index}`, index)) }),
    [VALUES.map(([type, bytes]) => ({ type, bytes }))],
  );
  const { events, damages } = read(log);
  t.assert.deepEqual(damages, []);
  const fields = eventDataOf(events[0]);
  for (const [index, [type, , json]] of VALUES.entries()) {
    if (json !== undefined) t.assert.deepEqual(fields[`v${index}`], json, `type 0x${type.toString(16)}`);
  }
});

test('a time keeps its hundred nanoseconds', (t: TestContext) => {
  const { events } = read(writeLog(event(), [[]]));
  t.assert.equal(events[0]?.writtenAt, '2022-06-18T04:26:41.2345678Z');
});

test('what comes up twice is a list, and text in pieces is one text', (t: TestContext) => {
  const log = writeLog(
    event({
      name: 'EventData',
      children: [
        { name: 'Data', children: ['a'] },
        { name: 'Data', children: [0] },
        { name: 'Data', dataName: '__proto__', children: ['C:', '&', 'D'] },
      ],
    }),
    [[{ type: 1, bytes: utf16('b') }]],
  );
  const fields = eventDataOf(read(log).events[0]);
  t.assert.equal(JSON.stringify(fields), '{"Data":["a","b"],"__proto__":"C:&D"}');
});

test('a damaged record is reported with its place, and its neighbours are read', (t: TestContext) => {
  const three = ['one', 'two', 'three'].map((text) => [{ type: 1, bytes: utf16(text) }]);
  const log = writeLog(event(data('x', 0)), three);
  const second = log.indexOf(Buffer.from([0x2a, 0x2a, 0, 0]), 4_096 + 512 + 4);
  log[second + 4] = 0xff;
  const { events, damages } = read(log);
  t.assert.deepEqual(
    events.map(({ recordId }) => recordId),
    [1n, 3n],
  );
  t.assert.deepEqual(
    damages.map(({ because }) => because.replace(/\d+/, 'n')),
    ['the checksum of the records of the chunk is wrong', 'no record for n bytes'],
  );
  t.assert.equal(damages[1]?.at, second);
});

test('chunks are found again where bytes are missing, and a log cut off is read to its end', (t: TestContext) => {
  const log = writeLog(event(data('x', 0)), [[{ type: 1, bytes: utf16('one') }]]);
  const chunk = log.subarray(4_096);
  const shifted = Buffer.concat([log.subarray(0, 4_096), chunk.subarray(7), chunk, Buffer.alloc(65_536)]);
  t.assert.deepEqual(
    read(shifted).damages.map(({ because }) => because),
    ['no chunk begins here'],
  );
  t.assert.equal(read(shifted).events.length, 1);
  t.assert.equal(read(log.subarray(0, 4_096 + 900)).events.length, 1);
  t.assert.match(read(Buffer.from('MZ')).damages[0]?.because ?? '', /does not begin like an event log/);
});

test('a template of templates does not unfold without end', (t: TestContext) => {
  // Template n uses template n+1 at 24 places; the last one has a text.
  const chunk = Buffer.alloc(65_536);
  let at = 600;
  const places = Array.from({ length: 12 }, (_, index) => 2_048 + index * 1_024);
  const instance = (of: number): Buffer => {
    const bytes = Buffer.alloc(14);
    bytes[0] = 0x0c;
    bytes.writeUInt32LE(of, 6);
    return bytes;
  };
  for (const [index, place] of places.entries()) {
    const next = places[index + 1];
    const body =
      next === undefined ? Buffer.from([5, 1, 1, 0, 65, 0]) : Buffer.concat(Array(24).fill(instance(next)));
    chunk.writeUInt32LE(body.length, place + 20);
    body.copy(chunk, place + 24);
  }
  at = 512;
  chunk.writeUInt32LE(0x2a2a, at);
  chunk.writeUInt32LE(24 + 14 + 4, at + 4);
  instance(places[0] ?? 0).copy(chunk, at + 24);
  chunk.writeUInt32LE(24 + 14 + 4, at + 38);
  const { damages, events } = read(sealed(chunk, at + 42));
  t.assert.equal(events.length, 0);
  t.assert.match(damages.map(({ because }) => because).join(), /unfolds to more|has no element/);
});

test('mutated logs are read to their end, without throwing', (t: TestContext) => {
  if (!existsSync(REGRESSION)) return t.skip(`no event logs at ${REGRESSION}: the reader was not fuzzed`);
  const logs = globSync(`${REGRESSION}/**/*.evtx`).sort();
  const used = 6_144;
  fc.assert(
    fc.property(
      fc.nat(logs.length - 1),
      fc.array(fc.record({ at: fc.nat(used), byte: fc.nat(255) }), { maxLength: 24 }),
      fc.option(fc.nat(used + 4_096)),
      fc.boolean(),
      (which, mutations, cut, isResealed) => {
        const log = Buffer.from(readFileSync(logs[which] ?? ''));
        for (const { at, byte } of mutations) log[4_096 + at] = byte;
        if (isResealed) log.writeUInt32LE(used, 4_096 + 48);
        const startedAt = performance.now();
        const { events } = read(cut === null ? log : log.subarray(0, cut));
        return events.length < 2_500 && performance.now() - startedAt < MS_MAX;
      },
    ),
    { numRuns: RUNS },
  );
});
