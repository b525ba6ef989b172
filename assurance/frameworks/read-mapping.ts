/** Rows or an OSCAL mapping collection → relations between two frameworks, checked against both. */
import { listOf, textOf } from '../oscal/set.ts';
import type { Node } from '../oscal/words.ts';
import { findColumns, type Wanted } from './columns.ts';
import { frameworkErrors } from './framework-errors.ts';
import {
  type Parsed,
  Problems,
  RELATIONS_MAX,
  RELATIONSHIPS,
  type Relation,
  type Relationship,
} from './model.ts';

const COLUMNS: readonly Wanted[] = [
  {
    name: 'source',
    required: true,
    headings: [
      'source id',
      'source control',
      'source',
      'from',
      'framework control',
      'control id',
      'id',
      'control',
    ],
  },
  {
    name: 'target',
    required: true,
    headings: [
      'target id',
      'target control',
      'target',
      'to',
      'mapped to',
      'maps to',
      'mapped control',
      'mapping',
    ],
  },
  {
    name: 'relationship',
    required: false,
    headings: ['relationship', 'relation', 'relationship type', 'mapping type'],
  },
];

/** Words that other tools use for OSCAL's. */
const SAME_WORDS: Readonly<Record<string, Relationship>> = {
  equal: 'equal-to',
  equivalent: 'equivalent-to',
  subset: 'subset-of',
  superset: 'superset-of',
  intersects: 'intersects-with',
  intersect: 'intersects-with',
  'no relationship': 'no-relationship',
  none: 'no-relationship',
};

/** Ids of both sides, by how they look without case and brackets: `AC-2(1)` is `ac-2.1`. */
export type KnownIds = ReadonlyMap<string, string>;

const loose = (id: string): string =>
  id
    .toLowerCase()
    .replaceAll(/\s+/g, '')
    .replaceAll(/\((\w+)\)/g, '.$1')
    // NIST prints AC-02 in some places and AC-2 in others; ours have two digits throughout.
    .replace(/-0+(\d)/, '-$1');

/** As it is written first, however it looks second. */
export function knownIds(ids: readonly string[]): KnownIds {
  return new Map([...ids.map((id) => [loose(id), id] as const), ...ids.map((id) => [id, id] as const)]);
}

const lookUp = (known: KnownIds, id: string): string | undefined => known.get(id) ?? known.get(loose(id));

class Relations {
  readonly problems = new Problems();
  readonly items = new Map<string, Relation>();
  readonly #sources: KnownIds;
  readonly #targets: KnownIds;

  constructor(sources: KnownIds, targets: KnownIds) {
    this.#sources = sources;
    this.#targets = targets;
  }

  add(
    at: number,
    columns: readonly [string, string, string],
    source: string,
    targets: readonly string[],
    word: string,
  ): void {
    const sourceId = lookUp(this.#sources, source);
    if (sourceId === undefined)
      this.problems.add(
        at,
        columns[0],
        source === '' ? 'is empty' : `the source framework has no control “${source.slice(0, 60)}”`,
      );
    const relationship = relationshipOf(word);
    if (relationship === undefined)
      this.problems.add(at, columns[2], `“${word.slice(0, 40)}” is none of ${RELATIONSHIPS.join(', ')}`);
    if (targets.length === 0) this.problems.add(at, columns[1], 'is empty');
    for (const target of targets) {
      const targetId = lookUp(this.#targets, target);
      if (targetId === undefined)
        this.problems.add(at, columns[1], `the target framework has no control “${target.slice(0, 60)}”`);
      else if (sourceId !== undefined && relationship !== undefined)
        this.items.set(`${sourceId}\u0000${targetId}`, { sourceId, targetId, relationship });
      if (this.items.size > RELATIONS_MAX)
        throw frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', {
          what: 'it has more relations',
          max: RELATIONS_MAX,
        });
    }
  }

  parsed(skippedCount: number): Parsed<Relation> {
    if (this.items.size === 0 && this.problems.count === 0)
      this.problems.add(1, 'source', 'there is no relation in it');
    return {
      items: [...this.items.values()],
      problems: this.problems.listed,
      problemCount: this.problems.count,
      skippedCount,
    };
  }
}

function relationshipOf(word: string): Relationship | undefined {
  const text = word.trim().toLowerCase();
  if (text === '') return 'intersects-with';
  return (
    RELATIONSHIPS.find((each) => each === text || each.replaceAll('-', ' ') === text) ?? SAME_WORDS[text]
  );
}

export function relationsOfRows(
  rows: readonly (readonly string[])[],
  sources: KnownIds,
  targets: KnownIds,
  chosen: Readonly<Record<string, string>>,
): Parsed<Relation> {
  const columns = findColumns(rows, COLUMNS, chosen);
  const relations = new Relations(sources, targets);
  const headings = [
    columns.heading('source'),
    columns.heading('target'),
    columns.at.has('relationship') ? columns.heading('relationship') : 'relationship',
  ] as const;
  let skippedCount = 0;
  for (const [index, row] of rows.entries()) {
    if (index <= columns.headerRow) continue;
    if (row.every((each) => each.trim() === '')) {
      skippedCount += 1;
      continue;
    }
    const cell = (name: string): string => row[columns.at.get(name) ?? -1]?.trim() ?? '';
    // Several in one cell are usual: `ac-2, ac-3`.
    const several = cell('target')
      .split(/[,;\n]+/)
      .map((each) => each.trim())
      .filter((each) => each !== '');
    relations.add(index + 1, headings, cell('source'), several, cell('relationship'));
  }
  return relations.parsed(skippedCount);
}

export function relationsOfCollection(
  collection: Node,
  sources: KnownIds,
  targets: KnownIds,
): Parsed<Relation> {
  const relations = new Relations(sources, targets);
  let at = 0;
  let skippedCount = 0;
  for (const map of listOf(collection, 'mappings').flatMap((mapping) => listOf(mapping, 'maps'))) {
    at += 1;
    const ids = (key: string): readonly string[] =>
      listOf(map, key)
        .filter((item) => item['type'] === 'control')
        .map((item) => textOf(item, 'id-ref'));
    if (ids('sources').length === 0 || ids('targets').length === 0) skippedCount += 1;
    else
      for (const source of ids('sources'))
        relations.add(
          at,
          ['sources', 'targets', 'relationship'],
          source,
          ids('targets'),
          textOf(map, 'relationship'),
        );
  }
  return relations.parsed(skippedCount);
}
