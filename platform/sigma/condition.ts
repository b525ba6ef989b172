/** The grammar of a Sigma condition: and, or, not, parentheses, `1 of x*`, `all of them`. */

export type Expression =
  | { readonly op: 'search'; readonly name: string }
  | { readonly op: 'not'; readonly of: Expression }
  | { readonly op: 'and' | 'or'; readonly of: readonly Expression[] };

/**
 * @param names of the searches the rule defines
 * @throws Error with what is wrong; the caller adds the file
 */
export function parseCondition(text: string, names: readonly string[]): Expression {
  const tokens = text.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;

  function either(): Expression {
    const parts = [both()];
    while (is('or')) parts.push((at++, both()));
    return parts.length === 1 ? (parts[0] as Expression) : { op: 'or', of: parts };
  }
  function both(): Expression {
    const parts = [one()];
    while (is('and')) parts.push((at++, one()));
    return parts.length === 1 ? (parts[0] as Expression) : { op: 'and', of: parts };
  }
  function one(): Expression {
    const token = tokens[at];
    if (token === undefined) throw new Error('the condition ends too early');
    at += 1;
    if (token.toLowerCase() === 'not') return { op: 'not', of: one() };
    if (token === '(') {
      const inner = either();
      if (tokens[at] !== ')') throw new Error('a parenthesis is not closed');
      at += 1;
      return inner;
    }
    if ((token === '1' || token.toLowerCase() === 'all' || token.toLowerCase() === 'any') && is('of')) {
      at += 1;
      return quantified(token.toLowerCase() === 'all' ? 'and' : 'or', tokens[at++]);
    }
    return search(token);
  }
  function quantified(op: 'and' | 'or', pattern: string | undefined): Expression {
    if (pattern === undefined) throw new Error('"of" is followed by nothing');
    const wanted =
      pattern === 'them'
        ? names.filter((name) => !name.startsWith('_'))
        : names.filter((name) => wildcard(pattern, name));
    if (wanted.length === 0) throw new Error(`"of ${pattern}" names no search`);
    return { op, of: wanted.map((name) => ({ op: 'search', name })) };
  }
  function search(name: string): Expression {
    if (!names.includes(name)) throw new Error(`the condition names "${name}", which is not defined`);
    return { op: 'search', name };
  }
  function is(word: string): boolean {
    return tokens[at]?.toLowerCase() === word;
  }

  const whole = either();
  if (at < tokens.length) throw new Error(`"${tokens[at]}" is not understood in the condition`);
  return whole;
}

/** `selection_*` against a name; linear, no regular expression from a rule's text. */
export function wildcard(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === name;
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (name.startsWith(part) ? 0 : -1) : name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  const last = parts.at(-1) ?? '';
  return last === '' || (name.endsWith(last) && name.length >= from);
}
