/**
 * SHA-256 of two streams at once, which takes little longer than that of one.
 *
 * Each step of SHA-256 waits for the one before it; in that time the processor's SHA instructions could do a
 * step of another stream. OpenSSL has the loop that does so (`sha256_multi_block`, made for TLS records:
 * crypto/sha/asm/sha256-mb-x86_64.pl, called the same way since 1.0.2), and Node's program exports it. It is no
 * public interface: it is used where it is known, and only after it gave what `node:crypto` gives. Everywhere
 * else `node:crypto` does the work, one stream after the other.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type Pinned, pinned, sha256MultiBlock } from './libc.ts';

export type Lane = 0 | 1;
export const LANES: readonly Lane[] = [0, 1];
/** Of each stream at a time: both, and the page tables to read them, fit the second-level cache. */
export const CHUNK_BYTES = 131_072;

export interface Sha256Pair {
  /** The next bytes of each stream go here, once all that was there is taken. */
  readonly chunks: readonly [Buffer, Buffer];
  begin(lane: Lane): void;
  /** So many bytes are in the chunk of this stream: a multiple of 64, unless nothing follows. */
  filled(lane: Lane, bytes: number, isLast: boolean): void;
  /** Takes what is there of both streams; when there is nothing of one, all there is of the other. */
  run(): void;
  /** Whether all was taken that the chunk of this stream was filled with. */
  isTaken(lane: Lane): boolean;
  /** Of a stream whose last bytes were taken; hex. */
  digest(lane: Lane): string;
}

/** @param which `plain` is what machines without the instructions get */
export function makeSha256Pair(which: 'fastest' | 'plain' = 'fastest'): Sha256Pair {
  if (which === 'fastest' && sha256MultiBlock !== undefined && hasShaInstructions()) {
    const both = new BothAtOnce(sha256MultiBlock);
    if (agrees(both)) return both;
  }
  return new OneByOne();
}

const BLOCK_BYTES = 64;
/** FIPS 180-4, 5.1.1: after the last byte 0x80, zeros, and the length in bits as the last eight bytes. */
const PADDING_BYTES_MAX = 2 * BLOCK_BYTES;
/** FIPS 180-4, 5.3.3. */
const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
/** SHA256_MB_CTX: each of the eight words for eight lanes, aligned to 32 bytes. */
const MB_LANES = 8;
const MB_ALIGNMENT = 32;
/** HASH_DESC: a pointer and a count of blocks, 16 bytes; the loop reads four of them at least. */
const DESCRIPTION_BYTES = 16;
const DESCRIPTIONS = 4;
const TWO_TO_32 = 4_294_967_296;

class BothAtOnce implements Sha256Pair {
  readonly #memory: readonly [Pinned, Pinned] = [
    pinned(CHUNK_BYTES + PADDING_BYTES_MAX),
    pinned(CHUNK_BYTES + PADDING_BYTES_MAX),
  ];
  readonly chunks: Sha256Pair['chunks'] = [this.#memory[0].bytes, this.#memory[1].bytes];
  readonly #multiBlock: NonNullable<typeof sha256MultiBlock>;
  readonly #state = aligned(INITIAL.length * MB_LANES * Uint32Array.BYTES_PER_ELEMENT, MB_ALIGNMENT);
  readonly #words = new Uint32Array(this.#state.buffer, this.#state.byteOffset, INITIAL.length * MB_LANES);
  readonly #descriptions = pinned(DESCRIPTION_BYTES * DESCRIPTIONS).bytes;
  readonly #descriptionWords = new Uint32Array(this.#descriptions.buffer);
  /** Of the chunk: what is not taken yet, in blocks. */
  readonly #from: [number, number] = [0, 0];
  readonly #to: [number, number] = [0, 0];
  /** Of the whole stream. */
  readonly #bytes: [number, number] = [0, 0];

  constructor(multiBlock: NonNullable<typeof sha256MultiBlock>) {
    this.#multiBlock = multiBlock;
    // Lanes without blocks still need somewhere to point to.
    for (let index = 0; index < DESCRIPTIONS; index += 1) this.#describe(index, 0, 0, 0);
  }

  begin(lane: Lane): void {
    for (const [word, value] of INITIAL.entries()) this.#words[word * MB_LANES + lane] = value;
    this.#from[lane] = 0;
    this.#to[lane] = 0;
    this.#bytes[lane] = 0;
  }

  filled(lane: Lane, bytes: number, isLast: boolean): void {
    this.#bytes[lane] += bytes;
    this.#from[lane] = 0;
    this.#to[lane] = (isLast ? this.#pad(lane, bytes) : bytes) / BLOCK_BYTES;
  }

  run(): void {
    const [first, second] = [this.#to[0] - this.#from[0], this.#to[1] - this.#from[1]];
    // A pair runs as long as the longer one: what one has more is taken with what comes next of the other.
    const blocks = first === 0 || second === 0 ? Math.max(first, second) : Math.min(first, second);
    this.#describe(0, 0, this.#from[0], Math.min(blocks, first));
    this.#describe(1, 1, this.#from[1], Math.min(blocks, second));
    this.#multiBlock(this.#state, this.#descriptions, 1);
    this.#from[0] += Math.min(blocks, first);
    this.#from[1] += Math.min(blocks, second);
  }

  isTaken(lane: Lane): boolean {
    return this.#from[lane] === this.#to[lane];
  }

  digest(lane: Lane): string {
    const digest = Buffer.alloc(INITIAL.length * 4);
    for (let word = 0; word < INITIAL.length; word += 1)
      digest.writeUInt32BE(this.#words[word * MB_LANES + lane] ?? 0, word * 4);
    return digest.toString('hex');
  }

  #describe(index: number, lane: Lane, fromBlock: number, blocks: number): void {
    const at = this.#memory[lane].address + fromBlock * BLOCK_BYTES;
    const word = (index * DESCRIPTION_BYTES) / 4;
    // Only on x86-64, which has the lower half first.
    this.#descriptionWords[word] = at % TWO_TO_32;
    this.#descriptionWords[word + 1] = Math.floor(at / TWO_TO_32);
    this.#descriptionWords[word + 2] = blocks;
  }

  /** Returns how many bytes there are with what was put behind them. */
  #pad(lane: Lane, bytes: number): number {
    const chunk = this.chunks[lane];
    const end = Math.ceil((bytes + 9) / BLOCK_BYTES) * BLOCK_BYTES;
    chunk.fill(0, bytes, end);
    chunk[bytes] = 0x80;
    const bits = this.#bytes[lane] * 8;
    chunk.writeUInt32BE(Math.floor(bits / TWO_TO_32), end - 8);
    chunk.writeUInt32BE(bits % TWO_TO_32, end - 4);
    return end;
  }
}

class OneByOne implements Sha256Pair {
  readonly chunks: Sha256Pair['chunks'] = [
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
    Buffer.allocUnsafeSlow(CHUNK_BYTES),
  ];
  readonly #hashes: [Hash, Hash] = [createHash('sha256'), createHash('sha256')];

  begin(lane: Lane): void {
    this.#hashes[lane] = createHash('sha256');
  }

  filled(lane: Lane, bytes: number): void {
    this.#hashes[lane].update(this.chunks[lane].subarray(0, bytes));
  }

  run(): void {
    // Nothing was put off.
  }

  isTaken(): boolean {
    return true;
  }

  digest(lane: Lane): string {
    return this.#hashes[lane].digest('hex');
  }
}

function aligned(bytes: number, to: number): Buffer {
  const { bytes: memory, address } = pinned(bytes + to);
  const at = (to - (address % to)) % to;
  return memory.subarray(at, at + bytes);
}

/** Without them the loop takes four lanes' time for two. */
function hasShaInstructions(): boolean {
  const start = Buffer.alloc(4_096);
  try {
    // The first processor is enough, and some machines have hundreds.
    const descriptor = openSync('/proc/cpuinfo', 'r');
    try {
      const length = readSync(descriptor, start);
      return /^flags\s*:.* sha_ni( |$)/m.test(start.toString('latin1', 0, length));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

/** Lengths around what a block holds and what its padding leaves room for; two parts, and one that has ended. */
function agrees(pair: Sha256Pair): boolean {
  for (const lengths of [
    [0, 55],
    [56, 64],
    [119, 4_000],
  ] as const) {
    for (const lane of LANES) {
      pair.begin(lane);
      pair.chunks[lane].fill(lengths[lane] + 1, 0, lengths[lane]);
    }
    for (const lane of LANES) pair.filled(lane, lengths[lane], true);
    while (!pair.isTaken(0) || !pair.isTaken(1)) pair.run();
    for (const lane of LANES) {
      const expected = createHash('sha256').update(Buffer.alloc(lengths[lane], lengths[lane] + 1));
      if (pair.digest(lane) !== expected.digest('hex')) return false;
    }
  }
  return true;
}
