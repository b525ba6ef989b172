/**
 * The condition of a rule. From least to most binding: or, and, not, "1 of" and "all of", parentheses
 * (specification, "Condition").
 */
import type { Condition } from '../ir.ts';
import { quoted, refuse } from './refusal.ts';
import { allOf, anyOf, negation, testsIn } from './simplify.ts';

const CONDITION_CHARACTERS_MAX = 8_192;
const DEPTH_MAX = 64;
/** A search counts each time the condition names it. */
export const TESTS_MAX = 50_000;

/**
 * @param searches by name, in the rule's order
 * @throws RuleRefused
 */
export function parseCondition(
  text: string,
  line: number,
  searches: ReadonlyMap<string, Condition>,
): Condition {
  if (text.length > CONDITION_CHARACTERS_MAX)
    refuse('too-large', line, `A condition has at most ${CONDITION_CHARACTERS_MAX} characters.`);
  if (text.includes('|'))
    refuse(
      'condition-aggregation',
      line,
      'Aggregations behind a pipe are not part of Sigma 2: write a correlation rule.',
    );
  return new Parser(text, line, searches).parse();
}

class Parser {
  readonly #tokens: readonly string[];
  readonly #line: number;
  readonly #searches: ReadonlyMap<string, Condition>;
  #at = 0;
  #tests = 0;

  constructor(text: string, line: number, searches: ReadonlyMap<string, Condition>) {
    this.#tokens = text.match(/[()]|[^\s()]+/g) ?? [];
    this.#line = line;
    this.#searches = searches;
  }

  parse(): Condition {
    const whole = this.#either(0);
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) this.#refuse(`${quoted(rest)} is not expected where it stands`);
    return whole;
  }

  #either(depth: number): Condition {
    const parts = [this.#both(depth)];
    while (this.#takes('or')) parts.push(this.#both(depth));
    return anyOf(parts);
  }

  #both(depth: number): Condition {
    const parts = [this.#one(depth)];
    while (this.#takes('and')) parts.push(this.#one(depth));
    return allOf(parts);
  }

  #one(depth: number): Condition {
    if (depth > DEPTH_MAX)
      refuse('too-large', this.#line, `A condition is nested at most ${DEPTH_MAX} levels deep.`);
    if (this.#takes('not')) return negation(this.#one(depth + 1));
    const token = this.#tokens[this.#at];
    if (token === undefined) return this.#refuse('it ends where a search is expected');
    this.#at += 1;
    if (token === '(') {
      const inner = this.#either(depth + 1);
      if (!this.#takes(')')) this.#refuse('a parenthesis is not closed');
      return inner;
    }
    if (this.#takes('of')) return this.#quantified(token.toLowerCase());
    if (token === ')' || RESERVED.has(token.toLowerCase()))
      return this.#refuse(`${quoted(token)} stands where a search is expected`);
    return this.#search(token);
  }

  #quantified(quantifier: string): Condition {
    if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all')
      this.#refuse(`${quoted(`${quantifier} of`)} is not part of Sigma: it has "1 of" and "all of"`);
    const pattern = this.#tokens[this.#at] ?? this.#refuse('"of" is followed by nothing');
    this.#at += 1;
    // Searches that begin with an underscore are out of both forms; only their whole name brings them in.
    const names = [...this.#searches.keys()].filter(
      (name) => !name.startsWith('_') && (pattern.toLowerCase() === 'them' || nameMatches(pattern, name)),
    );
    if (names.length === 0)
      refuse(
        'condition-undefined',
        this.#line,
        `No search of the rule is meant by ${quoted(`of ${pattern}`)}.`,
      );
    const parts = names.map((name) => this.#search(name));
    return quantifier === 'all' ? allOf(parts) : anyOf(parts);
  }

  #search(name: string): Condition {
    const search =
      this.#searches.get(name) ??
      refuse(
        'condition-undefined',
        this.#line,
        `The condition names ${quoted(name)}, which the rule does not define.`,
      );
    this.#tests += testsIn(search);
    if (this.#tests > TESTS_MAX) refuse('too-large', this.#line, `A rule has at most ${TESTS_MAX} tests.`);
    return search;
  }

  #takes(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #refuse(because: string): never {
    return refuse('condition-syntax', this.#line, `The condition is not understood: ${because}.`);
  }
}

const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of', 'them']);

/** `*` is any text, anywhere in the pattern; linear, no regular expression made of a rule's text. */
function nameMatches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
