import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DropRecord } from '@demarc/platform/contract';
import fc from 'fast-check';
import { frame, readFrames } from './frame.ts';
import { Spool } from './spool.ts';

const NO_LIMIT = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

async function withSpool(
  work: (
    open: (bytesMax?: number, segmentBytesMax?: number) => Spool,
    directory: string,
    drops: DropRecord[],
  ) => Promise<void>,
) {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-spool-'));
  const drops: DropRecord[] = [];
  const open = (bytesMax = 1e9, segmentBytesMax = 1e6): Spool =>
    new Spool({ directory, bytesMax, segmentBytesMax, dropped: (record) => drops.push(record) });
  try {
    await work(open, directory, drops);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const linesOf = (spool: Spool): string[] => {
  const all: string[] = [];
  for (let batch = spool.nextBatch(); batch !== undefined; batch = spool.nextBatch()) {
    all.push(...batch.lines.toString().trimEnd().split('\n'));
    spool.acknowledge(batch.token);
  }
  return all;
};

test('what is appended comes out once, in order, also over restarts', (t: TestContext) =>
  withSpool(async (open) => {
    const first = open();
    await Promise.all(['a', 'b', 'c'].map((line) => first.append([line])));
    await first.close();
    const second = open();
    await second.append(['d']);
    t.assert.deepEqual(linesOf(second), ['a', 'b', 'c', 'd']);
    t.assert.equal(second.nextBatch(), undefined);
    await second.close();
  }));

test('a batch that was cut is sent again with the same bytes, though more arrived', (t: TestContext) =>
  withSpool(async (open) => {
    const first = open();
    await first.append(['a', 'b']);
    const cut = first.nextBatch();
    await first.append(['c']);
    await first.close();
    const second = open();
    t.assert.deepEqual(second.nextBatch(), cut);
    t.assert.equal(second.acknowledge('another token'), false);
    t.assert.deepEqual(linesOf(second), ['a', 'b', 'c']);
    await second.close();
  }));

test('a write that a crash cut short is dropped, counted, and in nobody’s way', (t: TestContext) =>
  withSpool(async (open, directory, drops) => {
    const first = open();
    await first.append(['a']);
    await first.close();
    const segment = readdirSync(directory).find((name) => name.endsWith('.seg')) ?? '';
    appendFileSync(join(directory, segment), frame(Buffer.from('half')).subarray(0, 9));
    const second = open();
    await second.append(['b']);
    t.assert.deepEqual(linesOf(second), ['a', 'b']);
    t.assert.equal(drops.length, 1);
    await second.close();
  }));

test('a flipped bit loses one record, which is counted', (t: TestContext) =>
  withSpool(async (open, directory, drops) => {
    const first = open();
    await first.append(['one', 'two', 'three']);
    await first.close();
    const segment = join(directory, readdirSync(directory).find((name) => name.endsWith('.seg')) ?? '');
    const bytes = readFileSync(segment);
    const at = bytes.indexOf('two');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    const second = open();
    t.assert.deepEqual(linesOf(second), ['one', 'three']);
    t.assert.deepEqual(
      drops.map(({ count, meant }) => [count, meant]),
      [[1, false]],
    );
    await second.close();
  }));

test('a full spool drops its oldest records and counts each of them', (t: TestContext) =>
  withSpool(async (open, _directory, drops) => {
    const spool = open(4_000, 1_000);
    for (let index = 0; index < 200; index += 1) await spool.append([`${index}`.padStart(80, '0')]);
    const kept = linesOf(spool);
    const dropped = drops.reduce((sum, record) => sum + record.count, 0);
    t.assert.equal(kept.length + dropped, 200);
    t.assert.equal(Number(kept.at(-1)), 199);
    t.assert.ok(dropped > 100);
    await spool.close();
  }));

test('a record that is too long is refused and counted, the others stay', (t: TestContext) =>
  withSpool(async (open, _directory, drops) => {
    const spool = open();
    await spool.append(['x'.repeat(300_000), 'y']);
    t.assert.deepEqual(linesOf(spool), ['y']);
    t.assert.equal(drops[0]?.count, 1);
    await spool.close();
  }));

test('any bytes are read without an exception, and frames come back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 })),
      fc.uint8Array({ maxLength: 50 }),
      (payloads, tail) => {
        const bytes = Buffer.concat([
          ...payloads.map((payload) => frame(Buffer.from(payload))),
          Buffer.from(tail),
        ]);
        const read = readFrames(bytes, 0, NO_LIMIT);
        return payloads.every((payload, index) => read.payloads[index]?.equals(payload));
      },
    ),
  );
});
