/** Texts with wildcards as the specification describes them, one token per character. */

export type Token = { readonly char: string } | 'any text' | 'one character';

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(text);
  while (characters.length > 0) {
    const character = characters.shift() ?? '';
    const next = characters[0];
    if (character === '\\' && (next === '\\' || next === '*' || next === '?'))
      tokens.push({ char: characters.shift() ?? '' });
    else if (character === '*') tokens.push('any text');
    else if (character === '?') tokens.push('one character');
    else tokens.push({ char: character });
  }
  return tokens;
}

export function plainTokens(text: string): readonly Token[] {
  return Array.from(text, (char) => ({ char }));
}

/** Whether the tokens say the whole text: a table over all prefixes of both, row by row. */
export function matches(tokens: readonly Token[], text: string, isCased: boolean): boolean {
  const characters = charactersOf(text, isCased);
  const { length } = characters;
  // row[j]: the tokens so far say the first j characters.
  let row = new Uint8Array(length + 1);
  row[0] = 1;
  for (const token of tokens) {
    // Nothing that the tokens so far say is the beginning of the text, so no more of them will be.
    if (!row.includes(1)) return false;
    const next = new Uint8Array(length + 1);
    if (token === 'any text') next.fill(1, row.indexOf(1));
    else if (token === 'one character') next.set(row.subarray(0, length), 1);
    else {
      const wanted = isCased ? token.char : lower(token.char);
      for (let j = 1; j <= length; j += 1) if (row[j - 1] === 1 && characters[j - 1] === wanted) next[j] = 1;
    }
    row = next;
  }
  return row[length] === 1;
}

/** The same texts are asked about by thousands of rules. */
const known = new Map<string, readonly string[]>();
const KNOWN_MAX = 4_096;

function charactersOf(text: string, isCased: boolean): readonly string[] {
  if (isCased) return Array.from(text);
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= KNOWN_MAX) known.clear();
  const characters = Array.from(text, lower);
  known.set(text, characters);
  return characters;
}

/** Lower case, where that is one character again. */
function lower(character: string): string {
  const small = character.toLowerCase();
  return Array.from(small).length === 1 ? small : character;
}
