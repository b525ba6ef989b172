/** The values of one line of a search, `field|modifiers: value(s)`, as a test on what an event holds there. */
import { inNetwork } from './cidr.ts';
import { type Anchor, textTest } from './pattern.ts';

export type Test = (value: unknown) => boolean;

/** What may stand together on one line; `all` and `cased` go with text, `all` with networks. */
const TEXT_ANCHORS = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS = {
  lt: (value: number, limit: number) => value < limit,
  lte: (value: number, limit: number) => value <= limit,
  gt: (value: number, limit: number) => value > limit,
  gte: (value: number, limit: number) => value >= limit,
} as const;
const KNOWN: readonly string[] = [
  ...TEXT_ANCHORS,
  ...Object.keys(COMPARISONS),
  'all',
  'cased',
  'exists',
  'cidr',
];
const VALUES_MAX = 10_000;

/**
 * Several values are alternatives; with `all` they must all hold.
 *
 * @throws Error with what is not supported; the caller adds the file
 */
export function compileValues(modifiers: readonly string[], given: unknown): Test {
  for (const [index, modifier] of modifiers.entries()) {
    if (!KNOWN.includes(modifier)) throw new Error(`the modifier "${modifier}" is not supported`);
    if (modifiers.indexOf(modifier) !== index) throw new Error(`the modifier "${modifier}" is there twice`);
  }
  const one = compileKind(modifiers.filter((modifier) => modifier !== 'all'));
  const values = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  if (values.length === 0) throw new Error('an empty list of values matches nothing');
  if (values.length > VALUES_MAX) throw new Error(`more than ${VALUES_MAX} values on one line`);
  const tests = values.map(one);
  const [first] = tests;
  if (tests.length === 1 && first !== undefined) return first;
  if (modifiers.includes('all')) return (value) => tests.every((test) => test(value));
  return (value) => tests.some((test) => test(value));
}

function compileKind(modifiers: readonly string[]): (given: unknown) => Test {
  const [first, second] = modifiers;
  const alone = (): void => {
    if (second !== undefined) throw new Error(`"${first}" and "${second}" cannot be combined`);
  };
  if (first === 'exists') {
    alone();
    return exists;
  }
  if (first === 'cidr') {
    alone();
    return network;
  }
  if (first !== undefined && first in COMPARISONS) {
    alone();
    return (given) => comparison(given, COMPARISONS[first as keyof typeof COMPARISONS]);
  }
  const isCased = modifiers.includes('cased');
  const anchors = modifiers.filter((modifier) => modifier !== 'cased');
  if (anchors.length > 1) throw new Error(`"${anchors.join('" and "')}" cannot be combined`);
  const anchor = (anchors[0] ?? 'whole') as Anchor;
  if (!['whole', ...TEXT_ANCHORS].includes(anchor))
    throw new Error(`"${anchor}" cannot be combined with "cased"`);
  return (given) => text(given, anchor, isCased);
}

function text(given: unknown, anchor: Anchor, isCased: boolean): Test {
  if (given === null) {
    if (anchor !== 'whole') throw new Error(`null with "${anchor}" means nothing`);
    return (value) => value === undefined || value === null;
  }
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean')
    throw new Error('a value must be text, a number, true, false or null');
  if (given === '' && anchor !== 'whole')
    throw new Error(`an empty text with "${anchor}" matches everything`);
  const wanted = String(given);
  const test = textTest(isCased ? wanted : fold(wanted), anchor);
  return onEach((value) => {
    if (typeof value === 'string') return test(isCased ? value : fold(value));
    return (typeof value === 'number' || typeof value === 'boolean') && test(String(value));
  });
}

/** Sigma ignores case. Rules look at the same few texts of an event one after the other, so the last is kept. */
let lastText = '';
let lastFolded = '';
function fold(text: string): string {
  if (text !== lastText) {
    lastText = text;
    lastFolded = text.toLowerCase();
  }
  return lastFolded;
}

function exists(given: unknown): Test {
  if (typeof given !== 'boolean') throw new Error('"exists" needs true or false');
  return (value) => (value !== undefined) === given;
}

function network(given: unknown): Test {
  if (typeof given !== 'string') throw new Error('"cidr" needs a network as text');
  const contains = inNetwork(given);
  return onEach((value) => typeof value === 'string' && contains(value));
}

function comparison(given: unknown, holds: (value: number, limit: number) => boolean): Test {
  if (typeof given !== 'number') throw new Error('a comparison needs a number');
  return onEach((value) => typeof value === 'number' && holds(value, given));
}

/** A list in an event matches when one of its entries does. */
function onEach(test: Test): Test {
  return (value) => (Array.isArray(value) ? value.some(test) : test(value));
}
