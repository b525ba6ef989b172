/** Modifiers that make several values of one: `windash` and `expand`. */
import type { GlobPart } from '../ir.ts';
import { joinPattern, type Pattern, parsePattern } from './pattern.ts';
import { quoted, refuse } from './refusal.ts';

/** A tenant's own values, by name without the percent signs. Values may hold wildcards. */
export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>;

/** Of one value of a rule; 5 dashes to the power of the flags in it. */
const EXPANSIONS_MAX = 4_096;

/** Hyphen, slash, en dash, em dash, horizontal bar: Windows takes each for the beginning of a flag. */
const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'];
/** A flag begins after no letter, digit or underscore and before one: not the hyphen in `a-b`. */
const FLAG = /(?<![\p{L}\p{N}_])[-/\u2013\u2014\u2015](?=[\p{L}\p{N}_])/gu;

/** Every way to write the flags in the value. */
export function windash(pattern: Pattern, line: number): readonly Pattern[] {
  const choices = pattern.flatMap((part): readonly (readonly Pattern[])[] => {
    if (typeof part !== 'string') return [[[part]]];
    return split(part, FLAG, (plain) => plain).map((piece) =>
      piece.isMatch ? DASHES.map((dash) => [dash]) : [[piece.text]],
    );
  });
  return combinations(choices, line);
}

/** A name between percent signs; a backslash in front makes the percent sign plain. */
const PLACEHOLDER = /(?<!\\)%[\p{L}\p{N}_.-]+%/gu;

/** The value with each placeholder replaced by each of its values. */
export function expand(pattern: Pattern, placeholders: Placeholders, line: number): readonly Pattern[] {
  const choices = pattern.flatMap((part): readonly (readonly Pattern[])[] => {
    if (typeof part !== 'string') return [[[part]]];
    const unescaped = (plain: string): string => plain.replaceAll('\\%', '%');
    return split(part, PLACEHOLDER, unescaped).map((piece) =>
      piece.isMatch ? valuesOf(piece.text.slice(1, -1), placeholders, line) : [[piece.text]],
    );
  });
  return combinations(choices, line);
}

function valuesOf(name: string, placeholders: Placeholders, line: number): readonly Pattern[] {
  const values = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined;
  if (values === undefined)
    refuse(
      'placeholder-unknown',
      line,
      `The placeholder ${quoted(`%${name}%`)} has no values here; a tool that cannot fill a placeholder must refuse the rule.`,
    );
  return values.map((value) => parsePattern(String(value)));
}

interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

function split(text: string, wanted: RegExp, ofPlain: (plain: string) => string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(wanted)) {
    pieces.push({ text: ofPlain(text.slice(from, match.index)), isMatch: false });
    pieces.push({ text: match[0], isMatch: true });
    from = match.index + match[0].length;
  }
  pieces.push({ text: ofPlain(text.slice(from)), isMatch: false });
  return pieces.filter((piece) => piece.isMatch || piece.text !== '');
}

function combinations(choices: readonly (readonly Pattern[])[], line: number): readonly Pattern[] {
  let found: readonly GlobPart[][] = [[]];
  for (const choice of choices) {
    if (found.length * choice.length > EXPANSIONS_MAX)
      refuse('too-large', line, `A value stands for at most ${EXPANSIONS_MAX} values.`);
    found = found.flatMap((before) => choice.map((next) => [...before, ...next]));
  }
  return found.map((parts) => joinPattern(parts));
}
