/** Door for tests: random correlations and matches, and the oracle that the engine is held against. */
import fc from 'fast-check';
import type { DetectionRule } from '../ir.ts';
import { parseCorrelation } from './document.ts';
import { type LinkedCorrelations, linkCorrelations } from './link.ts';
import type { BaseMatch } from './match.ts';
import type { CorrelationRule, LinkedCorrelation } from './rule.ts';

export { oracle } from './oracle.ts';

export const DETECTIONS = ['d0', 'd1', 'd2'] as const;
export const LATENESS_MS = 8_000;

/** A rule from the fields of its `correlation` section. */
export function correlationOf(section: object, id = 'c0'): CorrelationRule {
  const place = { file: `${id}.yml`, line: 1, text: '' };
  const rule = parseCorrelation({ title: id, id, name: `${id}_name`, correlation: section }, place);
  if ('refused' in rule) throw new Error(`${JSON.stringify(section)}: ${rule.refused.because}`);
  return rule;
}

/** Linked to the detections `d0` to `d2`. */
export function linked(...rules: readonly CorrelationRule[]): readonly LinkedCorrelation[] {
  return linkedWhole(...rules).correlations;
}

export function linkedWhole(...rules: readonly CorrelationRule[]): LinkedCorrelations {
  const whole = linkCorrelations(
    rules,
    DETECTIONS.map((id) => detection(id)),
  );
  if (whole.refused.length > 0) throw new Error(whole.refused[0]?.refused.because);
  return whole;
}

export function detection(id: string, name?: string): DetectionRule {
  return {
    id,
    name,
    title: id,
    description: undefined,
    status: undefined,
    level: 'low',
    tags: [],
    references: [],
    falsepositives: [],
    fields: [],
    logsource: {},
    condition: { op: 'true' },
    file: `${id}.yml`,
    line: 1,
    text: '',
  };
}

const bounds = (max: number): fc.Arbitrary<Readonly<Record<string, number>>> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max }).map((gte) => ({ gte })) },
    fc.integer({ min: 0, max: max - 1 }).map((gt) => ({ gt })),
    fc.integer({ min: 1, max }).map((lt) => ({ lt })),
    fc.integer({ min: 0, max }).map((lte) => ({ lte })),
    fc.integer({ min: 0, max }).map((eq) => ({ eq })),
    fc.integer({ min: 0, max }).map((neq) => ({ neq })),
    fc.integer({ min: 1, max }).map((lte) => ({ gte: 1, lte })),
  );

/** Correlations `c0`, `c1` …, the later ones over the earlier ones too. */
export const anyCorrelations: fc.Arbitrary<readonly LinkedCorrelation[]> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => anyRule(at))))
  .map((rules) => linked(...rules));

function anyRule(at: number): fc.Arbitrary<CorrelationRule> {
  const below = Array.from({ length: at }, (_, index) => `c${index}_name`);
  return fc
    .record({
      rules: fc.shuffledSubarray([...DETECTIONS, ...below], { minLength: 1, maxLength: 3 }),
      timespan: fc.constantFrom('3s', '5s', '10s'),
      groupBy: fc.constantFrom([], ['u'], ['u'], ['h'], ['u', 'h']),
      isAliased: fc.boolean(),
    })
    .chain(({ rules, timespan, groupBy, isAliased }) => {
      const base = {
        rules,
        timespan,
        'group-by': groupBy,
        ...(isAliased ? { aliases: { u: { [rules[0] ?? '']: 'h' } } } : {}),
      };
      return anyTypeAndCondition(rules).map((rest) => correlationOf({ ...base, ...rest }, `c${at}`));
    });
}

function anyTypeAndCondition(rules: readonly string[]): fc.Arbitrary<object> {
  const statistic = (type: string, more: object = {}): fc.Arbitrary<object> =>
    bounds(6).map((condition) => ({ type, condition: { field: 'n', ...more, ...condition } }));
  return fc.oneof(
    { weight: 3, arbitrary: bounds(4).map((condition) => ({ type: 'event_count', condition })) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(bounds(3), fc.constantFrom<string | readonly string[]>('v', 'v', ['v', 'u']))
        .map(([condition, field]) => ({ type: 'value_count', condition: { field, ...condition } })),
    },
    { weight: 2, arbitrary: fc.constantFrom({ type: 'temporal' }, { type: 'temporal_ordered' }) },
    bounds(rules.length).map((condition) => ({ type: 'temporal', condition })),
    bounds(rules.length).map((condition) => ({ type: 'temporal_ordered', condition })),
    anyExpression(rules).map((condition) => ({ type: 'temporal', condition })),
    fc
      .constantFrom('and', 'or')
      .map((op) => ({ type: 'temporal_ordered', condition: rules.join(` ${op} `) })),
    statistic('value_sum'),
    statistic('value_avg'),
    statistic('value_median'),
    fc.integer({ min: 1, max: 100 }).chain((percentile) => statistic('value_percentile', { percentile })),
  );
}

function anyExpression([first, ...rest]: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom('and', 'or'), fc.boolean()).map(([op, isNegated]) => {
    if (rest.length === 0) return first ?? '';
    const others = rest.map((rule, at) => (isNegated && at === 0 ? `not ${rule}` : rule)).join(` ${op} `);
    return `${first} and (${others})`;
  });
}

export const anyMatches: fc.Arbitrary<readonly BaseMatch[]> = fc
  .array(
    fc.record({
      ruleIds: fc.subarray([...DETECTIONS], { minLength: 1, maxLength: 2 }),
      // Some at the very edges of windows and slots.
      timeMs: fc.oneof(
        fc.integer({ min: 0, max: 40 }).map((s) => s * 1_000),
        fc.integer({ min: 0, max: 40_000 }),
      ),
      isHex: fc.boolean(),
      fields: fc.record(
        {
          u: fc.constantFrom('a', 'b', 7),
          h: fc.oneof(fc.constantFrom('a', 'x'), fc.constant(['a', 'x'])),
          v: fc.oneof(fc.constantFrom('1', '2', 3, null), fc.constant(['1', '2'])),
          n: fc.oneof(fc.integer({ min: -2, max: 8 }), fc.constantFrom('2.5', 0.1, 0.2, 'none')),
        },
        { requiredKeys: [] },
      ),
    }),
    { maxLength: 40 },
  )
  .map((events) =>
    events.flatMap(({ ruleIds, timeMs, fields, isHex }, at) =>
      ruleIds.map((ruleId) => ({
        ruleId,
        eventUid: isHex ? String(at).padStart(32, 'a') : `event-${at}`,
        timeMs,
        fields,
      })),
    ),
  );

/** Out of order by at most the lateness, some of them twice. */
export function anyArrival(matches: readonly BaseMatch[]): fc.Arbitrary<readonly BaseMatch[]> {
  const delay = fc.integer({ min: 0, max: LATENESS_MS });
  return fc
    .array(fc.tuple(delay, fc.option(delay, { freq: 3 })), {
      minLength: matches.length,
      maxLength: matches.length,
    })
    .map((delays) =>
      matches
        .flatMap((match, at) =>
          (delays[at] ?? []).flatMap((one) =>
            one === null ? [] : [{ match, arrivesMs: match.timeMs + one }],
          ),
        )
        .sort((a, b) => a.arrivesMs - b.arrivesMs)
        .map(({ match }) => match),
    );
}
