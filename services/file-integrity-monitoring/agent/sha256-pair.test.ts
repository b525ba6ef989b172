import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { CHUNK_BYTES, LANES, type Lane, makeSha256Pair } from './sha256-pair.ts';

/** Hashes `count` bytes of a pattern for each length given, two streams at a time, as a scan does. */
function digests(which: 'fastest' | 'plain', lengths: readonly number[]): readonly string[] {
  const pair = makeSha256Pair(which);
  const results: string[] = [];
  const running: [{ index: number; left: number } | undefined, { index: number; left: number } | undefined] =
    [undefined, undefined];
  let next = 0;
  const work = (lane: Lane): void => {
    if (running[lane] === undefined && next < lengths.length) {
      running[lane] = { index: next, left: lengths[next] ?? 0 };
      next += 1;
      pair.begin(lane);
    }
    const stream = running[lane];
    if (stream === undefined || stream.left < 0 || !pair.isTaken(lane)) return;
    const bytes = Math.min(CHUNK_BYTES, stream.left);
    pair.chunks[lane].fill(stream.index + 1, 0, bytes);
    const isLast = bytes === stream.left;
    stream.left = isLast ? -1 : stream.left - bytes;
    pair.filled(lane, bytes, isLast);
  };
  while (results.filter((digest) => digest !== undefined).length < lengths.length) {
    for (const lane of LANES) work(lane);
    pair.run();
    for (const lane of LANES) {
      const stream = running[lane];
      if (stream === undefined || stream.left >= 0 || !pair.isTaken(lane)) continue;
      results[stream.index] = pair.digest(lane);
      running[lane] = undefined;
    }
  }
  return results;
}

const expected = (lengths: readonly number[]): readonly string[] =>
  lengths.map((length, index) =>
    createHash('sha256')
      .update(Buffer.alloc(length, index + 1))
      .digest('hex'),
  );

for (const which of ['fastest', 'plain'] as const) {
  test(`${which}: whatever lengths meet, each digest is that of its stream`, (t: TestContext) => {
    t.diagnostic(makeSha256Pair(which).constructor.name);
    // Around a block, around what its padding takes, around a chunk.
    const edges = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128].flatMap((length) => [
      length,
      CHUNK_BYTES + length,
    ]);
    const near = [CHUNK_BYTES - 64, CHUNK_BYTES - 9, CHUNK_BYTES - 8, CHUNK_BYTES - 1, 3 * CHUNK_BYTES];
    const lengths = [...edges, ...near, 5 * CHUNK_BYTES + 1, 7];
    t.assert.deepEqual(digests(which, lengths), expected(lengths));
    fc.assert(
      fc.property(fc.array(fc.nat(3 * CHUNK_BYTES), { minLength: 1, maxLength: 6 }), (some) => {
        t.assert.deepEqual(digests(which, some), expected(some));
      }),
      { numRuns: 30 },
    );
  });
}
