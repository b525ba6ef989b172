/** What a rule says about itself. */
import { LEVELS, type Level, type LogSource } from '../ir.ts';
import { quoted, refuse } from './refusal.ts';
import { entryOf, type YamlMap } from './yaml-tree.ts';

const TITLE_CHARACTERS_MAX = 256;
const NAME_CHARACTERS_MAX = 256;
const DESCRIPTION_CHARACTERS_MAX = 65_535;
const LIST_ITEMS_MAX = 1_024;
const STATUSES: readonly string[] = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'];

/** @throws RuleRefused when the key holds something else than a text */
export function textAt(map: YamlMap, key: string, charactersMax: number): string | undefined {
  const entry = entryOf(map, key);
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null)) return undefined;
  const { value, line } =
    entry.value.kind === 'scalar' ? entry.value : { value: undefined, line: entry.line };
  if (typeof value === 'string') {
    if (value.length > charactersMax)
      refuse('too-large', line, `${key} has at most ${charactersMax} characters.`);
    return value;
  }
  return typeof value === 'number' ? String(value) : refuse('wrong-type', line, `${key} is a text.`);
}

/** A list of texts; one text alone is a list of one. */
export function textsAt(map: YamlMap, key: string): readonly string[] {
  const entry = entryOf(map, key);
  if (entry === undefined) return [];
  const { value } = entry;
  if (value.kind === 'map') return refuse('wrong-type', value.line, `${key} is a list of texts.`);
  const items = value.kind === 'list' ? value.items : value.value === null ? [] : [value];
  if (items.length > LIST_ITEMS_MAX)
    refuse('too-large', value.line, `${key} has at most ${LIST_ITEMS_MAX} entries.`);
  return items.map((item) =>
    item.kind === 'scalar' && item.value !== null
      ? String(item.value)
      : refuse('wrong-type', item.line, `${key} is a list of texts.`),
  );
}

export function titleOf(root: YamlMap): string {
  const title = textAt(root, 'title', TITLE_CHARACTERS_MAX);
  return title === undefined || title.trim() === ''
    ? refuse('missing-title', root.line, 'A rule has a title.')
    : title;
}

export function idOf(root: YamlMap): string | undefined {
  const id = textAt(root, 'id', NAME_CHARACTERS_MAX);
  return id === '' ? undefined : id;
}

export function nameOf(root: YamlMap): string | undefined {
  return textAt(root, 'name', NAME_CHARACTERS_MAX);
}

export function descriptionOf(root: YamlMap): string | undefined {
  return textAt(root, 'description', DESCRIPTION_CHARACTERS_MAX);
}

export function statusOf(root: YamlMap): string | undefined {
  return chosen(root, 'status', STATUSES);
}

/** A rule that says none is in the middle. */
export function levelOf(root: YamlMap): Level {
  const level = chosen(root, 'level', LEVELS);
  return LEVELS.find((known) => known === level) ?? 'medium';
}

function chosen(root: YamlMap, key: string, choices: readonly string[]): string | undefined {
  const text = textAt(root, key, NAME_CHARACTERS_MAX);
  if (text === undefined || choices.includes(text)) return text;
  return refuse(
    'value-illegal',
    entryOf(root, key)?.line ?? root.line,
    `${quoted(text)} is no ${key}; it is one of ${choices.join(', ')}.`,
  );
}

/** In lower case, spaces as underscores, as the specification writes them. */
export function logSourceOf(root: YamlMap): LogSource {
  const entry =
    entryOf(root, 'logsource') ?? refuse('missing-logsource', root.line, 'A rule has a logsource.');
  const source = entry.value;
  if (source.kind !== 'map') return refuse('wrong-type', entry.line, 'logsource is a map.');
  const part = (key: string): string | undefined => {
    const text = textAt(source, key, NAME_CHARACTERS_MAX);
    return text === undefined || text === '' ? undefined : text.toLowerCase().replaceAll(' ', '_');
  };
  const found = { product: part('product'), category: part('category'), service: part('service') };
  if (found.product === undefined && found.category === undefined && found.service === undefined)
    refuse('missing-logsource', entry.line, 'A logsource says a product, a category or a service.');
  return found;
}
