/** What to mark: the values in an event on which a rule matched, the lines of a rule that decided. Pure. */
import type { Test } from './explain-view.ts';
import type { SeenValue } from './finding-view.ts';

export interface Segment {
  readonly text: string;
  readonly isMarked: boolean;
}

/** Shorter values stand in many places of an event: they are marked where the field's name agrees only. */
const TELLING_CHARACTERS_MIN = 4;
/** The server cuts values at a few hundred characters. */
const CUT_CHARACTERS_MIN = 200;

/** The event as indented JSON, cut where marking begins and ends. */
export function segmentsOf(event: unknown, wanted: readonly SeenValue[]): readonly Segment[] {
  const segments: { text: string; isMarked: boolean }[] = [];
  const put = (text: string, isMarked = false): void => {
    const last = segments.at(-1);
    if (last?.isMarked === isMarked) last.text += text;
    else segments.push({ text, isMarked });
  };
  const write = (value: unknown, path: string, indent: string): void => {
    if (typeof value !== 'object' || value === null) {
      put(JSON.stringify(value) ?? 'null', isWanted(path, value, wanted));
      return;
    }
    const isList = Array.isArray(value);
    const entries: readonly (readonly [string, unknown])[] = isList
      ? value.map((each: unknown) => ['', each] as const)
      : Object.entries(value);
    if (entries.length === 0) {
      put(isList ? '[]' : '{}');
      return;
    }
    put(isList ? '[' : '{');
    for (const [index, [name, inner]] of entries.entries()) {
      put(`${index === 0 ? '' : ','}\n${indent}  ${isList ? '' : `${JSON.stringify(name)}: `}`);
      write(inner, isList ? path : path === '' ? name : `${path}.${name}`, `${indent}  `);
    }
    put(`\n${indent}${isList ? ']' : '}'}`);
  };
  write(event, '', '');
  return segments;
}

function isWanted(path: string, leaf: unknown, wanted: readonly SeenValue[]): boolean {
  const text = String(leaf);
  return wanted.some(({ field, value }) => {
    const seen = String(value);
    const isSame =
      text === seen || (seen.length >= CUT_CHARACTERS_MIN && text.startsWith(seen.replace(/…$/, '')));
    return (
      isSame && (text.length >= TELLING_CHARACTERS_MIN || field === null || lastOf(path) === lastOf(field))
    );
  });
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();

/**
 * The lines of a rule, from 0, that say what the tests test: the field, and of a list the values that a test
 * names. A test says what is left when modifiers are resolved, so of an encoded value only the field is found.
 */
export function markedLines(rule: string, tests: readonly Test[]): ReadonlySet<number> {
  const marked = new Set<number>();
  let inDetection = false;
  let about: { readonly line: number; readonly tests: readonly Test[] } | undefined;
  for (const [index, line] of rule.split('\n').entries()) {
    if (/^\S/.test(line)) inDetection = /^detection\s*:/.test(line);
    if (!inDetection) continue;
    const [, name, inline] = KEY.exec(line) ?? [];
    if (name !== undefined) {
      const field = name.replaceAll(/['"]/g, '').split('|')[0];
      about = { line: index, tests: tests.filter((test) => test.field === field) };
      if (inline !== undefined && inline !== '' && about.tests.some((test) => saysIt(test, inline)))
        marked.add(index);
      continue;
    }
    const [, item] = ITEM.exec(line) ?? [];
    if (item === undefined) continue;
    const keywords = tests.filter(({ field }) => field === null);
    if (about?.tests.some((test) => saysIt(test, item)) === true) {
      marked.add(about.line);
      marked.add(index);
    } else if (keywords.some((test) => saysIt(test, item))) marked.add(index);
  }
  return marked;
}

const KEY = /^\s*(?:-\s+)?((?:'[^']*'|"[^"]*"|[^\s:'"#-][^:]*)):(?:\s+(.*))?$/;
const ITEM = /^\s*-\s+(.*)$/;

/** The value stands in what the test says, ignoring case, quotes and the wildcards around it. */
function saysIt({ says }: Test, value: string): boolean {
  const bare = value
    .trim()
    .replace(/^(['"])(.*)\1.*$/, '$2')
    .replaceAll(/^\*+|\*+$/g, '')
    .replaceAll('\\\\', '\\')
    .toLowerCase();
  const said = says.replaceAll('\\\\', '\\').toLowerCase();
  return bare !== '' && said.includes(bare);
}
