/** Values of a Sigma search: wildcards, escapes, modifiers. Case-insensitive unless `cased`, as specified. */

/** A pattern as literal runs between wildcards: `null` is `*`, `undefined` is `?`. */
type Piece = string | null | undefined;
export type Test = (value: unknown) => boolean;

const MODIFIERS = [
  'contains',
  'startswith',
  'endswith',
  'all',
  'cased',
  'exists',
  'cidr',
  'lt',
  'lte',
  'gt',
  'gte',
] as const;
type Modifier = (typeof MODIFIERS)[number];

/**
 * The test for one `field|modifiers: value(s)` line. Several values are alternatives, with `all` they must
 * all hold.
 *
 * @throws Error with what is not supported; the caller adds the file
 */
export function compileValues(modifiers: readonly string[], given: unknown): Test {
  for (const modifier of modifiers) {
    if (!(MODIFIERS as readonly string[]).includes(modifier))
      throw new Error(`the modifier "${modifier}" is not supported`);
  }
  const has = (modifier: Modifier): boolean => modifiers.includes(modifier);
  if (has('exists')) return (value) => (value !== undefined) === (given !== false);
  const values = Array.isArray(given) ? (given as unknown[]) : [given];
  if (values.length === 0) throw new Error('an empty list of values matches nothing');
  const tests = values.map((value) => compileOne(value, has));
  if (has('all')) return (value) => tests.every((test) => test(value));
  return (value) => tests.some((test) => test(value));
}

function compileOne(given: unknown, has: (modifier: Modifier) => boolean): Test {
  if (given === null) return (value) => value === undefined || value === null;
  if (has('lt') || has('lte') || has('gt') || has('gte')) return comparison(Number(given), has);
  if (has('cidr')) return cidr(String(given));
  if (typeof given === 'number' || typeof given === 'boolean') {
    return onEach((value) => value === given || (typeof value === 'string' && value === String(given)));
  }
  if (typeof given !== 'string') throw new Error('a value must be text, a number, true, false or null');
  const fold = has('cased') ? (text: string): string => text : (text: string): string => text.toLowerCase();
  const pieces = parsePattern(fold(given));
  const open = has('contains') || has('endswith') ? [null, ...pieces] : pieces;
  const both = has('contains') || has('startswith') ? [...open, null] : open;
  return onEach((value) => {
    if (typeof value === 'string') return matches(both, fold(value));
    return typeof value === 'number' || typeof value === 'boolean'
      ? matches(both, fold(String(value)))
      : false;
  });
}

/** A list in an event matches when one of its entries does. */
function onEach(test: Test): Test {
  return (value) => (Array.isArray(value) ? value.some(test) : test(value));
}

function comparison(limit: number, has: (modifier: Modifier) => boolean): Test {
  if (Number.isNaN(limit)) throw new Error('a comparison needs a number');
  return onEach((value) => {
    if (typeof value !== 'number') return false;
    if (has('lt')) return value < limit;
    if (has('lte')) return value <= limit;
    return has('gt') ? value > limit : value >= limit;
  });
}

/** Backslash escapes a wildcard or itself; before anything else it is a backslash. */
export function parsePattern(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  const close = (piece: null | undefined): void => {
    if (literal !== '') pieces.push(literal);
    literal = '';
    pieces.push(piece);
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      at += 1;
    } else if (character === '*') close(null);
    else if (character === '?') close(undefined);
    else literal += character;
  }
  if (literal !== '') pieces.push(literal);
  return pieces;
}

/** Glob matching with one point of return, so quadratic at worst and never exponential. */
function matches(pieces: readonly Piece[], text: string): boolean {
  let piece = 0;
  let at = 0;
  let starPiece = -1;
  let starAt = 0;
  while (at < text.length || piece < pieces.length) {
    const wanted = pieces[piece];
    if (piece < pieces.length && wanted === null) {
      starPiece = piece++;
      starAt = at;
    } else if (piece < pieces.length && wanted === undefined && at < text.length) {
      piece += 1;
      at += 1;
    } else if (typeof wanted === 'string' && text.startsWith(wanted, at)) {
      piece += 1;
      at += wanted.length;
    } else if (starPiece !== -1 && starAt < text.length) {
      piece = starPiece + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  return true;
}

function cidr(text: string): Test {
  const [network = '', bits = ''] = text.split('/');
  const base = ipv4(network);
  const length = Number(bits);
  if (base === undefined || !(length >= 0 && length <= 32))
    throw new Error(`"${text}" is not an IPv4 network; IPv6 is not supported yet`);
  const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return onEach((value) => {
    const address = typeof value === 'string' ? ipv4(value) : undefined;
    return address !== undefined && (address & mask) >>> 0 === (base & mask) >>> 0;
  });
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}
