import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../testing.ts';
import type { Frame } from './frame.ts';
import { CaptureReader, readFrames } from './reader.ts';
import { writePcap } from './write.ts';

interface Read {
  readonly frames: readonly Frame[];
  readonly code: string | undefined;
}

function read(pieces: readonly Uint8Array[]): Read {
  const reader = new CaptureReader();
  const frames: Frame[] = [];
  for (const piece of pieces)
    reader.push(piece, (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }));
  return { frames, code: reader.end()?.code };
}

/** One packet of four bytes, seen at 1.5 s, in each of the four kinds of pcap. */
const KINDS = {
  'little-endian µs':
    'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000  01000000 20a10700 04000000 05000000',
  'big-endian µs':
    'a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001  00000001 0007a120 00000004 00000005',
  'little-endian ns':
    '4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000  01000000 0065cd1d 04000000 05000000',
  'big-endian ns':
    'a1b23c4d 0002 0004 00000000 00000000 00040000 00000001  00000001 1dcd6500 00000004 00000005',
};
for (const [kind, header] of Object.entries(KINDS))
  test(`pcap, ${kind}, is read`, (t) => {
    const { frames, code } = read([hex(`${header} deadbeef`)]);
    t.assert.equal(code, undefined);
    t.assert.deepEqual(frames, [{ atMs: 1_500, linkType: 1, bytes: hex('deadbeef'), originalBytes: 5 }]);
  });

/** A section, an interface (raw IP, microseconds unless `resolution`), then blocks. */
function pcapng(...blocks: readonly string[]): Uint8Array {
  return hex(`0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000 ${blocks.join('')}`);
}
const INTERFACE = '01000000 14000000 6500 0000 00000400 14000000';

test('pcapng is read: enhanced, simple and obsolete packets, and blocks of other kinds passed over', (t) => {
  const { frames, code } = read([
    pcapng(
      INTERFACE,
      // Name resolution, of nothing.
      '04000000 10000000 00000000 10000000',
      '06000000 24000000 00000000 00000000 60e31600 04000000 05000000 deadbeef 24000000',
      '03000000 14000000 04000000 0badcafe 14000000',
      '02000000 24000000 0000 0000 00000000 60e31600 02000000 02000000 beef0000 24000000',
    ),
  ]);
  t.assert.equal(code, undefined);
  t.assert.deepEqual(frames, [
    { atMs: 1_500, linkType: 101, bytes: hex('deadbeef'), originalBytes: 5 },
    { atMs: 0, linkType: 101, bytes: hex('0badcafe'), originalBytes: 4 },
    { atMs: 1_500, linkType: 101, bytes: hex('beef'), originalBytes: 2 },
  ]);
});

test('an interface says in which units its times are, and since when', (t) => {
  const nanoseconds =
    '01000000 2c000000 0100 0000 00000400 0900 0100 09000000 0e00 0800 0a00000000000000 0000 0000 2c000000';
  const packet = '06000000 20000000 00000000 00000000 002f6859 00000000 00000000 20000000';
  const { frames } = read([pcapng(nanoseconds, packet)]);
  t.assert.equal(frames[0]?.atMs, 11_500);
});

test('a big-endian section can follow a little-endian one, with interfaces of its own', (t) => {
  const big =
    '0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c 00000001 00000014 0071 0000 00040000 00000014';
  const packet = '00000006 00000024 00000000 00000000 0016e360 00000004 00000004 deadbeef 00000024';
  const { frames, code } = read([pcapng(INTERFACE, big, packet)]);
  t.assert.equal(code, undefined);
  t.assert.deepEqual(
    frames.map(({ linkType, atMs }) => [linkType, atMs]),
    [[113, 1_500]],
  );
});

test('however a capture is cut into pieces, the same is read', () => {
  const anyFrames = fc.array(
    fc.record({ atMs: fc.integer({ min: 0, max: 2 ** 41 }), bytes: fc.uint8Array({ maxLength: 90 }) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(anyFrames, fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }), (frames, sizes) => {
      const file = writePcap(1, frames);
      const pieces: Uint8Array[] = [];
      for (let at = 0, next = 0; at < file.length; next += 1) {
        const size = sizes[next % sizes.length] ?? 1;
        pieces.push(file.subarray(at, at + size));
        at += size;
      }
      const { frames: found, code } = read(pieces);
      return (
        code === undefined &&
        found.length === frames.length &&
        found.every(
          ({ atMs, bytes }, at) => atMs === frames[at]?.atMs && Buffer.compare(bytes, frames[at].bytes) === 0,
        )
      );
    }),
  );
});

test('a capture that ends too early says so, after what was whole', (t) => {
  const whole = writePcap(1, [
    { atMs: 1, bytes: new Uint8Array(30) },
    { atMs: 2, bytes: new Uint8Array(30) },
  ]);
  const reader = new CaptureReader();
  reader.push(whole.subarray(0, whole.length - 7), () => undefined);
  const problem = reader.end();
  t.assert.equal(problem?.code, 'PACKETS_CAPTURE_TRUNCATED');
  t.assert.deepEqual(problem?.details, { missingBytes: 7, atByte: 24 + 46, frames: 1 });
});

test('lengths that cannot be are damage, after what came before', (t) => {
  const file = writePcap(1, [
    { atMs: 1, bytes: new Uint8Array(30) },
    { atMs: 2, bytes: new Uint8Array(30) },
  ]);
  new DataView(file.buffer).setUint32(24 + 46 + 8, 262_145, true);
  const { frames, code } = read([file]);
  t.assert.equal(frames.length, 1);
  t.assert.equal(code, 'PACKETS_CAPTURE_DAMAGED');
  for (const block of [
    '06000000 02000000 02000000',
    '06000000 10000000 00000000 14000000',
    '06000000 00000002 00000000',
    '06000000 20000000 07000000 00000000 00000000 00000000 00000000 20000000',
    '06000000 20000000 00000000 00000000 00000000 00010000 00010000 20000000',
  ])
    t.assert.equal(read([pcapng(INTERFACE, block)]).code, 'PACKETS_CAPTURE_DAMAGED', block);
});

test('what is no capture is refused', (t) => {
  for (const bytes of [
    new Uint8Array(0),
    hex('d4c3'),
    Buffer.from('GIF89a, surely'),
    hex('0a0d0d0a 1c000000 00000000 00000000'),
  ])
    t.assert.match(read([bytes]).code ?? '', /^PACKETS_(NOT_A_CAPTURE|CAPTURE_DAMAGED)$/);
});

test('bytes of any kind never throw, and never hold more than a record', () => {
  const seeds = [hex(`${KINDS['little-endian ns']} deadbeef`), pcapng(INTERFACE, INTERFACE)];
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
      (seed, tail, changes) => {
        const bytes = Buffer.concat([seed, tail]);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        read([bytes]);
        read([...bytes].map((byte) => Uint8Array.of(byte)));
      },
    ),
    { numRuns: 300 },
  );
});

test('frames are read from a stream, and the error comes last', async (t) => {
  const file = writePcap(1, [{ atMs: 1, bytes: new Uint8Array(3) }]);
  const found: number[] = [];
  await t.assert.rejects(
    async () => {
      for await (const frames of readFrames(pieces())) found.push(frames.length);
    },
    { code: 'PACKETS_CAPTURE_TRUNCATED' },
  );
  t.assert.deepEqual(found, [1]);

  // oxlint-disable-next-line typescript/require-await -- a stream is asynchronous, even one that never waits
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield file;
    yield Uint8Array.of(1, 2);
  }
});
