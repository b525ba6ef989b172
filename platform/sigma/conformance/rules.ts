/** Whole rules, as a map for YAML, and events that are likely to match them. */
import { stringify } from 'yaml';
import { randomCondition } from './conditions.ts';
import { type Fields, fieldItem, type Item, keywordItem } from './items.ts';
import type { Random } from './random.ts';

export interface GeneratedRule {
  readonly text: string;
  /** Fields of an event in which each search is satisfied or not by chance. */
  readonly event: (random: Random) => Fields;
}

interface Search {
  readonly definition: unknown;
  readonly satisfy: (fields: Fields, random: Random) => void;
}

const NAMES = [
  'selection',
  'sel_a',
  'sel_b',
  'filter_main_x',
  'filter',
  '_hidden',
  'keywords',
  's',
  'and-so-on',
];

/** @param turn goes through the modifiers; the same turn and state of `random`, the same rule */
export function generateRule(turn: number, random: Random): GeneratedRule {
  const count = 1 + random.below(3);
  const names = [...new Set(random.some(NAMES, count, count))];
  const searches = names.map((_, index) =>
    index === 0 ? fieldSearch(turn, random) : generateSearch(turn + index * 37, random),
  );
  const detection = {
    ...Object.fromEntries(names.map((name, index) => [name, searches[index]?.definition])),
    condition: names.length === 1 && random.isLucky(0.6) ? names[0] : randomCondition(names, random),
  };
  const rule = {
    title: 'Generated',
    id: `generated-${turn}`,
    logsource: { product: 'windows' },
    detection,
    level: 'low',
  };
  const filter = random.isLucky(0.06) ? generateFilter(turn, rule.id, random) : undefined;
  const satisfied = filter === undefined ? searches : [...searches, filter.search];
  return {
    text: [...ruleDocuments(rule, random), ...(filter === undefined ? [] : [filter.document])]
      .map((document) => written(document, random))
      .join('---\n'),
    event: (random) => {
      const fields: Fields = { Message: 'nothing of note', Computer: 'host-1', Level: 4 };
      for (const search of satisfied) if (random.isLucky(0.75)) search.satisfy(fields, random);
      return fields;
    },
  };
}

/** In one document, or with a part of it in a document for all that follow. */
function ruleDocuments(rule: Readonly<Record<string, unknown>>, random: Random): readonly unknown[] {
  if (random.isLucky(0.94)) return [rule];
  const { id, detection, ...shared } = rule;
  return [
    { action: 'global', level: 'high', ...shared },
    { id, detection },
  ];
}

function generateFilter(
  turn: number,
  rule: string,
  random: Random,
): { readonly document: unknown; readonly search: Search } {
  const search = generateSearch(turn + 11, random);
  const condition = random.pick(['not selection', 'selection']);
  const filter = {
    rules: random.pick([[rule], ['elsewhere', rule], 'any']),
    selection: search.definition,
    condition,
  };
  return { document: { title: 'Generated filter', logsource: { product: 'windows' }, filter }, search };
}

function generateSearch(turn: number, random: Random): Search {
  switch (random.below(5)) {
    case 0:
      return keywordList(turn, random);
    case 1: {
      const item = keywordItem(turn, random);
      // Without modifiers a keyword has no key to stand under but the empty one.
      return { definition: { [item.key]: item.value }, satisfy: item.satisfy };
    }
    default:
      return fieldSearch(turn, random);
  }
}

/** Has a line with the modifiers whose turn it is. */
function fieldSearch(turn: number, random: Random): Search {
  switch (random.below(6)) {
    case 0: {
      const maps = [lineMap([fieldItem(turn, random)]), lineMap([fieldItem(turn + 1, random)])];
      const keyword = random.isLucky(0.3) ? [keywordList(turn, random)] : [];
      const all = [...maps, ...keyword];
      return {
        definition: all.flatMap(({ definition }) => definition),
        satisfy: (fields, random) => random.pick(all).satisfy(fields, random),
      };
    }
    case 1:
      return lineMap([fieldItem(turn, random), fieldItem(turn + 53, random)]);
    default:
      return lineMap([fieldItem(turn, random)]);
  }
}

function keywordList(turn: number, random: Random): Search {
  // The first keyword chain has no modifiers.
  const items = random.some([0, 0, 0], 1, 3).map(() => keywordItem(0, random));
  const values = items.flatMap((item) => (item.key === '' ? item.value : []));
  return values.length > 0
    ? { definition: values, satisfy: (fields, random) => random.pick(items).satisfy(fields, random) }
    : lineMap([fieldItem(turn, random)]);
}

function lineMap(items: readonly Item[]): Search {
  return {
    definition: Object.fromEntries(items.map(({ key, value }) => [key, value])),
    satisfy: (fields, random) => {
      for (const item of items) item.satisfy(fields, random);
    },
  };
}

/** YAML in the manners that people write it. */
function written(document: unknown, random: Random): string {
  return stringify(document, {
    version: '1.2',
    aliasDuplicateObjects: false,
    lineWidth: random.pick([0, 80]),
    indent: random.pick([2, 4]),
    defaultStringType: random.pick(['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE']),
    defaultKeyType: random.pick(['PLAIN', 'QUOTE_DOUBLE']),
    collectionStyle: random.pick(['any', 'block', 'flow']),
  });
}
