/** Bits of a table, and the place of one text in another. */
import { same } from './text';

export function bitOf(bits: usize, hash: u32): u32 {
  return (<u32>load<u8>(bits + <usize>(hash >>> 3)) >>> (hash & 7)) & 1;
}

export function contains(from: usize, to: usize, wanted: usize, bytes: u32): bool {
  return placeOf(from, to, wanted, bytes) != 0;
}

/** The first place of the text in the other, zero for none: sixteen at a time by its first and last byte. */
export function placeOf(from: usize, to: usize, wanted: usize, bytes: u32): usize {
  if (bytes == 0) return from;
  if (<u32>(to - from) < bytes) return 0;
  const first = i8x16.splat(load<u8>(wanted));
  const last = i8x16.splat(load<u8>(wanted + bytes - 1));
  const end = to - bytes;
  while (from <= end) {
    let places = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(from), first), i8x16.eq(v128.load(from + bytes - 1), last)),
    );
    while (places != 0) {
      const place = from + <usize>ctz(places);
      if (place > end) return 0;
      if (same(place, wanted, bytes)) return place;
      places &= places - 1;
    }
    from += 16;
  }
  return 0;
}
