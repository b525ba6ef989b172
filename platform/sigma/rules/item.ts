/** One line of a selection: a field with its modifiers, and the values that are asked for. */
import type { Condition, Field, Predicate } from '../ir.ts';
import { bytesAsText } from './encodings.ts';
import { MODIFIERS, type ModifierContext } from './modifiers.ts';
import { patternTest } from './pattern.ts';
import { quoted, refuse } from './refusal.ts';
import { allOf, anyOf, negation } from './simplify.ts';
import { asText, type Value, valueOf } from './values.ts';
import type { Yaml, YamlScalar } from './yaml-tree.ts';

export type ItemOptions = Pick<ModifierContext, 'placeholders' | 'checkRegex'>;

/** How the values are asked for, and where this stands. */
interface Manner {
  readonly field: Field;
  readonly isCased: boolean;
  readonly isNegated: boolean;
  readonly line: number;
}

const MODIFIERS_MAX = 16;

/**
 * @param key `Field|modifier|…`; nothing before the first `|` is every field
 * @throws RuleRefused
 */
export function itemCondition(key: string, values: Yaml, line: number, options: ItemOptions): Condition {
  const [name = '', ...modifiers] = key.split('|');
  const unknown = modifiers.find((modifier) => !Object.hasOwn(MODIFIERS, modifier) && !MANNERS.has(modifier));
  if (unknown !== undefined)
    refuse('modifier-unknown', line, `Sigma 2.1 has no modifier ${quoted(unknown)}.`);
  if (modifiers.length > MODIFIERS_MAX)
    refuse('too-large', line, `A field has at most ${MODIFIERS_MAX} modifiers.`);
  const manner: Manner = {
    field: name === '' ? null : name,
    isCased: modifiers.includes('cased'),
    isNegated: modifiers.includes('neq'),
    line,
  };
  const isAll = modifiers.includes('all');
  const scalars = scalarsOf(values, name, modifiers.length > 0);
  if (isAll && scalars.length < 2)
    refuse(
      'modifier-illegal',
      line,
      'The modifier all takes a list of several values; a single one has nothing to link.',
    );
  if (modifiers.includes('exists') && scalars.length > 1)
    refuse('modifier-illegal', line, 'The modifier exists takes one value, true or false.');
  const changing = modifiers.filter((modifier) => !MANNERS.has(modifier));
  const tests = scalars.map((scalar) => valueCondition(scalar, changing, manner, options));
  // Different from the values is different from each of them, with `all` or without.
  if (manner.isNegated) return negation(anyOf(tests));
  return isAll ? allOf(tests) : anyOf(tests);
}

/** Say how values are asked for, wherever they stand among the others. */
const MANNERS: ReadonlySet<string> = new Set(['all', 'cased', 'neq']);
const WIDENING: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith']);

/** An empty list is null: the field has no value. */
function scalarsOf(values: Yaml, name: string, isModified: boolean): readonly YamlScalar[] {
  if (values.kind === 'map')
    refuse('wrong-type', values.line, `${quoted(name)} asks for a value or a list of values.`);
  if (values.kind === 'scalar') return [values];
  if (values.items.length === 0) {
    if (isModified) refuse('value-illegal', values.line, 'An empty list is null, which takes no modifiers.');
    return [{ kind: 'scalar', line: values.line, value: null }];
  }
  return values.items.map((item) =>
    item.kind === 'scalar' ? item : refuse('wrong-type', item.line, 'A list of values holds values only.'),
  );
}

function valueCondition(
  scalar: YamlScalar,
  modifiers: readonly string[],
  manner: Manner,
  options: ItemOptions,
): Condition {
  let values: readonly Value[] = [valueOf(scalar.value)];
  for (const [index, name] of modifiers.entries()) {
    const context: ModifierContext = { ...options, name, line: scalar.line, isFirst: index === 0 };
    values = values.flatMap((value) => MODIFIERS[name]?.(value, context) ?? []);
  }
  const isWidened = manner.field !== null || modifiers.some((name) => WIDENING.has(name));
  return anyOf(
    values.map((value) =>
      finished(isWidened ? value : keyword(value), { ...manner, line: scalar.line }, options),
    ),
  );
}

/** A keyword is found anywhere in a text. */
function keyword(value: Value): Value {
  const text = asText(value);
  if (text === undefined) return value;
  const context = {
    name: 'contains',
    line: 0,
    isFirst: false,
    placeholders: {},
    checkRegex: () => undefined,
  };
  return MODIFIERS['contains']?.(text, context)[0] ?? text;
}

function finished(value: Value, manner: Manner, options: ItemOptions): Condition {
  const { line } = manner;
  const text = asText(value);
  if (manner.isCased && text === undefined && value.kind !== 'field reference')
    refuse('modifier-illegal', line, `The modifier cased is about texts, not a ${value.kind}.`);
  if (
    manner.isNegated &&
    text === undefined &&
    value.kind !== 'field reference' &&
    value.kind !== 'time part'
  )
    refuse(
      'modifier-illegal',
      line,
      `The modifier neq takes a text, a number or a field, not a ${value.kind}.`,
    );
  if (value.kind === 'existence') {
    const there: Condition = { op: 'test', test: { op: 'exists', field: boundField(value, manner) } };
    return value.isWanted ? there : negation(there);
  }
  return {
    op: 'test',
    test: text === undefined ? otherTest(value, manner, options) : textTest(text, manner),
  };
}

function textTest(text: Extract<Value, { kind: 'text' }>, { field, isCased, line }: Manner): Predicate {
  const pattern = text.isBytes
    ? text.pattern.map((part) =>
        typeof part === 'string'
          ? (bytesAsText(part) ??
            refuse('value-illegal', line, 'What the encoding yields is not text; base64 has to follow it.'))
          : part,
      )
    : text.pattern;
  const test = patternTest(pattern, field, isCased);
  if (field === null && test.op === 'contains' && test.text === '')
    refuse('value-illegal', line, 'An empty keyword is in every event.');
  return test;
}

function otherTest(value: Value, manner: Manner, options: ItemOptions): Predicate {
  switch (value.kind) {
    case 'regular expression': {
      const { source, ignoreCase, multiline, dotAll } = value;
      const flags = (ignoreCase ? 'i' : '') + (multiline ? 'm' : '') + (dotAll ? 's' : '');
      const because = options.checkRegex(source, flags);
      if (because !== undefined)
        refuse('regex-refused', manner.line, `The expression ${quoted(source)} is refused: ${because}.`);
      return { op: 're', field: manner.field, source, ignoreCase, multiline, dotAll };
    }
    case 'network':
      return { op: 'cidr', field: boundField(value, manner), network: value.network };
    case 'comparison':
      return { op: 'compare', field: boundField(value, manner), by: value.by, value: value.number };
    case 'time part':
      return {
        op: 'timepart',
        field: boundField(value, manner),
        part: value.part,
        by: value.by,
        value: value.number,
      };
    case 'field reference': {
      const { isOpened, isClosed, other } = value;
      const anchor =
        isOpened && isClosed ? 'contains' : isOpened ? 'endswith' : isClosed ? 'startswith' : 'equals';
      return { op: 'fieldref', field: boundField(value, manner), other, anchor, isCased: manner.isCased };
    }
    case 'null':
    case 'text':
    case 'number':
    case 'boolean':
    case 'existence':
      return { op: 'null', field: boundField(value, manner) };
  }
}

function boundField(value: Value, { field, line }: Manner): string {
  return (
    field ?? refuse('modifier-illegal', line, `A ${value.kind} is asked of a field; a keyword is a text.`)
  );
}
