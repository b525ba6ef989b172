/**
 * A correlation document (parsed YAML) as a rule, or why it is none.
 *
 * What the specification leaves out is taken from its reference implementation: the statistics, expressions
 * over rules, `neq`, and a temporal correlation without a condition, which asks for all of its rules.
 */
import { LEVELS, type Level } from '../ir.ts';
import { isTemporal, parseCondition } from './condition.ts';
import { rulesIn } from './expression.ts';
import {
  CORRELATION_TYPES,
  type CorrelationRefusal,
  type CorrelationRefusalCode,
  type CorrelationRule,
} from './rule.ts';
import { parseTimespan } from './timespan.ts';

/** Which of them matched is a set of bits. */
export const RULES_MAX = 31;
const GROUP_BY_MAX = 16;
const ALIASES_MAX = 64;
const LEVEL_DEFAULT: Level = 'medium';

export interface CorrelationPlace {
  readonly file: string;
  /** Where the document begins in its file, from 1. */
  readonly line: number;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

class Refused extends Error {
  readonly code: CorrelationRefusalCode;
  readonly near: string;

  constructor(code: CorrelationRefusalCode, near: string, because: string) {
    super(because);
    this.code = code;
    this.near = near;
  }
}

/**
 * @param document the whole YAML document, with its `correlation` section
 * @returns the rule, or a refusal whose line is that of the part that is refused, where it can be found
 */
export function parseCorrelation(
  document: unknown,
  place: CorrelationPlace,
): CorrelationRule | { readonly refused: CorrelationRefusal } {
  try {
    return ruleOf(document, place);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { refused: { code: error.code, because: error.message, line: lineOf(place, error.near) } };
  }
}

function ruleOf(document: unknown, place: CorrelationPlace): CorrelationRule {
  const whole = mapOf(document, 'correlation-malformed', 'correlation', 'the document is no map');
  const section = mapOf(
    whole['correlation'],
    'correlation-malformed',
    'correlation',
    'correlation is no map',
  );
  const type = CORRELATION_TYPES.find((known) => known === section['type']);
  if (type === undefined)
    throw new Refused(
      'correlation-type',
      'type',
      `the correlation type is one of ${CORRELATION_TYPES.join(', ')}`,
    );
  const timespanMs = parseTimespan(section['timespan']);
  if (timespanMs === undefined)
    throw new Refused(
      'correlation-timespan',
      'timespan',
      'the timespan is a number above 0 with s, m, h, d, w, M or y, and at most a year',
    );
  const listed = textsOf(section['rules'], 'correlation-rules', 'rules', RULES_MAX);
  const condition = parseCondition(type, section['condition'], listed);
  if ('because' in condition) throw new Refused('correlation-condition', 'condition', condition.because);
  const rules =
    listed.length === 0 && condition.kind === 'expression' ? rulesIn(condition.expression) : listed;
  if (rules.length === 0 || rules.length > RULES_MAX)
    throw new Refused(
      'correlation-rules',
      'rules',
      `a correlation refers to 1 to ${RULES_MAX} rules by id or name`,
    );
  if (
    isTemporal(type) &&
    condition.kind === 'measure' &&
    condition.bounds.some(({ value }) => value > rules.length)
  )
    throw new Refused(
      'correlation-condition',
      'condition',
      `the condition asks for more than the ${rules.length} rules there are`,
    );
  const { generate } = section;
  if (generate !== undefined && typeof generate !== 'boolean')
    throw new Refused('correlation-malformed', 'generate', 'generate is true or false');
  return {
    ...aboutOf(whole, place),
    type,
    rules,
    groupBy: textsOf(section['group-by'], 'correlation-group-by', 'group-by', GROUP_BY_MAX),
    timespanMs,
    aliases: aliasesOf(section['aliases'], rules),
    condition,
    generate: generate ?? false,
    ...place,
  };
}

type About = Pick<
  CorrelationRule,
  'id' | 'name' | 'title' | 'description' | 'status' | 'level' | 'tags' | 'references' | 'falsepositives'
>;

function aboutOf(whole: Fields, place: CorrelationPlace): About {
  const text = (name: string): string | undefined =>
    typeof whole[name] === 'string' && whole[name] !== '' ? whole[name] : undefined;
  const texts = (name: string): readonly string[] =>
    textsOf(whole[name], 'correlation-malformed', name, Number.POSITIVE_INFINITY);
  const title = text('title');
  if (title === undefined) throw new Refused('correlation-malformed', 'title', 'the rule has no title');
  const level = whole['level'] ?? LEVEL_DEFAULT;
  const known = LEVELS.find((one) => one === level);
  if (known === undefined)
    throw new Refused('correlation-malformed', 'level', `the level is one of ${LEVELS.join(', ')}`);
  return {
    id: text('id') ?? `${place.file}:${place.line}`,
    name: text('name'),
    title,
    description: text('description'),
    status: text('status'),
    level: known,
    tags: texts('tags'),
    references: texts('references'),
    falsepositives: texts('falsepositives'),
  };
}

function aliasesOf(written: unknown, rules: readonly string[]): CorrelationRule['aliases'] {
  const code = 'correlation-aliases';
  if (written === undefined || written === null) return new Map();
  const aliases = Object.entries(mapOf(written, code, 'aliases', 'aliases is no map'));
  if (aliases.length > ALIASES_MAX)
    throw new Refused(code, 'aliases', `there are more than ${ALIASES_MAX} aliases`);
  return new Map(
    aliases.map(([alias, of]) => {
      const fields = Object.entries(
        mapOf(of, code, alias, `the alias ${alias} is no map of rules to fields`),
      );
      for (const [rule, field] of fields) {
        if (!rules.includes(rule))
          throw new Refused(code, alias, `the alias ${alias} names ${rule}, which is not among the rules`);
        if (typeof field !== 'string' || field === '')
          throw new Refused(code, alias, `the alias ${alias} has no field for ${rule}`);
      }
      return [alias, new Map(fields as [string, string][])];
    }),
  );
}

function mapOf(value: unknown, code: CorrelationRefusalCode, near: string, because: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Refused(code, near, because);
}

/** One text or a list of different ones. */
function textsOf(value: unknown, code: CorrelationRefusalCode, near: string, max: number): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((item): item is string => typeof item === 'string' && item !== '');
  if (texts.length < list.length || texts.length > max)
    throw new Refused(code, near, `${near} is one text, or a list of ${max} texts at most`);
  if (new Set(texts).size < texts.length) throw new Refused(code, near, `${near} says something twice`);
  return texts;
}

function lineOf({ text, line }: CorrelationPlace, near: string): number {
  const at = text.split('\n').findIndex((one) => one.trimStart().startsWith(`${near}:`));
  return line + Math.max(at, 0);
}
