import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { RowBinaryWriter } from './row-binary.ts';

/** Reads the format by its description, independently of the writer. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  int64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigInt64LE(this.#at - 8);
  }
  text(): string {
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      size += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    this.#at += size;
    return this.#bytes.toString('utf8', this.#at - size, this.#at);
  }
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}

test('texts and integers come back as they were, whatever their length', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.nat(70_000).map((length) => 'ü'.repeat(length)),
    fc.constantFrom('', 'a'.repeat(48), 'a'.repeat(49), 'é'.repeat(48), 'a'.repeat(127), 'a'.repeat(128)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.maxSafeInteger())), (values) => {
      const writer = new RowBinaryWriter(0);
      for (const [given, number] of values) {
        writer.text(given);
        writer.int64(number);
        writer.bytes(Buffer.from(given));
      }
      const reader = new Reader(Buffer.from(writer.written));
      writer.release();
      return (
        values.every(([given, number]) => {
          const expected = Buffer.from(given).toString();
          return (
            reader.text() === expected && reader.int64() === BigInt(number) && reader.text() === expected
          );
        }) && reader.isAtEnd
      );
    }),
    { numRuns: 50 },
  );
});

test('memory that was given back is not seen by the next writer', (t: TestContext) => {
  const first = new RowBinaryWriter(100_000);
  first.text('first');
  first.release();
  const second = new RowBinaryWriter(100_000);
  t.assert.equal(second.written.length, 0);
  second.text('s');
  t.assert.deepEqual([...second.written], [1, 115]);
});
