/**
 * The modifiers of Sigma 2.1 that change a value, each applied to what the one before it left. `all`, `cased`
 * and `neq` are not here: they say how the values are asked for (`item.ts`).
 */
import { parseNetwork } from '../engine/cidr.ts';
import { ANY_TEXT, type TimePart } from '../ir.ts';
import { base64, base64Offsets, type Utf16, utf8Bytes, utf16Bytes } from './encodings.ts';
import { expand, type Placeholders, windash } from './expansions.ts';
import { joinPattern, literalOf, type Pattern } from './pattern.ts';
import { quoted, refuse } from './refusal.ts';
import type { CheckRegex } from './regex-check.ts';
import { asText, type TextValue, type Value } from './values.ts';

export interface ModifierContext {
  readonly name: string;
  readonly line: number;
  /** Nothing before it changed the value. */
  readonly isFirst: boolean;
  readonly placeholders: Placeholders;
  readonly checkRegex: CheckRegex;
}

type Modifier = (value: Value, context: ModifierContext) => readonly Value[];

export const MODIFIERS: Readonly<Record<string, Modifier>> = {
  contains: (value, context) => [widened(value, true, true, context)],
  startswith: (value, context) => [widened(value, false, true, context)],
  endswith: (value, context) => [widened(value, true, false, context)],
  base64: (value, context) => [encodedText(base64(bytesOf(value, context)))],
  base64offset: (value, context) => {
    const texts = base64Offsets(bytesOf(value, context));
    if (texts.includes(''))
      refuse(
        'value-illegal',
        context.line,
        'The value is too short for base64offset: at some place nothing of it is fixed.',
      );
    return texts.map(encodedText);
  },
  utf16: (value, context) => [inUtf16(value, 'utf16', context)],
  utf16le: (value, context) => [inUtf16(value, 'utf16le', context)],
  utf16be: (value, context) => [inUtf16(value, 'utf16be', context)],
  wide: (value, context) => [inUtf16(value, 'utf16le', context)],
  windash: (value, context) =>
    windash(unencoded(value, context).pattern, context.line).map((pattern) => patternText(pattern)),
  expand: (value, context) =>
    expand(unencoded(value, context).pattern, context.placeholders, context.line).map((pattern) =>
      patternText(pattern),
    ),
  re: (value, context) => {
    const source = unmodified(value, context).raw;
    return [{ kind: 'regular expression', source, ignoreCase: false, multiline: false, dotAll: false }];
  },
  i: (value, context) => [{ ...expression(value, context), ignoreCase: true }],
  m: (value, context) => [{ ...expression(value, context), multiline: true }],
  s: (value, context) => [{ ...expression(value, context), dotAll: true }],
  cidr: (value, context) => {
    const network = unmodified(value, context).raw;
    if (parseNetwork(network) === undefined)
      refuse(
        'value-illegal',
        context.line,
        `${quoted(network)} is not a network in prefix notation, like 10.0.0.0/8 or 2001:db8::/32, without bits after the prefix.`,
      );
    return [{ kind: 'network', network }];
  },
  lt: (value, context) => [compared(value, 'lt', context)],
  lte: (value, context) => [compared(value, 'lte', context)],
  gt: (value, context) => [compared(value, 'gt', context)],
  gte: (value, context) => [compared(value, 'gte', context)],
  exists: (value, context) => {
    if (!context.isFirst || value.kind !== 'boolean')
      return illegal(context, 'takes true or false as they stand');
    return [{ kind: 'existence', isWanted: value.boolean }];
  },
  fieldref: (value, context) => {
    const other = literalOf(unmodified(value, context).pattern);
    if (other === undefined || other === '')
      return illegal(context, 'takes the name of a field, without wildcards');
    return [{ kind: 'field reference', other, isOpened: false, isClosed: false }];
  },
  minute: (value, context) => [timePart(value, 'minute', context)],
  hour: (value, context) => [timePart(value, 'hour', context)],
  day: (value, context) => [timePart(value, 'day', context)],
  week: (value, context) => [timePart(value, 'week', context)],
  month: (value, context) => [timePart(value, 'month', context)],
  year: (value, context) => [timePart(value, 'year', context)],
};

function illegal(context: ModifierContext, because: string): never {
  return refuse('modifier-illegal', context.line, `The modifier ${context.name} ${because}.`);
}

function widened(value: Value, isOpened: boolean, isClosed: boolean, context: ModifierContext): Value {
  if (value.kind === 'field reference')
    return { ...value, isOpened: value.isOpened || isOpened, isClosed: value.isClosed || isClosed };
  if (value.kind === 'regular expression')
    return illegal(
      context,
      'does not go with re, which finds its text anywhere unless ^ and $ say otherwise',
    );
  const text = asText(value) ?? illegal(context, 'takes a text');
  const pattern = joinPattern(isOpened ? [ANY_TEXT] : [], text.pattern, isClosed ? [ANY_TEXT] : []);
  return { ...text, pattern };
}

function patternText(pattern: Pattern): TextValue {
  return { kind: 'text', pattern, raw: '', isBytes: false, isEncoded: false };
}

function encodedText(text: string): TextValue {
  return { ...patternText([text]), isEncoded: true };
}

function textOf(value: Value, context: ModifierContext): TextValue {
  return value.kind === 'text' ? value : illegal(context, 'takes a text');
}

function unmodified(value: Value, context: ModifierContext): TextValue {
  return context.isFirst
    ? textOf(value, context)
    : illegal(context, 'takes the value as it stands, so it comes first');
}

function unencoded(value: Value, context: ModifierContext): TextValue {
  const text = textOf(value, context);
  return text.isEncoded ? illegal(context, 'comes before encodings') : text;
}

function bytesOf(value: Value, context: ModifierContext): string {
  const text = textOf(value, context);
  const literal = literalOf(text.pattern);
  if (literal === undefined)
    return illegal(context, 'encodes a text without wildcards; contains comes after it');
  if (literal === '') return illegal(context, 'encodes a text that is not empty');
  return text.isBytes ? literal : utf8Bytes(literal);
}

function inUtf16(value: Value, encoding: Utf16, context: ModifierContext): Value {
  const text = textOf(value, context);
  if (text.isBytes) return illegal(context, 'encodes a text, and this is encoded already');
  let isStart = true;
  const pattern = text.pattern.map((part) => {
    if (typeof part !== 'string') return part;
    const bytes = utf16Bytes(part, encoding === 'utf16' && !isStart ? 'utf16le' : encoding);
    isStart = false;
    return bytes;
  });
  return { ...text, pattern, isBytes: true, isEncoded: true };
}

function expression(value: Value, context: ModifierContext): Extract<Value, { kind: 'regular expression' }> {
  return value.kind === 'regular expression' ? value : illegal(context, 'follows re');
}

function compared(value: Value, by: 'lt' | 'lte' | 'gt' | 'gte', context: ModifierContext): Value {
  if (value.kind === 'number') return { kind: 'comparison', by, number: value.number };
  if (value.kind === 'time part' && value.by === 'eq') return { ...value, by };
  return illegal(context, 'takes a number');
}

/** Of UTC and ISO 8601; a year is any. */
const RANGES: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9_999],
};

function timePart(value: Value, part: TimePart, context: ModifierContext): Value {
  if (!context.isFirst || value.kind !== 'number') return illegal(context, 'takes a number as it stands');
  const [from, to] = RANGES[part];
  if (!Number.isInteger(value.number) || value.number < from || value.number > to)
    return refuse(
      'value-illegal',
      context.line,
      `The modifier ${part} takes a number from ${from} to ${to}.`,
    );
  return { kind: 'time part', part, by: 'eq', number: value.number };
}
