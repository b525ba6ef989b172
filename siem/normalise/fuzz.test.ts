import { globSync } from 'node:fs';
import { test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import * as fc from 'fast-check';
import { expand } from './expand.ts';
import { AuditAssembler } from './linux/auditd/assembler.ts';
import { JournalExportReader } from './linux/journald/export.ts';
import { type FormatHint, normalise } from './normalise.ts';
import { contextOf, recordsOf } from './testing.ts';

const directory = new URL('testdata/', import.meta.url).pathname;
const records = globSync('*.{log,jsonl}', { cwd: directory }).flatMap((file) => [...recordsOf(file)]);
const objects = records
  .filter((record) => record.startsWith('{'))
  .map((record) => JSON.parse(record) as object);
const HINTS: readonly (FormatHint | undefined)[] = [undefined, 'syslog', 'nginx', 'apache', 'json'];
const hint = fc.constantFrom(...HINTS);
/** Of all 256 characters that a byte can be in Latin-1: separators and controls come often. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Whatever comes in: one event, valid, with the uid that it was given. */
function holds(record: string | Uint8Array | Record<string, unknown>, format?: FormatHint): boolean {
  const { event } = normalise(record, contextOf('u'), format);
  return event.metadata.uid === 'u' && validateOcsf(event).ok;
}

test('any text gives a valid event', () => {
  fc.assert(fc.property(text(200), hint, holds), { numRuns: 200 });
});

test('any bytes give a valid event', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), hint, holds), { numRuns: 200 });
});

test('any JSON gives a valid event', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()).map((value) => ({ ...value }) as Record<string, unknown>),
      hint,
      holds,
    ),
    { numRuns: 200 },
  );
});

test('a record of a source that was cut, spliced or overwritten gives a valid event', () => {
  const whole = fc.constantFrom(...records);
  const spoiled = fc
    .tuple(whole, whole, fc.nat(), fc.nat(), fc.nat({ max: 12 }), text(8))
    .map(([one, other, from, at, length, noise]) => {
      const start = from % (one.length + 1);
      const rest = at % 3 === 0 ? other.slice(at % (other.length + 1)) : one.slice(start + length);
      return one.slice(0, start) + noise + rest;
    });
  fc.assert(fc.property(spoiled, hint, holds), { numRuns: 600 });
});

test('a record of JSON whose values are others gives a valid event', () => {
  const spoiled = fc
    .tuple(fc.constantFrom(...objects), fc.nat(), fc.jsonValue({ maxDepth: 3 }))
    .map(([record, at, value]) => {
      const copy = structuredClone(record) as Record<string, unknown>;
      const names = Object.keys(copy);
      const name = names[at % names.length] ?? '';
      const inner = copy[name];
      if (at % 2 === 1 && typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
        const below = Object.keys(inner);
        (inner as Record<string, unknown>)[below[at % Math.max(below.length, 1)] ?? ''] = value;
      } else copy[name] = value;
      return copy;
    });
  fc.assert(fc.property(spoiled, fc.constant(undefined), holds), { numRuns: 600 });
});

test('the assembler of audit records loses no line, whatever the order', () => {
  const lines = recordsOf('audit-enriched.log').flatMap((event) => event.split('\n'));
  fc.assert(
    fc.property(
      fc.shuffledSubarray(lines),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 10 }),
      (some, eventsMax, recordsMax) => {
        const assembler = new AuditAssembler({ eventsMax, recordsMax });
        const whole = [...some.flatMap((line) => assembler.push(line)), ...assembler.flush()];
        return (
          whole
            .flatMap((event) => event.split('\n'))
            .sort()
            .join() === [...some].sort().join()
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('the journal is read the same in whatever pieces it comes', () => {
  const name = fc.stringMatching(/^[A-Z_]{1,8}$/);
  const value = text(12);
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1 }), {
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 40 }),
      (entries, size) => {
        const bytes = Buffer.concat(
          entries.map((fields) => Buffer.concat([...fields.map(exported), NEWLINE])),
        );
        const reader = new JournalExportReader();
        const read = [];
        for (let at = 0; at < bytes.length; at += size)
          read.push(...reader.push(bytes.subarray(at, at + size)));
        const wanted = entries.map((fields) => fields.map(([key, text]) => [key, text]));
        return JSON.stringify(read.map((entry) => Object.entries(entry))) === JSON.stringify(wanted);
      },
    ),
  );
});

const NEWLINE = Buffer.from('\n');

/** Text on a line where that is possible, otherwise with its length. */
function exported([name, value]: readonly [string, string]): Buffer {
  const text = Buffer.from(value);
  if (!value.includes('\n')) return Buffer.concat([Buffer.from(`${name}=`), text, NEWLINE]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, text, NEWLINE]);
}

test('any stream is no journal to fear', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (pieces) => {
      const reader = new JournalExportReader({ entryBytesMax: 64, fieldsMax: 4 });
      for (const piece of pieces) reader.push(piece);
      reader.flush();
      return true;
    }),
  );
});

test('containers are bounded, and say what they leave out', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat({ max: 5 }), (list, recordsMax) => {
      const { records, leftOutCount } = expand({ Records: list }, recordsMax);
      return records.length <= recordsMax && records.length + leftOutCount === list.length;
    }),
  );
});
