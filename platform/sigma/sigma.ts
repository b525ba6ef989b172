/**
 * Door: Sigma rules on OCSF events. Fields are OCSF attribute paths (`actor.process.name`), log sources name
 * the OCSF class (`category: file_event` is File System Activity).
 *
 * A subset, and an honest one: what is not understood is refused with a reason, never skipped.
 */
import { parse } from 'yaml';
import * as z from 'zod';
import { type Expression, parseCondition } from './condition.ts';
import { sigmaErrors } from './errors.ts';
import { compileValues, type Test } from './values.ts';

export { sigmaErrors };

const RuleText = z.looseObject({
  title: z.string().min(1).max(256),
  id: z.uuid(),
  status: z.string().optional(),
  description: z.string().max(65_535).optional(),
  logsource: z.looseObject({
    product: z.string().optional(),
    category: z.string().optional(),
    service: z.string().optional(),
  }),
  detection: z.looseObject({ condition: z.string() }),
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']).default('medium'),
  tags: z.array(z.string()).max(64).default([]),
});

export interface SigmaRule {
  readonly id: string;
  readonly title: string;
  readonly level: 'informational' | 'low' | 'medium' | 'high' | 'critical';
  readonly tags: readonly string[];
  readonly file: string;
  /** OCSF classes whose events this rule looks at. */
  readonly classUids: readonly number[];
  matches(event: Readonly<Record<string, unknown>>): boolean;
}

/** Sigma's taxonomy of log sources, as OCSF classes; grows with the rooms. */
const CLASSES_OF_CATEGORY: Readonly<Record<string, readonly number[]>> = {
  file_event: [1_001],
  file_change: [1_001],
  file_delete: [1_001],
  file_rename: [1_001],
};

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
  const rule = RuleText.parse(parse(text, { maxAliasCount: 0 }));
  const category = rule.logsource.category;
  const classUids = category === undefined ? undefined : CLASSES_OF_CATEGORY[category];
  if (classUids === undefined)
    throw new Error(`the log source category "${category ?? ''}" has no OCSF class here`);
  const { condition, ...searches } = rule.detection;
  const tests = new Map<string, Test>();
  for (const [name, search] of Object.entries(searches)) tests.set(name, compileSearch(search));
  const expression = parseCondition(condition, [...tests.keys()]);
  return {
    id: rule.id,
    title: rule.title,
    level: rule.level,
    tags: rule.tags,
    file,
    classUids,
    matches: (event) => holds(expression, tests, event),
  };
}

/** A map is all of its lines, a list is any of its maps. */
function compileSearch(search: unknown): Test {
  if (Array.isArray(search)) {
    const any = search.map(compileSearch);
    if (any.length === 0) throw new Error('a search is empty');
    return (event) => any.some((test) => test(event));
  }
  if (typeof search !== 'object' || search === null)
    throw new Error('keyword searches (without a field) are not supported');
  const lines = Object.entries(search).map(([key, value]) => {
    const [field = '', ...modifiers] = key.split('|');
    const path = field.split('.');
    const test = compileValues(modifiers, value);
    return (event: unknown): boolean => test(read(event, path));
  });
  if (lines.length === 0) throw new Error('a search is empty');
  return (event) => lines.every((line) => line(event));
}

/** The value at a path; lists on the way give the list of what their entries hold. */
function read(event: unknown, path: readonly string[]): unknown {
  let value: unknown = event;
  for (const [index, key] of path.entries()) {
    if (Array.isArray(value)) {
      const found = value.map((item) => read(item, path.slice(index))).filter((item) => item !== undefined);
      return found.length === 0 ? undefined : found.flat();
    }
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function holds(expression: Expression, tests: ReadonlyMap<string, Test>, event: unknown): boolean {
  switch (expression.op) {
    case 'search':
      return tests.get(expression.name)?.(event) === true;
    case 'not':
      return !holds(expression.of, tests, event);
    case 'and':
      return expression.of.every((part) => holds(part, tests, event));
    case 'or':
      return expression.of.some((part) => holds(part, tests, event));
  }
}
