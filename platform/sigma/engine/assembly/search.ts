/**
 * Which of many texts are in a text. Each wanted text is found by the four bytes of it that are rarest: a
 * bitmap says of most places at once that nothing begins there, a bucket holds the few texts of one gram.
 * Ends and beginnings are found by their last or first bytes.
 */
import {
  AT_ATOM_STAMPS,
  AT_PLACES,
  E_ATOM,
  E_BESIDE,
  E_BESIDE_MASK,
  E_GRAM,
  E_PLACE,
  E_PLACE_AFTER,
  E_TEXT,
  E_TEXT_BYTES,
  ENTRY_BYTES,
  EPOCH,
  GOLDEN,
  I_ANCHORED_SHORT,
  I_END4,
  I_END4_SHIFT,
  I_END8,
  I_END8_SHIFT,
  I_GRAM_BITS,
  I_GRAM_BUCKETS,
  I_GRAM_MASK,
  I_GRAM_SHIFT,
  I_PAIR_BITS,
  I_PAIR_BUCKETS,
  I_START4,
  I_START4_SHIFT,
  MIX,
  OP_EQUALS,
  OP_STARTS,
  PLACES_BLOCK,
  WORK,
} from '../layout';
import { mark } from './mark';
import { bitOf } from './place';
import { shortOnes, shortOnesOfLong } from './short';
import { same } from './text';

/**
 * In so long a text rules will ask for many others than those they wait for: all are looked for at once, and
 * it is gone through once.
 */
export const LONG_BYTES: u32 = 1024;

/** Marks every atom of the index that holds for the text, and makes candidates of the rules that wait for it. */
export function search(index: usize, from: usize, to: usize): void {
  const bytes = <u32>(to - from);
  const bits: usize = load<u32>(index, I_GRAM_BITS);
  const isLong = bytes >= LONG_BYTES;
  if (bits != 0 && bytes >= 4) {
    if (isLong) gramsOfLong(index, bits, load<u32>(index, I_GRAM_SHIFT), from, to);
    else grams(index, bits, load<u32>(index, I_GRAM_SHIFT), from, to);
  }
  const pairs: usize = load<u32>(index, I_PAIR_BITS);
  if (pairs != 0) {
    if (isLong) shortOnesOfLong(load<u32>(index, I_PAIR_BUCKETS), pairs, from, to);
    else shortOnes(load<u32>(index, I_PAIR_BUCKETS), pairs, from, to);
  }
  if (bytes >= 4) {
    const ends4: usize = load<u32>(index, I_END4);
    if (ends4 != 0) {
      const gram = load<u32>(to - 4);
      anchored(bucket(ends4, gram, load<u32>(index, I_END4_SHIFT)), gram, from, to);
    }
    const starts4: usize = load<u32>(index, I_START4);
    if (starts4 != 0) {
      const gram = load<u32>(from);
      anchored(bucket(starts4, gram, load<u32>(index, I_START4_SHIFT)), gram, from, to);
    }
    if (bytes >= 8) {
      const ends8: usize = load<u32>(index, I_END8);
      if (ends8 != 0) {
        const gram = load<u32>(to - 8) ^ (load<u32>(to - 4) * MIX);
        anchored(bucket(ends8, gram, load<u32>(index, I_END8_SHIFT)), gram, from, to);
      }
    }
  }
  const short: usize = load<u32>(index, I_ANCHORED_SHORT);
  if (short != 0) anchored(short, 0, from, to);
}

function bucket(buckets: usize, gram: u32, shift: u32): usize {
  return load<u32>(buckets + ((<usize>((gram * GOLDEN) >>> shift)) << 2));
}

function grams(index: usize, bits: usize, shift: u32, from: usize, to: usize): void {
  const last = to - 3;
  let at = from;
  // Four places at once, for one branch; what lies beyond the text is left out when something is hit.
  while (at < last) {
    const eight = load<u64>(at);
    const a = (<u32>eight * GOLDEN) >>> shift;
    const b = (<u32>(eight >> 8) * GOLDEN) >>> shift;
    const c = (<u32>(eight >> 16) * GOLDEN) >>> shift;
    const d = (<u32>(eight >> 24) * GOLDEN) >>> shift;
    const hits =
      (bitOf(bits, a) | (bitOf(bits, b) << 1) | (bitOf(bits, c) << 2) | (bitOf(bits, d) << 3)) & 15;
    if (hits != 0) {
      if (hits & 1) gramHit(index, a, at, from, to);
      if (hits & 2 && at + 1 < last) gramHit(index, b, at + 1, from, to);
      if (hits & 4 && at + 2 < last) gramHit(index, c, at + 2, from, to);
      if (hits & 8 && at + 3 < last) gramHit(index, d, at + 3, from, to);
    }
    at += 4;
  }
}

/**
 * The same where much may be hit: places first, without a branch, then what is there. A text full of what rules
 * look for would be guessed wrong at every other place.
 */
function gramsOfLong(index: usize, bits: usize, shift: u32, from: usize, to: usize): void {
  const last = to - 3;
  const places: usize = load<u32>(AT_PLACES);
  let at = from;
  while (at < last) {
    const end = at + PLACES_BLOCK < last ? at + PLACES_BLOCK : last;
    let into = places;
    while (at < end) {
      const eight = load<u64>(at);
      store<u32>(into, <u32>at);
      into += bitOf(bits, (<u32>eight * GOLDEN) >>> shift) << 2;
      store<u32>(into, <u32>at + 1);
      into += bitOf(bits, (<u32>(eight >> 8) * GOLDEN) >>> shift) << 2;
      store<u32>(into, <u32>at + 2);
      into += bitOf(bits, (<u32>(eight >> 16) * GOLDEN) >>> shift) << 2;
      store<u32>(into, <u32>at + 3);
      into += bitOf(bits, (<u32>(eight >> 24) * GOLDEN) >>> shift) << 2;
      at += 4;
    }
    for (let place = places; place < into; place += 4) {
      const hit: usize = load<u32>(place);
      if (hit < last) gramHit(index, (load<u32>(hit) * GOLDEN) >>> shift, hit, from, to);
    }
  }
}

function gramHit(index: usize, hash: u32, at: usize, from: usize, to: usize): void {
  const buckets: usize = load<u32>(index, I_GRAM_BUCKETS);
  let entry: usize = load<u32>(buckets + ((<usize>(hash & load<u32>(index, I_GRAM_MASK))) << 2));
  if (entry == 0) return;
  const gram = load<u32>(at);
  let count = load<u32>(entry);
  store<i32>(WORK, load<i32>(WORK) - <i32>(count << 2) - 24);
  entry += 4;
  const stamps: usize = load<u32>(AT_ATOM_STAMPS);
  const epoch = load<u32>(EPOCH);
  const before = load<u32>(at - 4);
  const after = load<u32>(at, 4);
  while (count > 0) {
    if (load<u32>(entry, E_GRAM) == gram) {
      const place = load<u32>(entry, E_PLACE);
      const beside = place & E_PLACE_AFTER ? after : before;
      if ((beside & load<u32>(entry, E_BESIDE_MASK)) == load<u32>(entry, E_BESIDE)) {
        const stamp: usize = stamps + ((<usize>load<u32>(entry, E_ATOM)) << 3);
        // Once is enough: a text that holds it a thousand times costs no more.
        if (load<u32>(stamp) != epoch || load<u32>(stamp, 4) != 1) {
          const begin = at - <usize>(place & ~E_PLACE_AFTER);
          const bytes = load<u32>(entry, E_TEXT_BYTES);
          if (begin >= from && begin + bytes <= to && same(begin, load<u32>(entry, E_TEXT), bytes))
            mark(entry);
        }
      }
    }
    entry += ENTRY_BYTES;
    count -= 1;
  }
}

function anchored(entry: usize, gram: u32, from: usize, to: usize): void {
  if (entry == 0) return;
  const bytes = <u32>(to - from);
  let count = load<u32>(entry);
  store<i32>(WORK, load<i32>(WORK) - <i32>(count << 1));
  entry += 4;
  while (count > 0) {
    if (load<u32>(entry, E_GRAM) == gram) {
      const wanted = load<u32>(entry, E_TEXT_BYTES);
      const kind = load<u32>(entry, E_PLACE);
      if (wanted <= bytes && (kind != OP_EQUALS || wanted == bytes)) {
        if (same(kind == OP_STARTS ? from : to - <usize>wanted, load<u32>(entry, E_TEXT), wanted))
          mark(entry);
      }
    }
    entry += ENTRY_BYTES;
    count -= 1;
  }
}
