/**
 * Which of many texts are in a text. Each wanted text is found by the four bytes of it that are rarest: a
 * bitmap says of most places at once that nothing begins there, a bucket holds the few texts of one gram.
 * Ends and beginnings are found by their last or first bytes.
 */
import {
  AT_ATOM_STAMPS,
  AT_CANDIDATES,
  AT_COUNTS,
  AT_PAIRS_DONE,
  AT_PLACES,
  AT_RULE_STAMPS,
  CANDIDATE_COUNT,
  E_ATOM,
  E_BESIDE,
  E_BESIDE_MASK,
  E_GRAM,
  E_PLACE,
  E_PLACE_AFTER,
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
  I_SIFT,
  I_START4,
  I_START4_SHIFT,
  I_WAITING,
  MIX,
  OP_EQUALS,
  OP_STARTS,
  PAIR_SHIFT,
  PAIR_SLOTS,
  PLACES_BLOCK,
  SEARCH,
  WORK,
} from '../layout';
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

function bitOf(bits: usize, hash: u32): u32 {
  return (<u32>load<u8>(bits + <usize>(hash >>> 3)) >>> (hash & 7)) & 1;
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

/**
 * Whether a text of the index may be in the line, whose bytes are not folded yet: sixteen places at a time.
 * A Kelvin sign folds to ASCII; where one may be, the answer is yes.
 */
export function sift(index: usize, from: usize, to: usize): bool {
  const tables: usize = load<u32>(index, I_SIFT);
  const low = i8x16.splat(15);
  const a = v128.load(tables),
    b = v128.load(tables, 16),
    c = v128.load(tables, 32),
    d = v128.load(tables, 48);
  const e = v128.load(tables, 64),
    f = v128.load(tables, 80),
    g = v128.load(tables, 96),
    h = v128.load(tables, 112);
  const kelvin = i8x16.splat(<i8>0xe2);
  const bits: usize = load<u32>(index, I_GRAM_BITS);
  const shift = load<u32>(index, I_GRAM_SHIFT);
  while (from < to) {
    const one = v128.load(from);
    const two = v128.load(from, 1);
    const three = v128.load(from, 2);
    const four = v128.load(from, 3);
    const found = v128.and(
      v128.and(
        v128.and(i8x16.swizzle(a, v128.and(one, low)), i8x16.swizzle(b, i8x16.shr_u(one, 4))),
        v128.and(i8x16.swizzle(c, v128.and(two, low)), i8x16.swizzle(d, i8x16.shr_u(two, 4))),
      ),
      v128.and(
        v128.and(i8x16.swizzle(e, v128.and(three, low)), i8x16.swizzle(f, i8x16.shr_u(three, 4))),
        v128.and(i8x16.swizzle(g, v128.and(four, low)), i8x16.swizzle(h, i8x16.shr_u(four, 4))),
      ),
    );
    if (v128.any_true(v128.or(found, i8x16.eq(one, kelvin)))) {
      if (v128.any_true(i8x16.eq(one, kelvin))) return true;
      let places = ~i8x16.bitmask(i8x16.eq(found, i8x16.splat(0))) & 0xffff;
      while (places != 0) {
        const gram = loweredGram(load<u32>(from + <usize>ctz(places)));
        if (bitOf(bits, (gram * GOLDEN) >>> shift)) return true;
        places &= places - 1;
      }
    }
    from += 16;
  }
  return false;
}

/** Each byte's lower case, where all are ASCII. */
function loweredGram(gram: u32): u32 {
  const above = gram + 0x3f3f3f3f;
  const beyond = gram + 0x25252525;
  return gram | (((above & ~beyond & 0x80808080) >>> 2) & 0x20202020);
}

/** Texts of one to three bytes, by their last two. */
function shortOnes(buckets: usize, bits: usize, from: usize, to: usize): void {
  if (from == to) return;
  // The first byte has none before it, but a text of one byte may be there.
  shortHit(load<u32>(buckets + ((<usize>(PAIR_SLOTS + <u32>load<u8>(from))) << 2)), 0, from, from);
  let at = from;
  const last = to - 1;
  while (at < last) {
    const eight = load<u64>(at);
    const hits =
      (bitOf(bits, <u32>eight & 0xffff) |
        (bitOf(bits, <u32>(eight >> 8) & 0xffff) << 1) |
        (bitOf(bits, <u32>(eight >> 16) & 0xffff) << 2) |
        (bitOf(bits, <u32>(eight >> 24) & 0xffff) << 3)) &
      15;
    if (hits != 0) {
      if (hits & 1) pairHit(buckets, at, from);
      if (hits & 2 && at + 1 < last) pairHit(buckets, at + 1, from);
      if (hits & 4 && at + 2 < last) pairHit(buckets, at + 2, from);
      if (hits & 8 && at + 3 < last) pairHit(buckets, at + 3, from);
    }
    at += 4;
  }
}

/** The same for a long text (`gramsOfLong`), where a bucket all of whose texts were found is left out. */
function shortOnesOfLong(buckets: usize, bits: usize, from: usize, to: usize): void {
  let search = load<u32>(SEARCH) + 1;
  if (search == 0) {
    // Numbers begin again: old ones would be taken for new.
    memory.fill(load<u32>(AT_PAIRS_DONE), 0, (PAIR_SLOTS + 256) << 2);
    search = 1;
  }
  store<u32>(SEARCH, search);
  shortHitOnce(buckets, PAIR_SLOTS + <u32>load<u8>(from), 0, from, from, search);
  const last = to - 1;
  const places: usize = load<u32>(AT_PLACES);
  let at = from;
  while (at < last) {
    const end = at + PLACES_BLOCK < last ? at + PLACES_BLOCK : last;
    let into = places;
    while (at < end) {
      const eight = load<u64>(at);
      store<u32>(into, <u32>at);
      into += bitOf(bits, <u32>eight & 0xffff) << 2;
      store<u32>(into, <u32>at + 1);
      into += bitOf(bits, <u32>(eight >> 8) & 0xffff) << 2;
      store<u32>(into, <u32>at + 2);
      into += bitOf(bits, <u32>(eight >> 16) & 0xffff) << 2;
      store<u32>(into, <u32>at + 3);
      into += bitOf(bits, <u32>(eight >> 24) & 0xffff) << 2;
      at += 4;
    }
    for (let place = places; place < into; place += 4) {
      const hit: usize = load<u32>(place);
      if (hit >= last) continue;
      const pair: u32 = load<u16>(hit);
      shortHitOnce(buckets, (pair * GOLDEN) >>> PAIR_SHIFT, pair, hit + 1, from, search);
      shortHitOnce(buckets, PAIR_SLOTS + (pair >>> 8), 0, hit + 1, from, search);
    }
  }
}

function shortHitOnce(buckets: usize, slot: u32, pair: u32, at: usize, from: usize, search: u32): void {
  const done = <usize>load<u32>(AT_PAIRS_DONE) + ((<usize>slot) << 2);
  if (load<u32>(done) == search) return;
  if (shortHit(load<u32>(buckets + ((<usize>slot) << 2)), pair, at, from)) store<u32>(done, search);
}

/** Texts that end in the pair, and those that are its second byte. */
function pairHit(buckets: usize, at: usize, from: usize): void {
  const pair: u32 = load<u16>(at);
  shortHit(load<u32>(buckets + ((<usize>((pair * GOLDEN) >>> PAIR_SHIFT)) << 2)), pair, at + 1, from);
  shortHit(load<u32>(buckets + ((<usize>(PAIR_SLOTS + (pair >>> 8))) << 2)), 0, at + 1, from);
}

/** True when every text of the bucket is there. */
function shortHit(entry: usize, pair: u32, at: usize, from: usize): bool {
  if (entry == 0) return true;
  let count = load<u32>(entry);
  let found: u32 = 0;
  store<i32>(WORK, load<i32>(WORK) - <i32>(count << 1) - 4);
  entry += 4;
  const end = entry + <usize>count * ENTRY_BYTES;
  while (entry < end) {
    if (load<u32>(entry, E_GRAM) == pair) {
      const bytes = load<u32>(entry, E_TEXT_BYTES);
      const begin = at + 1 - <usize>bytes;
      if (begin >= from && same(begin, load<u32>(entry, E_TEXT), bytes)) {
        mark(entry);
        found += 1;
      }
    }
    entry += ENTRY_BYTES;
  }
  return found == count;
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

/** Makes candidates of the rules that wait for texts of the index which are marked already. */
export function wakeMarked(index: usize): void {
  let pair: usize = load<u32>(index, I_WAITING);
  if (pair == 0) return;
  const stamps: usize = load<u32>(AT_ATOM_STAMPS);
  const epoch = load<u32>(EPOCH);
  let left = load<u32>(pair);
  store<i32>(WORK, load<i32>(WORK) - <i32>left);
  pair += 4;
  while (left > 0) {
    const stamp = stamps + ((<usize>load<u32>(pair)) << 3);
    if (load<u32>(stamp) == epoch && load<u32>(stamp, 4) == 1) wake(load<u32>(pair, 4));
    pair += 8;
    left -= 1;
  }
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
