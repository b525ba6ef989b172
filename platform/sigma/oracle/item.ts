/** One line of a selection, read as the specification says it. */
import { RE2JS } from 're2js';
import type { SigmaEvent } from '../event.ts';
import { type Parts, partsOf } from './calendar.ts';
import { inNetwork } from './network.ts';
import { type Placeholders, waysToWrite } from './texts.ts';
import { matches, plainTokens, type Token } from './wildcards.ts';

type Test = (event: SigmaEvent) => boolean;

const TIME_PARTS: readonly (keyof Parts)[] = ['minute', 'hour', 'day', 'week', 'month', 'year'];
const COMPARISONS: Readonly<Record<string, (found: number, wanted: number) => boolean>> = {
  lt: (found, wanted) => found < wanted,
  lte: (found, wanted) => found <= wanted,
  gt: (found, wanted) => found > wanted,
  gte: (found, wanted) => found >= wanted,
};

export function itemTest(key: string, definition: unknown, placeholders: Placeholders): Test {
  const [field = '', ...modifiers] = key.split('|');
  const list = Array.isArray(definition) ? (definition.length === 0 ? [null] : definition) : [definition];
  const tests = list.map((value: unknown) => valueTest(field, modifiers, value, placeholders));
  if (modifiers.includes('neq')) return (event) => !tests.some((test) => test(event));
  if (modifiers.includes('all')) return (event) => tests.every((test) => test(event));
  return (event) => tests.some((test) => test(event));
}

/** What a field holds, null included; of no field, what the event holds. */
function valuesOf(event: SigmaEvent, field: string): readonly unknown[] {
  if (field === '') return Object.values(event.fields).flat();
  return Object.hasOwn(event.fields, field) ? [event.fields[field]].flat() : [];
}

/** Of the event that was asked about last: thousands of rules ask the same of it. */
const known: { event?: SigmaEvent; texts: Map<string, readonly string[]> } = { texts: new Map() };

function textsOf(event: SigmaEvent, field: string): readonly string[] {
  if (known.event !== event) {
    known.event = event;
    known.texts = new Map();
  }
  const before = known.texts.get(field);
  if (before !== undefined) return before;
  const texts = valuesOf(event, field)
    .filter((value) => value !== null)
    .map(String);
  known.texts.set(field, texts);
  return texts;
}

function valueTest(
  field: string,
  modifiers: readonly string[],
  value: unknown,
  placeholders: Placeholders,
): Test {
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  if (has('exists')) return (event) => valuesOf(event, field).length > 0 === value;
  if (value === null) {
    return (event) => {
      const values = valuesOf(event, field);
      return values.length === 0 || values.includes(null);
    };
  }
  if (has('re')) {
    const flags =
      (has('i') ? RE2JS.CASE_INSENSITIVE : 0) |
      (has('m') ? RE2JS.MULTILINE : 0) |
      (has('s') ? RE2JS.DOTALL : 0);
    const expression = RE2JS.compile(String(value), flags);
    return (event) => textsOf(event, field).some((text) => expression.matcher(text).find());
  }
  if (has('cidr')) return (event) => textsOf(event, field).some((text) => inNetwork(String(value), text));
  const compares = COMPARISONS[modifiers.find((modifier) => Object.hasOwn(COMPARISONS, modifier)) ?? ''];
  const part = TIME_PARTS.find(has);
  if (part !== undefined) {
    const holds = compares ?? ((found: number, wanted: number): boolean => found === wanted);
    return (event) =>
      valuesOf(event, field).some((found) => {
        const parts = partsOf(found);
        return parts !== undefined && holds(parts[part], Number(value));
      });
  }
  if (compares !== undefined)
    return (event) =>
      valuesOf(event, field).some((found) => isNumber(found) && compares(Number(found), Number(value)));
  const widenings = ['contains', 'startswith', 'endswith'].filter(has);
  if (has('fieldref')) {
    return (event) =>
      textsOf(event, String(value)).some((other) => {
        const [pattern = []] = waysAround(plainTokens(other), widenings);
        return textsOf(event, field).some((text) => matches(pattern, text, has('cased')));
      });
  }
  // A keyword is looked for anywhere unless it says where.
  const isAnywhere = field === '' && widenings.length === 0;
  const ways = waysToWrite(String(value), isAnywhere ? [...modifiers, 'contains'] : modifiers, placeholders);
  return (event) =>
    textsOf(event, field).some((text) => ways.some((way) => matches(way, text, has('cased'))));
}

function waysAround(tokens: readonly Token[], widenings: readonly string[]): readonly (readonly Token[])[] {
  const before: readonly Token[] = widenings.some((name) => name !== 'startswith') ? ['any text'] : [];
  const after: readonly Token[] = widenings.some((name) => name !== 'endswith') ? ['any text'] : [];
  return [[...before, ...tokens, ...after]];
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^[+-]?[0-9]+(\.[0-9]+)?$/.test(value));
}
