/** Named classes: Perl's, POSIX's and Unicode's, as RE2 lists them. */
import { CODE_POINT_MAX, complement, normalised, type Ranges } from './ranges.ts';

const DIGIT: Ranges = [0x30, 0x39];
const SPACE: Ranges = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** `\d`, `\S`, … by their letter; ASCII only, as in RE2. */
export function perlClass(letter: string): Ranges | undefined {
  switch (letter) {
    case 'd':
      return DIGIT;
    case 'D':
      return complement(DIGIT);
    case 's':
      return SPACE;
    case 'S':
      return complement(SPACE);
    case 'w':
      return WORD;
    case 'W':
      return complement(WORD);
    default:
      return undefined;
  }
}

const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0, 0x1f, 0x7f, 0x7f],
  digit: DIGIT,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: WORD,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** `[:alpha:]` by what stands between the colons. */
export function posixClass(name: string): Ranges | undefined {
  return Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
}

const unicode = new Map<string, Ranges | undefined>();
/** Names come from rules; a made-up one costs a failed compilation and an entry here. */
const UNICODE_NAMES_MAX = 512;

/** A general category or a script, by the name between `\p{` and `}`; scanned from V8's own tables once. */
export function unicodeClass(name: string): Ranges | undefined {
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return undefined;
  if (unicode.has(name)) return unicode.get(name);
  const ranges = scan(name);
  if (unicode.size < UNICODE_NAMES_MAX) unicode.set(name, ranges);
  return ranges;
}

function scan(name: string): Ranges | undefined {
  if (name === 'Any') return [0, CODE_POINT_MAX];
  const tester = propertyTester(name);
  if (tester === undefined) return undefined;
  const pairs: number[] = [];
  for (let codePoint = 0; codePoint <= CODE_POINT_MAX; codePoint += 1) {
    if (!tester.test(String.fromCodePoint(codePoint))) continue;
    if (pairs.at(-1) === codePoint - 1) pairs[pairs.length - 1] = codePoint;
    else pairs.push(codePoint, codePoint);
  }
  return normalised(pairs);
}

function propertyTester(name: string): RegExp | undefined {
  const forms = name.length <= 2 ? [`General_Category=${name}`] : [`Script=${name}`];
  for (const form of forms) {
    try {
      return new RegExp(`^\\p{${form}}$`, 'u');
    } catch {
      // Not a name that V8 knows.
    }
  }
  return undefined;
}
