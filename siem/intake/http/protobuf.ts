/**
 * Reads the wire format of Protocol Buffers: tags, varints, fixed numbers, lengths. Every read is checked against
 * the end of its message; whoever reads says which fields mean what.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

export class ProtobufReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The next field's number and wire type; undefined at the end. */
  field(): { readonly number: number; readonly wire: number } | undefined {
    if (this.#at >= this.#end) return undefined;
    const tag = Number(this.varint());
    if (tag < 8 || tag > 0xff_ff_ff_ff) throw new Error('a field has no number');
    return { number: Math.floor(tag / 8), wire: tag % 8 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || this.#at >= this.#end) throw new Error('a number is cut off');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('a number is longer than 64 bits');
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#skip(8));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  bytes(): Buffer {
    const length = Number(this.varint());
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.bytes());
  }

  /** Over a field that means nothing here. */
  skip(wire: number): void {
    if (wire === VARINT) this.varint();
    else if (wire === FIXED64) this.#skip(8);
    else if (wire === LENGTH) this.bytes();
    else if (wire === FIXED32) this.#skip(4);
    else throw new Error(`wire type ${wire} is not known`);
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new Error('a field is cut off');
    this.#at = start + length;
    return start;
  }
}

export function encodeVarint(number: number, value: number): Buffer {
  return Buffer.from([number * 8 + VARINT, ...varintBytes(value)]);
}

/** A text, or a message. */
export function encodeBytes(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + LENGTH, ...varintBytes(bytes.length)]), bytes]);
}

function varintBytes(value: number): readonly number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  return [...bytes, left];
}
