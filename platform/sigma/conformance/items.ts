/** Lines of selections, with values that an event may hold to satisfy them. */
import type { FieldValue } from '../event.ts';
import { type Parts, partsOf } from '../oracle/calendar.ts';
import { waysToWrite } from '../oracle/texts.ts';
import type { Token } from '../oracle/wildcards.ts';
import { CHAINS, type Chain } from './chains.ts';
import type { Random } from './random.ts';
import {
  ASCII_PIECES,
  CONFORMANCE_PLACEHOLDERS,
  EXPANDABLE,
  EXPRESSIONS,
  FIELDS,
  FLAGS,
  INSTANTS,
  NETWORKS,
  PIECES,
  WILDCARDS,
} from './vocabulary.ts';

export type Fields = Record<string, FieldValue | readonly FieldValue[]>;

/** A line of a selection. */
export interface Item {
  readonly key: string;
  readonly value: unknown;
  /** Writes into the event what is likely to satisfy the line. */
  readonly satisfy: (fields: Fields, random: Random) => void;
}

interface Asked {
  readonly value: unknown;
  /** What a field may hold to be found; undefined for a field that is best left out. */
  readonly found: (random: Random) => FieldValue | undefined;
}

/** @param turn which chain: consecutive turns go through all of them */
export function fieldItem(turn: number, random: Random): Item {
  const chain = CHAINS[turn % CHAINS.length] ?? random.pick(CHAINS);
  const field = random.pick(FIELDS);
  return item(field, chain, random);
}

const KEYWORD_CHAINS = CHAINS.filter((chain) => chain.isForKeywords);

/** A line without a field. */
export function keywordItem(turn: number, random: Random): Item {
  return item('', KEYWORD_CHAINS[turn % KEYWORD_CHAINS.length] ?? random.pick(KEYWORD_CHAINS), random);
}

function item(field: string, chain: Chain, random: Random): Item {
  const isListable = chain.kind !== 'existence';
  const isAll = isListable && random.isLucky(0.2);
  const count = isAll ? 2 + random.below(2) : isListable && random.isLucky(0.4) ? 1 + random.below(3) : 0;
  const values = Array.from({ length: Math.max(count, 1) }, () => asked(field, chain, random));
  const modifiers = isAll ? withAll(chain.modifiers, random) : chain.modifiers;
  return {
    key: [field, ...modifiers].join('|'),
    value: count === 0 ? single(values[0]?.value, chain, random) : values.map(({ value }) => value),
    satisfy: (fields, random) => {
      const into = field === '' ? random.pick(['Message', 'Details', 'CommandLine']) : field;
      const chosen = isAll ? values : [random.pick(values)];
      if (chain.kind === 'field') satisfyReferences(fields, into, chosen, random);
      else
        put(
          fields,
          into,
          chosen.map(({ found }) => found(random)),
          random,
        );
    },
  };
}

/** An empty list is null, where nothing is done to it. */
function single(value: unknown, chain: Chain, random: Random): unknown {
  return value === null && chain.modifiers.length === 0 && random.isLucky(0.3) ? [] : value;
}

/** `all` may stand anywhere; behind `re` and the like it says the same. */
function withAll(modifiers: readonly string[], random: Random): readonly string[] {
  const at = random.below(modifiers.length + 1);
  return [...modifiers.slice(0, at), 'all', ...modifiers.slice(at)];
}

function put(
  fields: Fields,
  field: string,
  values: readonly (FieldValue | undefined)[],
  random: Random,
): void {
  const there = values.filter((value) => value !== undefined);
  const [only] = there;
  if (there.length === 0 || only === undefined) delete fields[field];
  else if (there.length === 1 && random.isLucky(0.85)) fields[field] = only;
  else fields[field] = random.isLucky(0.5) ? [...there, 'other'] : [null, ...there];
}

function satisfyReferences(fields: Fields, field: string, values: readonly Asked[], random: Random): void {
  const text = random.some(PIECES, 1, 3).join('');
  fields[field] = random.isLucky(0.7) ? text : flipCase(text, random);
  for (const { value } of values) {
    const cut = random.below(Math.max(text.length - 1, 1));
    const other = random.pick([text, text.slice(cut), text.slice(0, cut + 1), text.slice(cut, cut + 3)]);
    fields[String(value)] = random.isLucky(0.8) ? other.toWellFormed() : ['x', other.toWellFormed()];
  }
}

function asked(field: string, chain: Chain, random: Random): Asked {
  switch (chain.kind) {
    case 'plain':
      return plainValue(random);
    case 'pattern':
      return textValue(pattern(field, random), chain);
    case 'flag':
      // Two of them are four flags at most: 625 ways to write them.
      return textValue(random.pick(['', ...PIECES]) + random.some(FLAGS, 1, 2).join(''), chain);
    case 'expandable':
      return textValue(random.pick(EXPANDABLE) + random.pick(['', '', 'x', '*y', ' -a']), chain);
    case 'encodable':
      return textValue(escaped(`${random.pick(PIECES)}${random.pick(ASCII_PIECES)}`), chain);
    case 'ascii':
      return textValue(random.pick(ASCII_PIECES) + random.pick(['', '', '*', '?x']), chain);
    case 'number or text': {
      const number = random.pick([0, 4688, -7, 1.5, 1e21, true, false, 10]);
      return {
        value: number,
        found: (random) => random.pick([number, String(number), `1${number}1`, `${number}0`, 'x']),
      };
    }
    case 'expression': {
      const { source, texts } = random.pick(EXPRESSIONS);
      return { value: source, found: (random) => random.pick(texts) };
    }
    case 'network': {
      const { network, texts } = random.pick(NETWORKS);
      return { value: network, found: (random) => random.pick(texts) };
    }
    case 'number': {
      const number = random.pick([0, 5, -3, 2.5, 1_024]);
      // The bound itself is what comparisons differ by.
      const near = [number, number, number, number - 1, number + 1, number + 0.25];
      return {
        value: number,
        found: (random) => {
          const found = random.pick(near);
          return random.pick<FieldValue>([found, String(found), `+${found}`, `${found}x`, `0${found}`, true]);
        },
      };
    }
    case 'time':
      return timeValue(chain, random);
    case 'existence': {
      const isWanted = random.isLucky(0.5);
      return {
        value: isWanted,
        found: (random) => (random.isLucky(0.6) === isWanted ? random.pick(['', 0, null]) : undefined),
      };
    }
    case 'field':
      return { value: random.pick(FIELDS), found: () => undefined };
  }
}

/** Null, nothing, numbers and booleans, without modifiers. */
function plainValue(random: Random): Asked {
  const value = random.pick<FieldValue>([
    null,
    null,
    '',
    0,
    4688,
    true,
    false,
    1.5,
    'true',
    '4688',
    '*',
    '?*',
  ]);
  const isNull = value === null;
  return {
    value,
    found: (random) =>
      isNull
        ? random.pick([null, undefined, '', 'null'])
        : random.pick<FieldValue>([value, String(value), String(value).toUpperCase(), '', null, 'x']),
  };
}

function timeValue(chain: Chain, random: Random): Asked {
  const part = (chain.modifiers[0] ?? 'year') as keyof Parts;
  const instant = random.pick(INSTANTS);
  const value = partsOf(instant)?.[part] ?? 1;
  return { value, found: (random) => (random.isLucky(0.6) ? instant : random.pick(INSTANTS)) };
}

function pattern(field: string, random: Random): string {
  const parts = random.some(PIECES, 1, 2);
  // Keywords are never empty.
  if (field !== '' && random.isLucky(0.04)) return random.pick(['', '*', '\\', '\\*']);
  return parts.flatMap((part) => [part, random.isLucky(0.4) ? random.pick(WILDCARDS) : '']).join('');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('*', '\\*').replaceAll('?', '\\?');
}

function textValue(value: string, chain: Chain): Asked {
  const ways = waysToWrite(value, chain.modifiers, CONFORMANCE_PLACEHOLDERS);
  const isCased = chain.modifiers.includes('cased');
  if (ways.length === 0) return { value, found: () => 'nobody' };
  const isNegated = chain.modifiers.includes('neq');
  return {
    value,
    found: (random) => {
      if (isNegated && random.isLucky(0.5)) return random.pick(PIECES);
      const text = random
        .pick(ways)
        .map((token) => written(token, random))
        .join('');
      return random.isLucky(isCased ? 0.2 : 0.4) ? flipCase(text, random) : text;
    },
  };
}

function written(token: Token, random: Random): string {
  if (token === 'any text') return random.pick(['', '', 'x', 'aa', '\n', 'ß😀']);
  if (token === 'one character') return random.pick(['a', 'b', '😀', '*', '\\']);
  return token.char;
}

export function flipCase(text: string, random: Random): string {
  return Array.from(text, (character) => {
    if (random.isLucky(0.5)) return character;
    const upper = character.toUpperCase();
    return upper === character ? character.toLowerCase() : upper;
  }).join('');
}
