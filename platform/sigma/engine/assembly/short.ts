/** Texts too short to have four bytes in a row. */
import {
  AT_PAIRS_DONE,
  AT_PLACES,
  E_GRAM,
  E_TEXT,
  E_TEXT_BYTES,
  ENTRY_BYTES,
  GOLDEN,
  PAIR_SHIFT,
  PAIR_SLOTS,
  PLACES_BLOCK,
  SEARCH,
  WORK,
} from '../layout';
import { mark } from './mark';
import { bitOf } from './place';
import { same } from './text';

/** Texts of one to three bytes, by their last two. */
export function shortOnes(buckets: usize, bits: usize, from: usize, to: usize): void {
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
export function shortOnesOfLong(buckets: usize, bits: usize, from: usize, to: usize): void {
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
