/** Conditions of temporal correlations that say which rules must have matched: `a and (b or not c)`. */

export type RuleExpression =
  | { readonly op: 'rule'; readonly rule: string }
  | { readonly op: 'not'; readonly of: RuleExpression }
  | { readonly op: 'and' | 'or'; readonly of: readonly RuleExpression[] };

const DEPTH_MAX = 64;
const TOKENS_MAX = 1_000;

/**
 * Binds as Sigma's conditions do: `not` before `and` before `or`; the words in either case.
 *
 * @returns the expression, or why it is none
 */
export function parseExpression(text: string): RuleExpression | { readonly because: string } {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  if (tokens.length === 0) return { because: 'the condition is empty' };
  if (tokens.length > TOKENS_MAX) return { because: `the condition has more than ${TOKENS_MAX} words` };
  const reader = new Reader(tokens);
  try {
    const expression = reader.or(0);
    reader.end();
    return expression;
  } catch (error) {
    if (error instanceof Unreadable) return { because: error.message };
    throw error;
  }
}

/** In order of appearance, each once. */
export function rulesIn(expression: RuleExpression): readonly string[] {
  if (expression.op === 'rule') return [expression.rule];
  if (expression.op === 'not') return rulesIn(expression.of);
  return [...new Set(expression.of.flatMap(rulesIn))];
}

export function hasNot(expression: RuleExpression): boolean {
  if (expression.op === 'rule') return false;
  return expression.op === 'not' || expression.of.some(hasNot);
}

/**
 * @param seen whether the rule matched; `isNegated` says under how many `not` the question is asked (odd: true)
 */
export function holds(
  expression: RuleExpression,
  seen: (rule: string, isNegated: boolean) => boolean,
  isNegated = false,
): boolean {
  switch (expression.op) {
    case 'rule':
      return seen(expression.rule, isNegated);
    case 'not':
      return !holds(expression.of, seen, !isNegated);
    case 'and':
      return expression.of.every((part) => holds(part, seen, isNegated));
    case 'or':
      return expression.of.some((part) => holds(part, seen, isNegated));
  }
}

/** Above this an expression is refused: each set is looked for in each window. */
const SETS_MAX = 64;

/**
 * The sets of rules of which one must have matched as a whole, for an expression without `not`.
 *
 * @returns undefined where there are more than `SETS_MAX`
 */
export function setsOf(expression: RuleExpression): readonly (readonly string[])[] | undefined {
  if (expression.op === 'rule') return [[expression.rule]];
  if (expression.op === 'not') return undefined;
  let sets: readonly (readonly string[])[] = expression.op === 'and' ? [[]] : [];
  for (const part of expression.of) {
    const more = setsOf(part);
    if (more === undefined) return undefined;
    sets =
      expression.op === 'or'
        ? [...sets, ...more]
        : sets.flatMap((one) => more.map((other) => [...new Set([...one, ...other])]));
    if (sets.length > SETS_MAX) return undefined;
  }
  return sets;
}

class Unreadable extends Error {}

/** Recursive descent over the words. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  or(depth: number): RuleExpression {
    return this.#joined('or', () => this.#joined('and', () => this.#not(depth)));
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token !== undefined) throw new Unreadable(`"${token}" is not expected in the condition`);
  }

  #joined(op: 'and' | 'or', part: () => RuleExpression): RuleExpression {
    const first = part();
    const of = [first];
    while (this.#take(op)) of.push(part());
    return of.length === 1 ? first : { op, of };
  }

  #not(depth: number): RuleExpression {
    if (depth > DEPTH_MAX) throw new Unreadable(`the condition is nested deeper than ${DEPTH_MAX}`);
    if (this.#take('not')) return { op: 'not', of: this.#not(depth + 1) };
    if (this.#take('(')) {
      const inner = this.or(depth + 1);
      if (!this.#take(')')) throw new Unreadable('a parenthesis in the condition is not closed');
      return inner;
    }
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Unreadable('the condition ends where a rule is expected');
    if (/^(?:and|or|not|\))$/i.test(token))
      throw new Unreadable(`"${token}" stands where a rule is expected in the condition`);
    this.#at += 1;
    return { op: 'rule', rule: token };
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }
}
