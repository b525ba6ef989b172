/**
 * Door: what a Sigma rule says of an event, worked out slowly and as the specification puts it, from the
 * rule's own text. It shares no code with `rules/` and `engine/`, so that a misreading there is found.
 *
 * For tests and benchmarks only: it takes rules that `rules/` has accepted, from people who wrote them.
 */
import { parseAllDocuments } from 'yaml';
import type { SigmaEvent } from '../event.ts';
import { itemTest } from './item.ts';
import type { Placeholders } from './texts.ts';

type Test = (event: SigmaEvent) => boolean;
type Json = Readonly<Record<string, unknown>>;

/** Whether each rule of the text matches, filters in the text applied; one answer per detection rule. */
export function oracleMatches(
  ruleText: string,
  event: SigmaEvent,
  placeholders: Placeholders = {},
): boolean[] {
  return oracleFor(ruleText, placeholders).map((test) => test(event));
}

export function oracleFor(ruleText: string, placeholders: Placeholders = {}): readonly Test[] {
  const documents = collected(ruleText);
  const filters = documents.filter((document) => 'filter' in document);
  return documents
    .filter((document) => 'detection' in document)
    .map((document) => {
      const own = detectionTest(document['detection'] as Json, placeholders);
      const others = filters
        .filter((filter) => narrows(filter, document))
        .map((filter) => detectionTest(without(filter['filter'] as Json, 'rules'), placeholders));
      return (event: SigmaEvent): boolean => [own, ...others].every((test) => test(event));
    });
}

/** The documents with what `action` does to them. */
function collected(ruleText: string): readonly Json[] {
  const found: Json[] = [];
  let shared: Json = {};
  for (const document of parseAllDocuments(ruleText, { version: '1.2' })) {
    if ('empty' in document) continue;
    const own = document.toJS({ maxAliasCount: -1 }) as Json | null;
    if (own === null) continue;
    const content = without(own, 'action');
    if (own['action'] === 'global') shared = together(shared, content);
    else if (own['action'] === 'reset') shared = {};
    else if (own['action'] === 'repeat') found.push(together(found.at(-1) ?? {}, content));
    else found.push(together(shared, content));
  }
  return found;
}

function without(json: Json, key: string): Json {
  return Object.fromEntries(Object.entries(json).filter(([name]) => name !== key));
}

function together(below: Json, above: Json): Json {
  const both = { ...below, ...above };
  for (const [name, value] of Object.entries(above))
    if (isMap(value) && isMap(below[name])) both[name] = together(below[name], value);
  return both;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function narrows(filter: Json, rule: Json): boolean {
  const named = [(filter['filter'] as Json)['rules']].flat().map(String);
  const isNamed = named.some(
    (name) => name === 'any' || name === 'all' || name === rule['id'] || name === rule['name'],
  );
  const source = rule['logsource'] as Json;
  return (
    isNamed &&
    Object.entries(filter['logsource'] as Json).every(
      ([part, value]) => part === 'definition' || source[part] === value,
    )
  );
}

function detectionTest(detection: Json, placeholders: Placeholders): Test {
  const searches: Record<string, Test> = {};
  for (const [name, definition] of Object.entries(without(detection, 'condition')))
    searches[name] = searchTest(definition, placeholders);
  const conditions = [detection['condition']].flat().map(String);
  return (event) =>
    conditions.some((condition) => holds(condition.match(/[()]|[^()\s]+/g) ?? [], searches, event));
}

function searchTest(definition: unknown, placeholders: Placeholders): Test {
  if (Array.isArray(definition)) {
    const any = definition.map((item: unknown) => searchTest(item, placeholders));
    return (event) => any.some((test) => test(event));
  }
  if (!isMap(definition)) return itemTest('', definition, placeholders);
  const every = Object.entries(definition).map(([key, value]) => itemTest(key, value, placeholders));
  return (event) => every.every((test) => test(event));
}

/** Split where the least binding operator stands outside of parentheses; what is left is one operand. */
function holds(
  words: readonly string[],
  searches: Readonly<Record<string, Test>>,
  event: SigmaEvent,
): boolean {
  const either = splitAt(words, 'or');
  if (either.length > 1) return either.some((part) => holds(part, searches, event));
  const both = splitAt(words, 'and');
  if (both.length > 1) return both.every((part) => holds(part, searches, event));
  const [first = '', second, third = ''] = words;
  if (first.toLowerCase() === 'not') return !holds(words.slice(1), searches, event);
  if (first === '(') return holds(words.slice(1, -1), searches, event);
  if (second?.toLowerCase() === 'of') {
    const meant = Object.keys(searches).filter((name) => !name.startsWith('_') && isMeant(third, name));
    const tests = meant.map((name) => searches[name]?.(event) === true);
    return first.toLowerCase() === 'all' ? tests.every(Boolean) : tests.some(Boolean);
  }
  const search = searches[first];
  if (search === undefined || words.length !== 1) throw new Error(`not a condition: ${words.join(' ')}`);
  return search(event);
}

function splitAt(words: readonly string[], operator: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word === '(') depth += 1;
    if (word === ')') depth -= 1;
    if (depth === 0 && word.toLowerCase() === operator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

function isMeant(pattern: string, name: string): boolean {
  if (pattern.toLowerCase() === 'them') return true;
  const source = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, (character) => `\\${character}`));
  return new RegExp(`^${source.join('.*')}$`, 's').test(name);
}
