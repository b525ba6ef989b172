import {
  E_PLACE_AFTER,
  GOLDEN,
  I_ABSENT,
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
  I_PRESENT,
  I_SIFT,
  I_START4,
  I_START4_SHIFT,
  I_WAITING,
  INDEX_BYTES,
  MIX,
  OP_CONTAINS,
  OP_STARTS,
  PAIR_SHIFT,
  PAIR_SLOTS,
} from '../layout.ts';
import type { Atom } from './atoms.ts';
import { type GramFrequency, gramAt } from './grams.ts';
import type { Image } from './image.ts';

/** A text to look for, and the rules that wait for it. */
export interface Wanted {
  readonly number: number;
  readonly atom: Atom;
  readonly rules: readonly number[];
}

/** Bits of the gram table per gram, so that about one place in a hundred is looked at in vain. */
const BITS_PER_GRAM = 96;
const GRAM_BITS_MAX = 19;
const GRAM_BITS_MIN = 9;

/** Writes the index of one field; `present` and `absent` are rules that wait for the field itself. */
export function writeIndex(
  image: Image,
  wanted: readonly Wanted[],
  frequency: GramFrequency | undefined,
  present: readonly number[] = [],
  absent: readonly number[] = [],
  isSifted = false,
): number {
  const index = image.room(INDEX_BYTES);
  const lists = new Map<string, number>();
  const rulesOf = ({ rules }: Wanted): number => {
    if (rules.length === 0) return 0;
    const key = rules.join();
    const known = lists.get(key);
    if (known !== undefined) return known;
    const at = image.list(rules);
    lists.set(key, at);
    return at;
  };
  const entry: EntryOf = (one, gram, place, besides = [0, 0]) => [
    gram,
    image.text(one.atom.text),
    one.atom.text.length,
    place,
    one.number,
    rulesOf(one),
    ...besides,
  ];
  const contains = wanted.filter(({ atom }) => atom.op === OP_CONTAINS);
  const anchored = wanted.filter(({ atom }) => atom.op !== OP_CONTAINS);
  const grams = writeGrams(
    image,
    index,
    contains.filter(({ atom }) => atom.text.length >= 4),
    frequency,
    entry,
    isSifted,
  );
  const isAllGrams = grams.length > 0 && grams.length === wanted.length;
  if (isSifted && isAllGrams && grams.every(standsInJson))
    image.word(index + I_SIFT, writeSift(image, grams));
  writePairs(
    image,
    index,
    contains.filter(({ atom }) => atom.text.length < 4),
    entry,
  );
  const long = anchored.filter(({ atom }) => atom.text.length >= 4);
  const atEnd = (one: Wanted): boolean => one.atom.op !== OP_STARTS;
  const hashed = (at: number, shiftAt: number, members: readonly Wanted[], gramOf: GramOf): void => {
    if (members.length === 0) return;
    const bits = Math.max(2, Math.ceil(Math.log2(members.length * 2)));
    const buckets = new Map<number, (readonly number[])[]>();
    for (const one of members) {
      const gram = gramOf(one.atom.text);
      push(buckets, Math.imul(gram, GOLDEN) >>> (32 - bits), entry(one, gram, one.atom.op));
    }
    image.word(index + at, writeBuckets(image, 1 << bits, buckets));
    image.word(index + shiftAt, 32 - bits);
  };
  hashed(
    I_END8,
    I_END8_SHIFT,
    long.filter((one) => atEnd(one) && one.atom.text.length >= 8),
    end8,
  );
  hashed(
    I_END4,
    I_END4_SHIFT,
    long.filter((one) => atEnd(one) && one.atom.text.length < 8),
    end4,
  );
  hashed(
    I_START4,
    I_START4_SHIFT,
    long.filter((one) => !atEnd(one)),
    (text) => gramAt(text, 0),
  );
  const short = anchored.filter(({ atom }) => atom.text.length < 4);
  if (short.length > 0)
    image.word(
      index + I_ANCHORED_SHORT,
      image.words([short.length, ...short.flatMap((one) => entry(one, 0, one.atom.op))]),
    );
  const waiting = wanted.filter(({ rules }) => rules.length > 0);
  if (waiting.length > 0)
    image.word(
      index + I_WAITING,
      image.words([waiting.length, ...waiting.flatMap((one) => [one.number, rulesOf(one)])]),
    );
  if (present.length > 0) image.word(index + I_PRESENT, image.list(present));
  if (absent.length > 0) image.word(index + I_ABSENT, image.list(absent));
  return index;
}

type GramOf = (text: Uint8Array) => number;
type EntryOf = (
  one: Wanted,
  gram: number,
  place: number,
  besides?: readonly [bytes: number, mask: number],
) => readonly number[];

function end4(text: Uint8Array): number {
  return gramAt(text, text.length - 4);
}

function end8(text: Uint8Array): number {
  return (gramAt(text, text.length - 8) ^ Math.imul(gramAt(text, text.length - 4), MIX)) >>> 0;
}

function writeGrams(
  image: Image,
  index: number,
  wanted: readonly Wanted[],
  frequency: GramFrequency | undefined,
  entry: EntryOf,
  isSifted: boolean,
): readonly number[] {
  if (wanted.length === 0) return [];
  const chosen: number[] = [];
  const bits = Math.min(
    GRAM_BITS_MAX,
    Math.max(GRAM_BITS_MIN, Math.ceil(Math.log2(wanted.length * BITS_PER_GRAM))),
  );
  const bucketCount = 1 << Math.min(bits, Math.ceil(Math.log2(wanted.length * 2)));
  const bitmap = image.room(1 << (bits - 3));
  const buckets = new Map<number, (readonly number[])[]>();
  const loads = new Uint32Array(bucketCount);
  const hash = (gram: number): number => Math.imul(gram, GOLDEN) >>> (32 - bits);
  const bucketOf = (gram: number): number => hash(gram) & (bucketCount - 1);
  // Short ones choose first: they have the least choice.
  for (const one of wanted.toSorted((a, b) => a.atom.text.length - b.atom.text.length)) {
    const { text } = one.atom;
    let best = 0;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let at = 0; at + 4 <= text.length; at += 1) {
      const gram = gramAt(text, at);
      const load = loads[bucketOf(gram)] ?? 0;
      // A full bucket is what someone would stuff a text with; it only breaks ties: what is rare in events counts more.
      const coded = isSifted && !standsInJson(gram) ? CODED_COST : 0;
      const cost = (frequency?.of(gram) ?? 0) + load * load * 0.5 + coded;
      if (cost < bestCost) {
        bestCost = cost;
        best = at;
      }
    }
    const gram = gramAt(text, best);
    image.bit(bitmap, hash(gram));
    chosen.push(gram);
    const { after, word, mask } = besideOf(text, best);
    const bucket = bucketOf(gram);
    loads[bucket] = (loads[bucket] ?? 0) + 1;
    push(buckets, bucket, entry(one, gram, best | (after ? E_PLACE_AFTER : 0), [word, mask]));
  }
  image.word(index + I_GRAM_BITS, bitmap);
  image.word(index + I_GRAM_SHIFT, 32 - bits);
  image.word(index + I_GRAM_BUCKETS, writeBuckets(image, bucketCount, buckets));
  image.word(index + I_GRAM_MASK, bucketCount - 1);
  return chosen;
}

/**
 * What stands on that side of the gram where the text has more: many texts have the same rarest gram, and this
 * tells most of them apart without a look at the texts themselves.
 */
function besideOf(text: Uint8Array, gramPlace: number): { after: boolean; word: number; mask: number } {
  const rest = text.length - gramPlace - 4;
  const after = rest >= gramPlace || rest >= 4;
  const bytes = Math.min(4, after ? rest : gramPlace);
  const missing = (4 - bytes) * 8;
  const mask = bytes === 0 ? 0 : (after ? 0xffffffff >>> missing : 0xffffffff << missing) >>> 0;
  // What lies outside the text reads as zero and is masked.
  const word = (gramAt(text, after ? gramPlace + 4 : gramPlace - 4) & mask) >>> 0;
  return { after, word, mask };
}

/** Any gram that stands in the JSON as it is rather than one that does not. */
const CODED_COST = 1e12;

function bytesOf(gram: number): readonly number[] {
  return [gram & 0xff, (gram >>> 8) & 0xff, (gram >>> 16) & 0xff, gram >>> 24];
}

/** Whether JSON has no way but one, or `\u`, to write it: no quote, solidus, control or beyond ASCII. */
function standsInJson(gram: number): boolean {
  return bytesOf(gram).every(
    (byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x2f,
  );
}

/** Grams in eight sets, each byte's halves in tables; both cases of a letter. */
function writeSift(image: Image, grams: readonly number[]): number {
  const tables = Array.from({ length: 8 }, () => new Uint8Array(16));
  // Sorted, so that those of one set are alike and it stays small.
  for (const [index, gram] of grams.toSorted((a, b) => a - b).entries()) {
    const set = 1 << Math.floor((index * 8) / grams.length);
    for (const [place, byte] of bytesOf(gram).entries()) {
      const cases = byte >= 0x61 && byte <= 0x7a ? [byte, byte - 32] : [byte];
      for (const one of cases) {
        const low = tables[place * 2];
        const high = tables[place * 2 + 1];
        if (low !== undefined) low[one & 15] = (low[one & 15] ?? 0) | set;
        if (high !== undefined) high[one >> 4] = (high[one >> 4] ?? 0) | set;
      }
    }
  }
  const at = image.room(128);
  for (const [index, table] of tables.entries())
    for (let word = 0; word < 4; word += 1) image.word(at + index * 16 + word * 4, gramAt(table, word * 4));
  return at;
}

function writePairs(image: Image, index: number, wanted: readonly Wanted[], entry: EntryOf): void {
  if (wanted.length === 0) return;
  const bitmap = image.room(8_192);
  const buckets = new Map<number, (readonly number[])[]>();
  for (const one of wanted) {
    const { text } = one.atom;
    const last = text[text.length - 1] ?? 0;
    if (text.length === 1)
      for (let before = 0; before < 256; before += 1) image.bit(bitmap, before | (last << 8));
    else image.bit(bitmap, (text[text.length - 2] ?? 0) | (last << 8));
    const pair = text.length === 1 ? 0 : (text[text.length - 2] ?? 0) | (last << 8);
    push(
      buckets,
      text.length === 1 ? PAIR_SLOTS + last : Math.imul(pair, GOLDEN) >>> PAIR_SHIFT,
      entry(one, pair, 0),
    );
  }
  image.word(index + I_PAIR_BITS, bitmap);
  image.word(index + I_PAIR_BUCKETS, writeBuckets(image, PAIR_SLOTS + 256, buckets));
}

function push<V>(map: Map<number, V[]>, key: number, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function writeBuckets(
  image: Image,
  count: number,
  buckets: ReadonlyMap<number, readonly (readonly number[])[]>,
): number {
  const table = image.room(count * 4);
  for (const [slot, entries] of buckets)
    image.word(table + slot * 4, image.words([entries.length, ...entries.flat()]));
  return table;
}
