/** Text with wildcards, as Sigma writes it: `*` any characters, `?` one, a backslash before either is literal. */

/** A pattern as literal runs between wildcards: `null` is `*`, `undefined` is `?`. */
type Piece = string | null | undefined;
export type Anchor = 'whole' | 'contains' | 'startswith' | 'endswith';

/**
 * What the pattern says about a text. Never more than text length times pattern length, whatever the text:
 * who is watched chooses the texts.
 */
export function textTest(pattern: string, anchor: Anchor): (text: string) => boolean {
  const pieces = parsePattern(pattern);
  const literal = pieces.length === 0 ? '' : pieces[0];
  if (pieces.length <= 1 && typeof literal === 'string') {
    switch (anchor) {
      case 'whole':
        return (text) => text === literal;
      case 'contains':
        return (text) => text.includes(literal);
      case 'startswith':
        return (text) => text.startsWith(literal);
      case 'endswith':
        return (text) => text.endsWith(literal);
    }
  }
  const opened = anchor === 'contains' || anchor === 'endswith' ? [null, ...pieces] : pieces;
  const both = anchor === 'contains' || anchor === 'startswith' ? [...opened, null] : opened;
  return (text) => matches(both, text);
}

/** A backslash before `*`, `?` or itself makes that literal; before anything else it is a backslash. */
function parsePattern(text: string): readonly Piece[] {
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

/** Glob matching that returns to the last `*` only: quadratic at worst and never exponential. */
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
      starAt = nextStart(pieces[piece], text, starAt + 1);
      at = starAt;
    } else return false;
  }
  return true;
}

/** Where what follows a `*` can begin at the earliest; a literal is looked for, anything else is tried. */
function nextStart(after: Piece, text: string, from: number): number {
  if (typeof after !== 'string') return from;
  const found = text.indexOf(after, from);
  return found === -1 ? text.length : found;
}
