/**
 * The block-structured capture format. Blocks without packets (names, statistics, secrets, custom) are passed over.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
 */
import { type CaptureFormat, Damage, FRAME_BYTES_MAX, type Frame } from './frame.ts';
import { big32, little32 } from './pcap.ts';

export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BLOCK = { interface: 1, obsoletePacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
const OPTION = { end: 0, timestampResolution: 9, timestampOffset: 14 } as const;
/** Header and the length repeated at the end. */
const BLOCK_BYTES_MIN = 12;
/** Blocks of names and secrets can be long, but nothing of them is held beyond this. */
const BLOCK_BYTES_MAX = 16_777_216;
/** Of one section; more is an attempt to fill the reader's memory. */
const INTERFACES_MAX = 4_096;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerMs: number;
  readonly offsetMs: number;
}

export class Pcapng implements CaptureFormat {
  #little = true;
  #interfaces: Interface[] = [];

  needs(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < BLOCK_BYTES_MIN) return BLOCK_BYTES_MIN;
    // A section header says in which order its own length is to be read.
    const type = this.#uint32(bytes, at);
    if (type === SECTION_HEADER) this.#startSection(bytes, at);
    const length = this.#uint32(bytes, at + 4);
    if (length < BLOCK_BYTES_MIN || length > BLOCK_BYTES_MAX || length % 4 !== 0)
      throw new Damage(`a block claims ${length} bytes (12 to ${BLOCK_BYTES_MAX}, a multiple of 4)`);
    return length;
  }

  take(bytes: Uint8Array, at: number, length: number): Frame | undefined {
    if (this.#uint32(bytes, at + length - 4) !== length)
      throw new Damage('the lengths before and after a block differ');
    const end = at + length - 4;
    switch (this.#uint32(bytes, at)) {
      case SECTION_HEADER:
        this.#interfaces = [];
        return undefined;
      case BLOCK.interface:
        this.#addInterface(bytes, at + 8, end);
        return undefined;
      case BLOCK.enhancedPacket:
        return this.#packet(bytes, at + 8, end, this.#uint32(bytes, at + 8));
      case BLOCK.obsoletePacket:
        return this.#packet(bytes, at + 8, end, this.#uint16(bytes, at + 8));
      case BLOCK.simplePacket:
        return this.#simplePacket(bytes, at + 8, end);
      default:
        return undefined;
    }
  }

  #startSection(bytes: Uint8Array, at: number): void {
    if (little32(bytes, at + 8) === BYTE_ORDER_MAGIC) this.#little = true;
    else if (big32(bytes, at + 8) === BYTE_ORDER_MAGIC) this.#little = false;
    else throw new Damage('a section has no byte-order magic');
  }

  #addInterface(bytes: Uint8Array, from: number, end: number): void {
    if (end - from < 8) throw new Damage('an interface block is too short');
    if (this.#interfaces.length >= INTERFACES_MAX)
      throw new Damage(`a section has more than ${INTERFACES_MAX} interfaces`);
    let unitsPerMs = 1_000;
    let offsetMs = 0;
    for (let at = from + 8; at + 4 <= end; ) {
      const code = this.#uint16(bytes, at);
      const length = this.#uint16(bytes, at + 2);
      if (code === OPTION.end || at + 4 + length > end) break;
      if (code === OPTION.timestampResolution && length >= 1) {
        const resolution = bytes[at + 4] ?? 6;
        const exponent = resolution & 0x7f;
        unitsPerMs = (resolution & 0x80 ? 2 ** exponent : 10 ** exponent) / 1_000;
      } else if (code === OPTION.timestampOffset && length >= 8) {
        offsetMs =
          Number(new DataView(bytes.buffer, bytes.byteOffset + at + 4, 8).getBigInt64(0, this.#little)) *
          1_000;
      }
      at += 4 + length + (-length & 3);
    }
    this.#interfaces.push({
      linkType: this.#uint16(bytes, from),
      snapLength: this.#uint32(bytes, from + 4),
      unitsPerMs,
      offsetMs,
    });
  }

  /** Enhanced and obsolete packet blocks differ in how they name the interface, and in nothing else that is read. */
  #packet(bytes: Uint8Array, from: number, end: number, index: number): Frame {
    const seenBy = this.#interfaces[index];
    if (seenBy === undefined) throw new Damage(`a packet is of interface ${index}, which no block describes`);
    const captured = this.#uint32(bytes, from + 12);
    this.#check(captured, from + 20, end);
    // 2^53 µs are 285 years; with nanoseconds what is lost is below the fraction of a double in milliseconds.
    const units = this.#uint32(bytes, from + 4) * 4_294_967_296 + this.#uint32(bytes, from + 8);
    return {
      atMs: units / seenBy.unitsPerMs + seenBy.offsetMs,
      linkType: seenBy.linkType,
      bytes: bytes.subarray(from + 20, from + 20 + captured),
      originalBytes: Math.max(captured, this.#uint32(bytes, from + 16)),
    };
  }

  /** Has no time; what reads it sees the epoch. */
  #simplePacket(bytes: Uint8Array, from: number, end: number): Frame {
    const seenBy = this.#interfaces[0];
    if (seenBy === undefined) throw new Damage('a packet is of interface 0, which no block describes');
    const originalBytes = this.#uint32(bytes, from);
    const limit = seenBy.snapLength === 0 ? originalBytes : Math.min(originalBytes, seenBy.snapLength);
    const captured = Math.min(limit, end - from - 4);
    this.#check(captured, from + 4, end);
    return {
      atMs: 0,
      linkType: seenBy.linkType,
      bytes: bytes.subarray(from + 4, from + 4 + captured),
      originalBytes,
    };
  }

  #check(captured: number, from: number, end: number): void {
    if (captured > FRAME_BYTES_MAX || from + captured > end || captured < 0)
      throw new Damage(`a packet claims ${captured} bytes, more than its block has`);
  }

  #uint32(bytes: Uint8Array, at: number): number {
    return this.#little ? little32(bytes, at) : big32(bytes, at);
  }

  #uint16(bytes: Uint8Array, at: number): number {
    const [first, second] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
    return this.#little ? first | (second << 8) : (first << 8) | second;
  }
}
