/** Rows or an OSCAL catalog → the controls of a framework, with what is wrong, cell by cell. */
import { isNode, listOf, textOf, theirs } from '../oscal/set.ts';
import type { Node } from '../oscal/words.ts';
import { findColumns, type Wanted } from './columns.ts';
import { frameworkErrors } from './framework-errors.ts';
import {
  CONTROLS_MAX,
  type FrameworkControl,
  ID_CHARS_MAX,
  type Parsed,
  Problems,
  TEXT_CHARS_MAX,
  TITLE_CHARS_MAX,
} from './model.ts';

const COLUMNS: readonly Wanted[] = [
  {
    name: 'id',
    required: true,
    headings: [
      'control id',
      'control identifier',
      'control number',
      'safeguard',
      'scf',
      'requirement id',
      'identifier',
      'id',
      'number',
      'no',
      'ref',
      'reference',
      'clause',
      'control',
    ],
  },
  {
    name: 'title',
    required: true,
    headings: [
      'control title',
      'control name',
      'title',
      'name',
      'safeguard title',
      'scf control',
      'requirement',
      'short description',
      'control',
    ],
  },
  {
    name: 'text',
    required: false,
    headings: [
      'control text',
      'control specification',
      'control statement',
      'control description',
      'statement',
      'description',
      'specification',
      'requirement text',
      'text',
      'requirement',
    ],
  },
  {
    name: 'group',
    required: false,
    headings: [
      'control domain',
      'domain',
      'scf domain',
      'family',
      'control family',
      'group',
      'category',
      'section',
      'chapter',
      'theme',
      'asset type',
    ],
  },
];

/** Groups in groups, controls in controls, parts in parts: nobody nests deeper. */
const DEPTH_MAX = 20;

export function controlsOfRows(
  rows: readonly (readonly string[])[],
  chosen: Readonly<Record<string, string>>,
): Parsed<FrameworkControl> {
  const columns = findColumns(rows, COLUMNS, chosen);
  const problems = new Problems();
  const items: FrameworkControl[] = [];
  const seen = new Map<string, number>();
  let skippedCount = 0;
  for (const [index, row] of rows.entries()) {
    if (index <= columns.headerRow) continue;
    const cell = (name: string): string => row[columns.at.get(name) ?? -1]?.trim() ?? '';
    const [controlId, title, statement, group] = [cell('id'), cell('title'), cell('text'), cell('group')];
    if (row.every((each) => each.trim() === '')) {
      skippedCount += 1;
      continue;
    }
    const at = index + 1;
    const problem = (name: string, says: string): void => problems.add(at, columns.heading(name), says);
    if (controlId === '') problem('id', 'is empty');
    else if (!isId(controlId))
      problem(
        'id',
        `“${controlId.slice(0, 40)}” is not an id: at most ${ID_CHARS_MAX} characters, on one line`,
      );
    else if (seen.has(controlId))
      problem('id', `${controlId} is there already, in row ${seen.get(controlId) ?? 0}`);
    if (title === '') problem('title', 'is empty');
    if (title.length > TITLE_CHARS_MAX)
      problem('title', `has ${title.length} characters; ${TITLE_CHARS_MAX} are the most`);
    if (statement.length > TEXT_CHARS_MAX)
      problem('text', `has ${statement.length} characters; ${TEXT_CHARS_MAX} are the most`);
    if (group.length > TITLE_CHARS_MAX)
      problem('group', `has ${group.length} characters; ${TITLE_CHARS_MAX} are the most`);
    if (!seen.has(controlId)) seen.set(controlId, at);
    items.push({ controlId, title, statement, group });
    if (items.length > CONTROLS_MAX) throw tooMany();
  }
  if (items.length === 0)
    problems.add(columns.headerRow + 2, columns.heading('id'), 'there is no control below the headings');
  return { items, problems: problems.listed, problemCount: problems.count, skippedCount };
}

/** Controls of a catalog, at any depth; what the catalog calls withdrawn is left out and counted. */
export function controlsOfCatalog(catalog: Node): Parsed<FrameworkControl> {
  const problems = new Problems();
  const items: FrameworkControl[] = [];
  const seen = new Set<string>();
  let skippedCount = 0;
  const take = (holder: Node, group: string, depth: number): void => {
    if (depth > DEPTH_MAX) throw tooDeep();
    for (const inner of listOf(holder, 'groups')) take(inner, textOf(inner, 'title') || group, depth + 1);
    for (const control of listOf(holder, 'controls')) {
      const controlId = textOf(control, 'id');
      if (theirs(control, 'status')?.toLowerCase() === 'withdrawn') skippedCount += 1;
      else if (seen.has(controlId)) problems.add(items.length + 1, 'id', `${controlId} is there already`);
      else if (!isId(controlId))
        problems.add(items.length + 1, 'id', `“${controlId.slice(0, 40)}” is not an id`);
      else {
        seen.add(controlId);
        items.push({
          controlId,
          title: textOf(control, 'title').slice(0, TITLE_CHARS_MAX),
          statement: proseOf(control).slice(0, TEXT_CHARS_MAX),
          group: group.slice(0, TITLE_CHARS_MAX),
        });
      }
      if (items.length > CONTROLS_MAX) throw tooMany();
      take(control, group, depth + 1);
    }
  };
  take(catalog, '', 0);
  if (items.length === 0) problems.add(1, 'controls', 'the catalog has none');
  return { items, problems: problems.listed, problemCount: problems.count, skippedCount };
}

function proseOf(control: Node): string {
  const lines: string[] = [];
  const collect = (part: Node, depth: number): void => {
    if (depth > DEPTH_MAX) throw tooDeep();
    const prose = textOf(part, 'prose');
    if (prose !== '')
      lines.push([theirs(part, 'label'), prose].filter((text) => text !== undefined).join(' '));
    for (const inner of listOf(part, 'parts')) collect(inner, depth + 1);
  };
  const statement = listOf(control, 'parts').find((part) => part['name'] === 'statement');
  if (isNode(statement)) collect(statement, 0);
  return lines.join('\n');
}

export const isId = (text: string): boolean =>
  text.length > 0 && text.length <= ID_CHARS_MAX && !/[\p{Cc}\u2028\u2029]/u.test(text);

const tooDeep = () =>
  frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', { what: 'it nests deeper', max: DEPTH_MAX });
const tooMany = () =>
  frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', { what: 'it has more controls', max: CONTROLS_MAX });
