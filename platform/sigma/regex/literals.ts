import { foldCase } from '../ir.ts';
import type { Regex } from './ast.ts';
import { contains, type Ranges, sizeOf } from './ranges.ts';

/** Of the texts in each list one is in every match, after folding; of the lists all hold. */
export type RequiredTexts = readonly (readonly string[])[];

/** What can be said cheaply of every text in which the expression is found. */
export interface Required {
  readonly texts: RequiredTexts;
  /** Code points. */
  readonly lengthMin: number;
  /** So many characters of a class in a row; the class is sixteen bytes, a bit for each ASCII code. */
  readonly runs: readonly { readonly characters: Uint8Array; readonly length: number }[];
}

const ALTERNATIVES_MAX = 32;
const LISTS_MAX = 4;
const SET_MAX = 24;
const REPEATS_MAX = 8;

interface Known {
  /** Every text that it matches, when they are few. */
  readonly exact: readonly string[] | undefined;
  readonly lists: readonly (readonly string[])[];
}

export function requiredOf(regex: Regex): Required {
  const known = visit(regex);
  const lists = known.exact === undefined ? known.lists : [known.exact];
  const useful = lists.filter((list) => list.length > 0 && list.every((text) => text !== ''));
  const texts = useful.toSorted((a, b) => score(b) - score(a)).slice(0, LISTS_MAX);
  return { texts, lengthMin: lengthMin(regex), runs: runsOf(regex) };
}

/** Shorter runs are common and not worth looking for. */
const RUN_MIN = 12;

function runsOf(regex: Regex): Required['runs'] {
  if (regex.is === 'cat') return regex.of.flatMap(runsOf).slice(0, LISTS_MAX);
  if (regex.is !== 'repeat' || regex.of.is !== 'set' || regex.min < RUN_MIN) return [];
  const { ranges } = regex.of;
  if ((ranges.at(-1) ?? 0) > 127) return [];
  const characters = new Uint8Array(16);
  for (let code = 0; code < 128; code += 1)
    if (contains(ranges, code)) characters[code >> 3] = (characters[code >> 3] ?? 0) | (1 << (code & 7));
  return [{ characters, length: regex.min }];
}

/** ASCII with which every match begins, case counting; undefined where there is none. */
export function prefixOf(regex: Regex): Uint8Array | undefined {
  const codes: number[] = [];
  for (const part of regex.is === 'cat' ? regex.of : [regex]) {
    const code = part.is === 'set' && sizeOf(part.ranges) === 1 ? part.ranges[0] : undefined;
    if (code === undefined || code > 127) break;
    codes.push(code);
  }
  return codes.length === 0 ? undefined : Uint8Array.from(codes);
}

function visit(regex: Regex): Known {
  switch (regex.is) {
    case 'empty':
    case 'assert':
      return { exact: [''], lists: [] };
    case 'set':
      return { exact: membersOf(regex.ranges), lists: [] };
    case 'cat':
      return sequence(regex.of.map(visit));
    case 'alt':
      return alternative(regex.of.map(visit));
    case 'repeat': {
      const one = visit(regex.of);
      if (regex.min === 0) {
        const isOptional = regex.max === 1 && one.exact !== undefined;
        return { exact: isOptional ? distinct([...one.exact, '']) : undefined, lists: [] };
      }
      const times = Math.min(regex.min, REPEATS_MAX);
      const repeated = sequence(Array.from({ length: times }, () => one));
      if (regex.max === times) return repeated;
      return { exact: undefined, lists: repeated.exact === undefined ? repeated.lists : [repeated.exact] };
    }
  }
}

function sequence(parts: readonly Known[]): Known {
  const lists: (readonly string[])[] = [];
  let run: readonly string[] = [''];
  let isExact = true;
  for (const { exact, lists: inner } of parts) {
    if (exact !== undefined) {
      const crossed = distinct(run.flatMap((before) => exact.map((after) => joined(before, after))));
      if (crossed.length <= ALTERNATIVES_MAX) {
        run = crossed;
        continue;
      }
    }
    isExact = false;
    lists.push(run, ...inner);
    run = exact ?? [''];
  }
  if (isExact) return { exact: run, lists: [] };
  return { exact: undefined, lists: [...lists, run].filter((list) => !list.includes('')) };
}

function alternative(branches: readonly Known[]): Known {
  if (branches.every(({ exact }) => exact !== undefined)) {
    const all = distinct(branches.flatMap(({ exact }) => exact ?? []));
    if (all.length <= ALTERNATIVES_MAX) return { exact: all, lists: [] };
  }
  const best = branches.map(
    ({ exact, lists }) =>
      (exact === undefined ? lists : [exact])
        .filter((list) => !list.includes(''))
        .toSorted((a, b) => score(b) - score(a))[0],
  );
  if (best.some((list) => list === undefined)) return { exact: undefined, lists: [] };
  const union = distinct(best.flatMap((list) => list ?? []));
  if (union.length <= ALTERNATIVES_MAX) return { exact: undefined, lists: [union] };
  const begun = distinct(best.flatMap((list) => beginningOf(list ?? [])));
  return { exact: undefined, lists: begun.length > ALTERNATIVES_MAX ? [] : [begun] };
}

/** Long enough to say something by itself. */
const BEGINNING_MIN = 4;

/** What all of them begin with, where that says enough. */
function beginningOf(texts: readonly string[]): readonly string[] {
  const [first = '', ...others] = texts.filter((text) => text !== LONG_S);
  let length = first.length;
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length -= 1;
  // Half of a pair is no text.
  const beginning = first.slice(0, length);
  if (length < BEGINNING_MIN || !beginning.isWellFormed()) return texts;
  return texts.includes(LONG_S) ? [beginning, LONG_S] : [beginning];
}

function membersOf(ranges: Ranges): readonly string[] | undefined {
  if (sizeOf(ranges) > SET_MAX) return undefined;
  const members: string[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const last = ranges[at + 1] ?? 0;
    for (let code = ranges[at] ?? 0; code <= last; code += 1)
      members.push(foldCase(String.fromCodePoint(code)));
  }
  return distinct(members);
}

/** The long s, which is an s where case does not count, and which next to nobody writes. */
const LONG_S = '\u017f';

/** Every s would double the texts otherwise. What follows on such a text is not said of it any more. */
function joined(before: string, after: string): string {
  return before === LONG_S || after === LONG_S ? LONG_S : before + after;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** As rare as a text of so many letters. */
const LONG_S_LENGTH = 8;

/** Long texts are rare, many texts are not. */
function score(list: readonly string[]): number {
  const shortest = Math.min(...list.map((text) => (text === LONG_S ? LONG_S_LENGTH : text.length)));
  return shortest - Math.log2(list.length) / 2;
}

const LENGTH_MAX = 1_000_000;

function lengthMin(regex: Regex): number {
  switch (regex.is) {
    case 'empty':
    case 'assert':
      return 0;
    case 'set':
      return 1;
    case 'cat':
      return Math.min(
        LENGTH_MAX,
        regex.of.reduce((sum, part) => sum + lengthMin(part), 0),
      );
    case 'alt':
      return Math.min(...regex.of.map(lengthMin));
    case 'repeat':
      return Math.min(LENGTH_MAX, regex.min * lengthMin(regex.of));
  }
}
