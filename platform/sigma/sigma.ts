/**
 * Door: Sigma rules on OCSF events. Fields are OCSF attribute paths (`actor.process.name`), log sources name
 * an OCSF class or one of Sigma's own categories (`logsource.ts`).
 *
 * A subset of Sigma 2.1, and an honest one: what is not understood, and what no event can ever hold, is
 * refused with a reason, never skipped. Regular expressions are refused until there is an engine for them
 * that takes linear time: who is watched chooses the texts.
 */

import { parse } from 'yaml';
import * as z from 'zod';
import { hasAttribute } from '../ocsf/ocsf.ts';
import { type Expression, parseCondition } from './condition.ts';
import { sigmaErrors } from './errors.ts';
import { logSourceOf } from './logsource.ts';
import { compileSearch, type Search, type SigmaMatch } from './search.ts';

export type { SigmaMatch };
export { sigmaErrors };

const RULE_CHARACTERS_MAX = 262_144;
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
/** Meta rules and what changes the meaning of a search over time. */
const REFUSED_KEYS = ['correlation', 'filter', 'action'];

const RuleText = z.looseObject({
  title: z.string().min(1).max(256),
  id: z.uuid(),
  description: z.string().max(65_535).optional(),
  logsource: z.looseObject({
    product: z.string().optional(),
    category: z.string().optional(),
    service: z.string().optional(),
  }),
  detection: z.looseObject({ condition: z.string().max(4_096) }),
  level: z.enum(LEVELS).default('medium'),
  tags: z.array(z.string().max(128)).max(64).default([]),
});

export interface SigmaRule {
  readonly id: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly level: (typeof LEVELS)[number];
  readonly tags: readonly string[];
  readonly file: string;
  /** OCSF classes whose events this rule looks at. */
  readonly classUids: readonly number[];
  matches(event: Readonly<Record<string, unknown>>): boolean;
  /** Which attributes made it match and what they held; empty when it does not match. */
  explain(event: Readonly<Record<string, unknown>>): readonly SigmaMatch[];
}

/**
 * @param file for messages only
 * @throws SIGMA_RULE_REFUSED with what is not understood
 */
export function compileRule(text: string, file: string): SigmaRule {
  try {
    return compile(text, file);
  } catch (error) {
    const because =
      error instanceof z.ZodError
        ? z.prettifyError(error)
        : error instanceof Error
          ? error.message
          : String(error);
    throw sigmaErrors.make('SIGMA_RULE_REFUSED', { file, because }, { cause: error });
  }
}

function compile(text: string, file: string): SigmaRule {
  if (text.length > RULE_CHARACTERS_MAX) throw new Error(`longer than ${RULE_CHARACTERS_MAX} characters`);
  const rule = RuleText.parse(parse(text, { maxAliasCount: 0, logLevel: 'error' }));
  for (const key of REFUSED_KEYS) if (key in rule) throw new Error(`"${key}" is not supported`);
  const { classUid, activities } = logSourceOf(rule.logsource);
  const { condition, ...definitions } = rule.detection;
  if ('timeframe' in definitions) throw new Error('"timeframe" is not supported');
  const searches = new Map<string, Search>();
  for (const [name, definition] of Object.entries(definitions)) {
    const search = compileSearch(definition);
    const unknown = search.fields.find((field) => !hasAttribute(classUid, field.split('.')));
    if (unknown !== undefined)
      throw new Error(
        `"${unknown}" is not an OCSF attribute of class ${classUid}: the rule could never match`,
      );
    searches.set(name, search);
  }
  const expression = parseCondition(condition, [...searches.keys()]);
  // A rule that says itself which activities it means is taken at its word.
  const isNarrowed = ![...searches.values()].some((search) => search.fields.includes('activity_id'));
  const isLookedAt = (event: Readonly<Record<string, unknown>>): boolean =>
    event['class_uid'] === classUid &&
    (activities === undefined || !isNarrowed || activities.includes(event['activity_id'] as number));
  const matches = (event: Readonly<Record<string, unknown>>): boolean =>
    isLookedAt(event) && holds(expression, searches, event);
  return {
    id: rule.id,
    title: rule.title,
    description: rule.description,
    level: rule.level,
    tags: rule.tags,
    file,
    classUids: [classUid],
    matches,
    explain: (event) => (matches(event) ? because(expression, searches, event) : []),
  };
}

function holds(expression: Expression, searches: ReadonlyMap<string, Search>, event: unknown): boolean {
  switch (expression.op) {
    case 'search':
      return searches.get(expression.name)?.matches(event) === true;
    case 'not':
      return !holds(expression.of, searches, event);
    case 'and':
      return expression.of.every((part) => holds(part, searches, event));
    case 'or':
      return expression.of.some((part) => holds(part, searches, event));
  }
}

/** The lines behind a condition that holds. Of a `not` there is nothing to show. */
function because(
  expression: Expression,
  searches: ReadonlyMap<string, Search>,
  event: unknown,
): readonly SigmaMatch[] {
  switch (expression.op) {
    case 'search':
      return searches.get(expression.name)?.explain(event) ?? [];
    case 'not':
      return [];
    case 'and':
    case 'or':
      return expression.of
        .filter((part) => holds(part, searches, event))
        .flatMap((part) => because(part, searches, event));
  }
}
