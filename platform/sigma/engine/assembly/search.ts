/**
 * Which of many texts are in a text. Each wanted text is found by the four bytes of it that are rarest: a
 * bitmap says of most places at once that nothing begins there, a bucket holds the few texts of one gram.
 * Ends and beginnings are found by their last or first bytes.
 */
import {
  AT_ATOM_STAMPS,
  AT_CANDIDATES,
  AT_COUNTS,
  AT_RULE_STAMPS,
  CANDIDATE_COUNT,
  E_ATOM,
  E_GRAM,
  E_PLACE,
  E_RULES,
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
  OP_ENDS,
  OP_EQUALS,
  OP_STARTS,
  WORK,
} from '../layout';
import { same } from './text';

/** Marks every atom of the index that holds for the text, and makes candidates of the rules that wait for it. */
export function search(index: usize, from: usize, to: usize): void {
  const bytes = <u32>(to - from);
  const bits: usize = load<u32>(index, I_GRAM_BITS);
  if (bits != 0 && bytes >= 4) grams(index, bits, load<u32>(index, I_GRAM_SHIFT), from, to);
  const pairs: usize = load<u32>(index, I_PAIR_BITS);
  if (pairs != 0) shortOnes(load<u32>(index, I_PAIR_BUCKETS), pairs, from, to);
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
  while (at < last) {
    const hash = (load<u32>(at) * GOLDEN) >>> shift;
    if ((<u32>load<u8>(bits + <usize>(hash >>> 3)) >>> (hash & 7)) & 1) {
      gramHit(
        load<u32>(
          <usize>load<u32>(index, I_GRAM_BUCKETS) + ((<usize>(hash & load<u32>(index, I_GRAM_MASK))) << 2),
        ),
        at,
        from,
        to,
      );
    }
    at += 1;
  }
}

function gramHit(entry: usize, at: usize, from: usize, to: usize): void {
  if (entry == 0) return;
  const gram = load<u32>(at);
  let count = load<u32>(entry);
  store<i32>(WORK, load<i32>(WORK) - <i32>(count << 1) - 4);
  entry += 4;
  while (count > 0) {
    if (load<u32>(entry, E_GRAM) == gram) {
      const begin = at - <usize>load<u32>(entry, E_PLACE);
      const bytes = load<u32>(entry, E_TEXT_BYTES);
      if (begin >= from && begin + bytes <= to && same(begin, load<u32>(entry, E_TEXT), bytes)) mark(entry);
    }
    entry += ENTRY_BYTES;
    count -= 1;
  }
}

/** Texts of one to three bytes, by their last two. */
function shortOnes(buckets: usize, bits: usize, from: usize, to: usize): void {
  let before: u32 = 0;
  let at = from;
  while (at < to) {
    const byte: u32 = load<u8>(at);
    const pair = (before << 8) | byte;
    if ((<u32>load<u8>(bits + <usize>(pair >>> 3)) >>> (pair & 7)) & 1) {
      let entry: usize = load<u32>(buckets + ((<usize>byte) << 2));
      if (entry != 0) {
        let count = load<u32>(entry);
        store<i32>(WORK, load<i32>(WORK) - <i32>(count << 1) - 4);
        entry += 4;
        while (count > 0) {
          const bytes = load<u32>(entry, E_TEXT_BYTES);
          const begin = at + 1 - <usize>bytes;
          if (begin >= from && same(begin, load<u32>(entry, E_TEXT), bytes)) mark(entry);
          entry += ENTRY_BYTES;
          count -= 1;
        }
      }
    }
    before = byte;
    at += 1;
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

function mark(entry: usize): void {
  const atom = load<u32>(entry, E_ATOM);
  const stamp: usize = <usize>load<u32>(AT_ATOM_STAMPS) + ((<usize>atom) << 3);
  const epoch = load<u32>(EPOCH);
  // Once is enough: a text that holds it a thousand times costs no more.
  if (load<u32>(stamp) == epoch && load<u32>(stamp, 4) == 1) return;
  store<u32>(stamp, epoch);
  store<u32>(stamp, 1, 4);
  const counts: usize = load<u32>(AT_COUNTS);
  if (counts != 0) {
    const count = counts + ((<usize>atom) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  wake(load<u32>(entry, E_RULES));
}

/** Makes candidates of the rules of a list that are none yet. */
export function wake(list: usize): void {
  if (list == 0) return;
  const stamps: usize = load<u32>(AT_RULE_STAMPS);
  const candidates: usize = load<u32>(AT_CANDIDATES);
  const epoch = load<u32>(EPOCH);
  let found = load<u32>(CANDIDATE_COUNT);
  let count = load<u32>(list);
  while (count > 0) {
    list += 4;
    const rule = load<u32>(list);
    const stamp = stamps + ((<usize>rule) << 2);
    if (load<u32>(stamp) != epoch) {
      store<u32>(stamp, epoch);
      store<u32>(candidates + ((<usize>found) << 2), rule);
      found += 1;
    }
    count -= 1;
  }
  store<u32>(CANDIDATE_COUNT, found);
}

/** Whether the text is in the other: sixteen places at a time by its first and last byte. */
export function contains(from: usize, to: usize, wanted: usize, bytes: u32): bool {
  if (bytes == 0) return true;
  if (<u32>(to - from) < bytes) return false;
  const first = i8x16.splat(load<u8>(wanted));
  const last = i8x16.splat(load<u8>(wanted + bytes - 1));
  const end = to - bytes;
  while (from <= end) {
    let places = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(from), first), i8x16.eq(v128.load(from + bytes - 1), last)),
    );
    while (places != 0) {
      const place = from + <usize>ctz(places);
      if (place > end) return false;
      if (same(place, wanted, bytes)) return true;
      places &= places - 1;
    }
    from += 16;
  }
  return false;
}
