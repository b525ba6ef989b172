/** The `detection` of a rule, and the same in a filter: searches and what is said of them. */
import type { Condition } from '../ir.ts';
import { parseCondition } from './condition.ts';
import type { ItemOptions } from './item.ts';
import { refuse } from './refusal.ts';
import { selectionCondition } from './selection.ts';
import { anyOf } from './simplify.ts';
import { entryOf, type YamlEntry, type YamlMap } from './yaml-tree.ts';

const SEARCHES_MAX = 1_024;

/**
 * @param besides keys that are no searches, next to `condition`
 * @throws RuleRefused
 */
export function detectionCondition(
  detection: YamlMap,
  options: ItemOptions,
  besides: readonly string[] = [],
): Condition {
  const timeframe = entryOf(detection, 'timeframe');
  if (timeframe !== undefined)
    refuse(
      'condition-aggregation',
      timeframe.line,
      'A timeframe is not part of Sigma 2: write a correlation rule.',
    );
  const condition =
    entryOf(detection, 'condition') ??
    refuse('missing-condition', detection.line, 'A detection has a condition.');
  const searches = detection.entries.filter(({ key }) => key !== 'condition' && !besides.includes(key));
  if (searches.length === 0)
    refuse('empty-selection', detection.line, 'A detection has at least one search.');
  if (searches.length > SEARCHES_MAX)
    refuse('too-large', detection.line, `A rule has at most ${SEARCHES_MAX} searches.`);
  const byName = new Map(
    searches.map(({ key, value }) => [key, selectionCondition(key, value, options)] as const),
  );
  // Several conditions are several questions; the rule holds when one of them does.
  return anyOf(conditionsOf(condition).map(({ text, line }) => parseCondition(text, line, byName)));
}

const CONDITIONS_MAX = 64;

function conditionsOf({
  value,
  line,
}: YamlEntry): readonly { readonly text: string; readonly line: number }[] {
  const items = value.kind === 'list' ? value.items : [value];
  if (items.length === 0) refuse('missing-condition', line, 'The list of conditions is empty.');
  if (items.length > CONDITIONS_MAX)
    refuse('too-large', line, `A rule has at most ${CONDITIONS_MAX} conditions.`);
  return items.map((item) =>
    item.kind === 'scalar' && (typeof item.value === 'string' || typeof item.value === 'number')
      ? { text: String(item.value), line: item.line }
      : refuse('wrong-type', item.line, 'A condition is a text.'),
  );
}
