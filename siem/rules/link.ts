/** Which matches are counted, and by whom: correlations, and thresholds that a tenant put on a rule. */
import type { RuleThreshold } from '@demarc/platform/contract/detection';
import type { CorrelationRule, DetectionRule, LinkedCorrelations, Refusal } from '@demarc/platform/sigma';
import { linkCorrelations, parseTimespan } from '@demarc/platform/sigma';
import type { CompiledRules } from './compiler.ts';
import type { Overlay } from './overlay.ts';

const THRESHOLD = 'threshold:';
/** For a timespan longer than a correlation may have. */
const TIMESPAN_MS = 366 * 86_400_000;

/** The rule that a finding is of: of a threshold, the one that it is on. */
export function ruleIdOf(correlationId: string): string {
  return correlationId.startsWith(THRESHOLD) ? correlationId.slice(THRESHOLD.length) : correlationId;
}

export function linkRules(
  sets: readonly Pick<CompiledRules, 'detections' | 'correlations'>[],
  overlays: ReadonlyMap<string, Overlay>,
): LinkedCorrelations {
  const detections = sets.flatMap((set) => set.detections);
  const thresholds = detections.flatMap((rule) => {
    const threshold = overlays.get(rule.id)?.stored.threshold ?? null;
    return threshold === null ? [] : [thresholdOn(rule, threshold)];
  });
  return linkCorrelations([...sets.flatMap((set) => set.correlations), ...thresholds], detections);
}

/** Refusals of the correlations that are among `rules`. */
export function refusalsOf(
  linked: LinkedCorrelations,
  rules: readonly CorrelationRule[],
): readonly Refusal[] {
  const own = new Set(rules);
  return linked.refused.flatMap(({ rule, refused }) => {
    if (!own.has(rule)) return [];
    const { file, line, id, title } = rule;
    const { code, because, line: at = line } = refused;
    return [{ file, line: at, kind: 'correlation' as const, id, title, code, because }];
  });
}

/** As the correlation that somebody would have written. */
function thresholdOn(rule: DetectionRule, { count, timespan, groupBy }: RuleThreshold): CorrelationRule {
  return {
    ...rule,
    id: `${THRESHOLD}${rule.id}`,
    name: undefined,
    type: 'event_count',
    rules: [rule.id],
    groupBy,
    timespanMs: parseTimespan(timespan) ?? TIMESPAN_MS,
    aliases: new Map(),
    condition: { kind: 'measure', bounds: [{ by: 'gte', value: count }], fields: [], percentile: undefined },
    generate: false,
  };
}
