import type { Regex } from './ast.ts';
import { anyCase } from './case.ts';
import { parseClass, parseEscapedSet } from './parse-class.ts';
import { complement, EVERYTHING, type Ranges } from './ranges.ts';
import { Reader } from './reader.ts';
import { Refused } from './refused.ts';
import type { RegexFlags } from './regex.ts';

/** As in RE2: more would be a program, not a pattern. */
const REPEATS_MAX = 1_000;
const DEPTH_MAX = 250;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** @throws Refused what RE2 does not accept: look-around, back references, possessive and nested repeats */
export function parseRegex(source: string, flags: RegexFlags): Regex {
  const reader = new Reader(source);
  const start = { i: flags.ignoreCase === true, m: flags.multiline === true, s: flags.dotAll === true };
  const regex = alternatives(reader, start, 0);
  if (!reader.isAtEnd) throw new Refused('a ) without its (');
  return regex;
}

/** Up to `)` or the end. Flags set in the middle hold to the end of the group, across alternatives. */
function alternatives(reader: Reader, outer: Flags, depth: number): Regex {
  if (depth > DEPTH_MAX) throw new Refused('groups nested too deep');
  let flags = outer;
  const branches: Regex[] = [];
  let sequence: Regex[] = [];
  while (!reader.isAtEnd && reader.peek !== ')') {
    if (reader.take('|')) {
      branches.push(cat(sequence));
      sequence = [];
      continue;
    }
    const inline = inlineFlags(reader, flags);
    if (inline?.isToEndOfGroup === true) {
      flags = inline.flags;
      refuseRepetition(reader, 'nothing');
      continue;
    }
    const one = inline === undefined ? atom(reader, flags, depth) : group(reader, inline.flags, depth);
    sequence.push(...(one.is === 'cat' && inline === undefined && reader.wasLiteralRun ? one.of : [one]));
    const last = sequence.pop();
    if (last !== undefined) sequence.push(repeated(reader, last));
  }
  branches.push(cat(sequence));
  return branches.length === 1 ? (branches[0] ?? EMPTY) : { is: 'alt', of: branches };
}

const EMPTY: Regex = { is: 'empty' };

function cat(sequence: readonly Regex[]): Regex {
  if (sequence.length === 0) return EMPTY;
  return sequence.length === 1 ? (sequence[0] ?? EMPTY) : { is: 'cat', of: sequence };
}

function group(reader: Reader, flags: Flags, depth: number): Regex {
  const inner = alternatives(reader, flags, depth + 1);
  if (!reader.take(')')) throw new Refused('a ( without its )');
  reader.wasLiteralRun = false;
  return inner;
}

/** `(?i)`, `(?i-s:`, `(?:`, `(?P<name>` and `(?<name>`: what opens here, or undefined when nothing such does. */
function inlineFlags(
  reader: Reader,
  before: Flags,
): { readonly flags: Flags; readonly isToEndOfGroup: boolean } | undefined {
  if (!reader.startsWith('(?')) return undefined;
  if (reader.match(/\(\?P?<([A-Za-z_]\w*)>/y) !== undefined) return { flags: before, isToEndOfGroup: false };
  if (reader.startsWith('(?=') || reader.startsWith('(?!'))
    throw new Refused('a look-ahead: not in RE2, for it is not linear');
  if (reader.startsWith('(?<=') || reader.startsWith('(?<!'))
    throw new Refused('a look-behind: not in RE2, for it is not linear');
  const found = reader.match(/\(\?([imsU]*)(?:-([imsU]+))?([:)])/y);
  if (found === undefined) throw new Refused('a kind of group that RE2 does not have');
  const [, on = '', off = '', end] = found;
  if (end === ')' && on === '' && off === '') throw new Refused('a group of flags without flags');
  const flag = (name: 'i' | 'm' | 's'): boolean =>
    off.includes(name) ? false : on.includes(name) ? true : before[name];
  return { flags: { i: flag('i'), m: flag('m'), s: flag('s') }, isToEndOfGroup: end === ')' };
}

function atom(reader: Reader, flags: Flags, depth: number): Regex {
  reader.wasLiteralRun = false;
  if (reader.take('(')) return group(reader, flags, depth);
  if (reader.take('.')) return { is: 'set', ranges: flags.s ? EVERYTHING : complement([10, 10]) };
  if (reader.take('^')) return { is: 'assert', what: flags.m ? 'line-begin' : 'text-begin' };
  if (reader.take('$')) return { is: 'assert', what: flags.m ? 'line-end' : 'text-end' };
  if (reader.take('[')) return set(parseClass(reader, flags.i), false);
  refuseRepetition(reader, 'nothing');
  if (reader.peek === '\\') return escaped(reader, flags);
  return literal(reader.next(), flags);
}

function literal(character: string, flags: Flags): Regex {
  const codePoint = character.codePointAt(0) ?? 0;
  return set([codePoint, codePoint], flags.i);
}

function set(ranges: Ranges, isAnyCase: boolean): Regex {
  return { is: 'set', ranges: isAnyCase ? anyCase(ranges) : ranges };
}

function escaped(reader: Reader, flags: Flags): Regex {
  if (reader.take('\\A')) return { is: 'assert', what: 'text-begin' };
  if (reader.take('\\z')) return { is: 'assert', what: 'text-end' };
  if (reader.take('\\b')) return { is: 'assert', what: 'word-edge' };
  if (reader.take('\\B')) return { is: 'assert', what: 'no-word-edge' };
  if (reader.take('\\C')) throw new Refused('\\C, a single byte: texts here are characters');
  if (reader.take('\\Q')) {
    const text = reader.until('\\E');
    reader.wasLiteralRun = true;
    return { is: 'cat', of: Array.from(text, (character) => literal(character, flags)) };
  }
  return set(parseEscapedSet(reader, flags.i), false);
}

function repeated(reader: Reader, one: Regex): Regex {
  const bounds = repetition(reader);
  if (bounds === undefined) return one;
  reader.take('?');
  refuseRepetition(reader, 'a repetition');
  return { is: 'repeat', of: one, ...bounds };
}

function refuseRepetition(reader: Reader, of: string): void {
  if (/[*+?]/.test(reader.peek) || (reader.peek === '{' && reader.clone().match(BOUNDS) !== undefined))
    throw new Refused(`a repetition of ${of}`);
}

const BOUNDS = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y;

function repetition(reader: Reader): { readonly min: number; readonly max: number | undefined } | undefined {
  if (reader.take('*')) return { min: 0, max: undefined };
  if (reader.take('+')) return { min: 1, max: undefined };
  if (reader.take('?')) return { min: 0, max: 1 };
  const found = reader.match(BOUNDS);
  if (found === undefined) return undefined;
  const min = Number(found[1]);
  const max = found[2] === undefined ? min : found[3] === '' ? undefined : Number(found[3]);
  if (min > REPEATS_MAX || (max ?? 0) > REPEATS_MAX || (max !== undefined && max < min))
    throw new Refused(`a repetition with bounds that are not 0 to ${REPEATS_MAX} in order`);
  return { min, max };
}
