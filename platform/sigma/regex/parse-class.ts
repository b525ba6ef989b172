import { anyCase } from './case.ts';
import { perlClass, posixClass, unicodeClass } from './classes.ts';
import { CODE_POINT_MAX, complement, normalised, type Ranges } from './ranges.ts';
import type { Reader } from './reader.ts';
import { Refused } from './refused.ts';

/** What follows a `[`, up to and with its `]`. Case is ignored before the class is negated, as in RE2. */
export function parseClass(reader: Reader, ignoreCase: boolean): Ranges {
  const isNegated = reader.take('^');
  const pairs: number[] = [];
  let isFirst = true;
  while (isFirst || reader.peek !== ']') {
    if (reader.isAtEnd) throw new Refused('a [ without its ]');
    isFirst = false;
    pairs.push(...item(reader, ignoreCase));
  }
  reader.take(']');
  const ranges = normalised(pairs);
  return isNegated ? complement(ranges) : ranges;
}

function item(reader: Reader, ignoreCase: boolean): Ranges {
  const posix = reader.match(/\[:(\^?)(\w+):\]/y);
  if (posix !== undefined) {
    const found = posixClass(posix[2] ?? '');
    if (found === undefined) throw new Refused(`the unknown class ${posix[0]}`);
    const ranges = ignoreCase ? anyCase(found) : found;
    return posix[1] === '^' ? complement(ranges) : ranges;
  }
  const named = namedClass(reader, ignoreCase);
  if (named !== undefined) return named;
  const first = member(reader);
  let last = first;
  if (reader.peek === '-' && !reader.startsWith('-]')) {
    reader.take('-');
    last = member(reader);
    if (last < first) throw new Refused('a range of characters whose end is before its beginning');
  }
  return ignoreCase ? anyCase([first, last]) : [first, last];
}

function member(reader: Reader): number {
  if (reader.peek === '\\') return escapedCharacter(reader);
  return reader.next().codePointAt(0) ?? 0;
}

/** A `\…` outside of a class: a named class or one character. */
export function parseEscapedSet(reader: Reader, ignoreCase: boolean): Ranges {
  const named = namedClass(reader, ignoreCase);
  if (named !== undefined) return named;
  const codePoint = escapedCharacter(reader);
  return ignoreCase ? anyCase([codePoint, codePoint]) : [codePoint, codePoint];
}

function namedClass(reader: Reader, ignoreCase: boolean): Ranges | undefined {
  const perl = reader.match(/\\([dDsSwW])/y);
  if (perl !== undefined) {
    const letter = perl[1] ?? '';
    if (!ignoreCase || !/[wW]/.test(letter)) return perlClass(letter);
    // RE2 folds what is in \w and only then negates it.
    const word = anyCase(perlClass('w') ?? []);
    return letter === 'w' ? word : complement(word);
  }
  const unicode = reader.match(/\\([pP])(?:\{(\^?)([^}]*)\}|(.))/uy);
  if (unicode === undefined) return undefined;
  const name = unicode[3] ?? unicode[4] ?? '';
  const found = unicodeClass(name);
  if (found === undefined) throw new Refused(`the unknown class ${unicode[0]}`);
  const ranges = ignoreCase ? anyCase(found) : found;
  return (unicode[1] === 'P') !== (unicode[2] === '^') ? complement(ranges) : ranges;
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

function escapedCharacter(reader: Reader): number {
  const octal = reader.match(/\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y);
  if (octal !== undefined) return Number.parseInt(octal[1] ?? '0', 8);
  if (reader.match(/\\[1-9]/y) !== undefined)
    throw new Refused('a back reference: not in RE2, for it is not linear');
  const hex = reader.match(/\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/y);
  if (hex !== undefined) {
    const codePoint = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (codePoint > CODE_POINT_MAX) throw new Refused('a character beyond Unicode');
    return codePoint;
  }
  const control = reader.match(/\\([aftnrv])/y);
  if (control !== undefined) return CONTROLS[control[1] ?? ''] ?? 0;
  reader.take('\\');
  const character = reader.next();
  if (/^[A-Za-z0-9]$/.test(character) || character >= '\x80')
    throw new Refused(`the escape \\${character}, which RE2 does not know`);
  return character.codePointAt(0) ?? 0;
}
