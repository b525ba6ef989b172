/** Filters: conditions that are put to rules of others, in addition to what those say (specification, "Filters"). */
import type { Condition, DetectionRule, LogSource } from '../ir.ts';
import { detectionCondition } from './detection.ts';
import { logSourceOf, textsAt } from './header.ts';
import type { ItemOptions } from './item.ts';
import { type Refusal, refuse } from './refusal.ts';
import { allOf } from './simplify.ts';
import { entryOf, type YamlMap } from './yaml-tree.ts';

export interface FilterRule {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly logsource: LogSource;
  /** Ids and names; undefined is every rule of the log source. */
  readonly rules: readonly string[] | undefined;
  /** Must hold for a rule to be reported: to leave something out, a filter says `not selection`. */
  readonly condition: Condition;
}

/** A filter with what became of it. */
export interface AppliedFilter extends FilterRule {
  readonly appliedTo: readonly string[];
  /** What it names that is no loaded rule of its log source. */
  readonly missing: readonly string[];
}

/** @throws RuleRefused */
export function readFilter(
  root: YamlMap,
  options: ItemOptions,
): Pick<FilterRule, 'logsource' | 'rules' | 'condition'> {
  const logsource = logSourceOf(root);
  const entry = entryOf(root, 'filter');
  const filter = entry?.value;
  if (filter?.kind !== 'map') return refuse('wrong-type', entry?.line ?? root.line, 'filter is a map.');
  const named = textsAt(filter, 'rules');
  const [only = ''] = named;
  const isEvery = named.length === 1 && /^(?:any|all)$/i.test(only);
  if (named.length === 0)
    refuse(
      'filter-no-rule',
      entry?.line ?? root.line,
      'A filter names the rules that it narrows, by id or name.',
    );
  const condition = detectionCondition(filter, options, ['rules']);
  return { logsource, rules: isEvery ? undefined : named, condition };
}

export interface Filtered {
  readonly detections: readonly DetectionRule[];
  readonly filters: readonly AppliedFilter[];
  readonly refused: readonly Refusal[];
}

/** A filter that narrows nothing is refused: whoever wrote it believes otherwise. */
export function applyFilters(detections: readonly DetectionRule[], filters: readonly FilterRule[]): Filtered {
  const conditions = new Map(detections.map((rule) => [rule, [rule.condition]]));
  const applied: AppliedFilter[] = [];
  const refused: Refusal[] = [];
  for (const filter of filters) {
    const means = (rule: DetectionRule, named: string): boolean => rule.id === named || rule.name === named;
    const rules = detections.filter(
      (rule) =>
        covers(filter.logsource, rule.logsource) &&
        (filter.rules === undefined || filter.rules.some((named) => means(rule, named))),
    );
    for (const rule of rules) conditions.get(rule)?.push(filter.condition);
    const missing = (filter.rules ?? []).filter((named) => !rules.some((rule) => means(rule, named)));
    if (rules.length > 0) applied.push({ ...filter, appliedTo: rules.map((rule) => rule.id), missing });
    else {
      const because = 'No rule that is loaded and of the log source of the filter is named by it.';
      const { file, line, id, title } = filter;
      refused.push({ file, line, kind: 'filter', id, title, code: 'filter-no-rule', because });
    }
  }
  return {
    detections: detections.map((rule) => ({ ...rule, condition: allOf(conditions.get(rule) ?? []) })),
    filters: applied,
    refused,
  };
}

/** Each part that the filter's log source says is the same in the rule's. */
function covers(filter: LogSource, rule: LogSource): boolean {
  return (['product', 'category', 'service'] as const).every(
    (part) => filter[part] === undefined || filter[part] === rule[part],
  );
}
