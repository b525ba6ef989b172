/**
 * The same findings by brute force, for tests: all matches at once, every window literally, nothing shared
 * with the engine but the uid of a finding. Slow, and meant to be read beside `plan.ts`.
 */
import { holds } from './expression.ts';
import { type BaseMatch, findingUid, type MatchFields } from './match.ts';
import type { Bound, CorrelationRule, LinkedCorrelation } from './rule.ts';

export interface OracleFinding {
  readonly uid: string;
  readonly ruleId: string;
  /** Every instant of the slot at which the rule held; one that was decided by slots held at its end. */
  readonly toMs: readonly number[];
  readonly isAtOnce: boolean;
  /** Of the first instant: what it rests on. */
  readonly measured: number | undefined;
  readonly matchCount: number;
}

interface Match {
  readonly input: number;
  readonly uid: string;
  readonly countedAs: string;
  readonly timeMs: number;
  readonly group: readonly string[];
  /** What is counted, or the number. */
  readonly value: string;
  readonly number: number;
  readonly fields: MatchFields;
}
type Heard = Pick<BaseMatch, 'eventUid' | 'timeMs' | 'fields'> & { readonly countedAs: string };

export function oracle(
  correlations: readonly LinkedCorrelation[],
  matches: readonly BaseMatch[],
): readonly OracleFinding[] {
  const base = matches.map((match) => ({ ...match, countedAs: match.eventUid }));
  const heard = new Map<string, readonly Heard[]>(Map.groupBy(base, ({ ruleId }) => ruleId));
  const findings: OracleFinding[] = [];
  for (const linked of correlations) {
    const above: Heard[] = [];
    const all = different(linked.inputs.flatMap(({ id }, input) => read(linked, input, heard.get(id) ?? [])));
    for (const ofGroup of Map.groupBy(all, ({ group }) => JSON.stringify(group)).values()) {
      const { found, made } = judge(linked.rule, ofGroup);
      findings.push(...found);
      above.push(...made);
    }
    heard.set(linked.rule.id, above);
  }
  return findings;
}

/** Every reading of one match: each of its groups with each of its values. */
function read(
  { rule, inputs, carries }: LinkedCorrelation,
  input: number,
  heard: readonly Heard[],
): readonly Match[] {
  const of = ({ fields }: Heard, name: string): readonly string[] => {
    const value = fields[inputs[input]?.fieldOf.get(name) ?? name];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.filter((one) => one !== undefined && one !== null).map(String);
  };
  const every = (lists: readonly (readonly string[])[]): readonly (readonly string[])[] =>
    lists.reduce<readonly (readonly string[])[]>(
      (rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])),
      [[]],
    );
  const { condition, type } = rule;
  const names = condition.kind === 'measure' ? condition.fields : [];
  return heard.flatMap((match) =>
    every(rule.groupBy.map((name) => of(match, name))).flatMap((group) =>
      every(names.map((name) => of(match, name)))
        .filter((tuple) => !isStatistic(type) || (tuple[0] !== '' && Number.isFinite(Number(tuple[0]))))
        .map((tuple) => ({
          input,
          uid: match.eventUid,
          countedAs: match.countedAs,
          timeMs: match.timeMs,
          group,
          value: JSON.stringify(tuple),
          number: Number(tuple[0]),
          fields: Object.fromEntries(carries.map((name) => [name, match.fields[name]])),
        })),
    ),
  );
}

function different(matches: readonly Match[]): readonly Match[] {
  const known = new Map(matches.map((match) => [JSON.stringify({ ...match, number: 0 }), match]));
  return [...known.values()];
}

function judge(
  rule: CorrelationRule,
  matches: readonly Match[],
): { readonly found: readonly OracleFinding[]; readonly made: readonly Heard[] } {
  const all = isStatistic(rule.type) ? onePerEvent(matches) : matches;
  return isBySlots(rule) ? judgeSlots(rule, all) : judgeInstants(rule, all);
}

function judgeInstants(rule: CorrelationRule, matches: readonly Match[]): ReturnType<typeof judge> {
  const span = rule.timespanMs;
  const bySlot = new Map<number, OracleFinding>();
  const made: Heard[] = [];
  for (const timeMs of [...new Set(matches.map((match) => match.timeMs))].sort((a, b) => a - b)) {
    const window = matches.filter((match) => match.timeMs > timeMs - span && match.timeMs <= timeMs);
    const around = matches.filter((match) => match.timeMs > timeMs - span && match.timeMs < timeMs + span);
    const measured = measure(rule, window);
    if (!conditionHolds(rule, window, around)) continue;
    const slot = Math.floor(timeMs / span);
    const group = matches[0]?.group ?? [];
    const uid = findingUid(rule.id, span, group, slot);
    const before = bySlot.get(slot);
    bySlot.set(slot, {
      uid,
      ruleId: rule.id,
      isAtOnce: isAtOnce(rule),
      measured: rule.condition.kind === 'expression' ? undefined : measured,
      matchCount: window.length,
      ...before,
      toMs: [...(before?.toMs ?? []), timeMs],
    });
    for (const match of matches.filter((one) => one.timeMs === timeMs))
      made.push({ eventUid: match.uid, countedAs: uid, timeMs, fields: above(rule, match) });
  }
  return { found: [...bySlot.values()], made };
}

function judgeSlots(rule: CorrelationRule, matches: readonly Match[]): ReturnType<typeof judge> {
  const span = rule.timespanMs;
  const active = new Set(matches.map(({ timeMs }) => Math.floor(timeMs / span)));
  const found: OracleFinding[] = [];
  const made: Heard[] = [];
  const silenceHolds = conditionHolds(rule, [], []);
  for (const slot of new Set([...active, ...[...active].map((one) => one + 1)])) {
    if (silenceHolds ? !active.has(slot - 1) : !active.has(slot)) continue;
    const window = matches.filter(({ timeMs }) => Math.floor(timeMs / span) === slot);
    if (!conditionHolds(rule, window, window)) continue;
    const endMs = (slot + 1) * span;
    const uid = findingUid(rule.id, span, matches[0]?.group ?? [], slot);
    found.push({
      uid,
      ruleId: rule.id,
      isAtOnce: false,
      measured: measure(rule, window),
      matchCount: window.length,
      toMs: [endMs],
    });
    const before = matches.filter(({ timeMs }) => timeMs < endMs);
    const lastMs = Math.max(...before.map(({ timeMs }) => timeMs));
    for (const match of before.filter(({ timeMs }) => timeMs === lastMs))
      made.push({ eventUid: match.uid, countedAs: uid, timeMs: endMs, fields: above(rule, match) });
  }
  return { found, made };
}

function above(rule: CorrelationRule, match: Match): MatchFields {
  return { ...match.fields, ...Object.fromEntries(rule.groupBy.map((name, at) => [name, match.group[at]])) };
}

function isStatistic(type: CorrelationRule['type']): boolean {
  return ['value_sum', 'value_avg', 'value_percentile', 'value_median'].includes(type);
}

function isBySlots({ condition }: CorrelationRule): boolean {
  return condition.kind === 'measure' && condition.bounds.some(({ by }) => by !== 'gt' && by !== 'gte');
}

function isAtOnce(rule: CorrelationRule): boolean {
  if (isStatistic(rule.type) || isBySlots(rule)) return false;
  return rule.condition.kind === 'measure' || !JSON.stringify(rule.condition).includes('"not"');
}

function conditionHolds(rule: CorrelationRule, window: readonly Match[], around: readonly Match[]): boolean {
  const { condition } = rule;
  if (condition.kind === 'measure') {
    const measured = measure(rule, window);
    return measured !== undefined && condition.bounds.every((bound) => boundHolds(bound, measured));
  }
  if (rule.type === 'temporal_ordered') {
    // Any choice of rules that satisfies the expression and happened in order.
    return choices(rule.rules.length).some(
      (inputs) =>
        holds(condition.expression, (name) => inputs.includes(rule.rules.indexOf(name))) &&
        happenedInOrder(inputs, window, Number.NEGATIVE_INFINITY),
    );
  }
  return holds(condition.expression, (name, isNegated) =>
    (isNegated ? around : window).some(({ input }) => input === rule.rules.indexOf(name)),
  );
}

function measure(rule: CorrelationRule, window: readonly Match[]): number | undefined {
  const different = (by: (match: Match) => unknown): number => new Set(window.map(by)).size;
  switch (rule.type) {
    case 'event_count':
      return different(({ countedAs }) => countedAs);
    case 'value_count':
      return different(({ value }) => value);
    case 'temporal':
      return different(({ input }) => input);
    case 'temporal_ordered':
      return Math.max(
        ...choices(rule.rules.length)
          .filter((inputs) => happenedInOrder(inputs, window, Number.NEGATIVE_INFINITY))
          .map((inputs) => inputs.length),
      );
    case 'value_sum':
    case 'value_avg':
    case 'value_percentile':
    case 'value_median':
      return statistic(rule, window);
  }
}

function statistic({ type, condition }: CorrelationRule, window: readonly Match[]): number | undefined {
  const numbers = window.map(({ number }) => number).sort((a, b) => a - b);
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (type === 'value_sum') return sum;
  if (type === 'value_avg') return sum / numbers.length;
  const percent = condition.kind === 'measure' ? (condition.percentile ?? 0) : 0;
  if (type === 'value_percentile')
    return numbers.find(
      (number) => numbers.filter((other) => other <= number).length >= (percent / 100) * numbers.length,
    );
  const half = numbers.length / 2;
  const middle = numbers.filter(
    (_, at) => at >= half - 1 && at <= half && (numbers.length % 2 === 0 || at > half - 1),
  );
  return middle.reduce((total, number) => total + number, 0) / middle.length;
}

function boundHolds({ by, value }: Bound, measured: number): boolean {
  if (by === 'eq') return measured === value;
  if (by === 'neq') return measured !== value;
  return (
    (by.endsWith('e') && measured === value) || (by.startsWith('l') ? measured < value : measured > value)
  );
}

/** In statistics an event speaks once: by the first of the rules that matched it, with its least value. */
function onePerEvent(matches: readonly Match[]): readonly Match[] {
  const carried = ({ fields }: Match): string => JSON.stringify(fields);
  return [...Map.groupBy(matches, ({ uid, timeMs }) => `${uid} ${timeMs}`).values()].flatMap((same) =>
    same
      .toSorted((a, b) => a.input - b.input || a.number - b.number || (carried(a) < carried(b) ? -1 : 1))
      .slice(0, 1),
  );
}

/** Every set of inputs, each in order. */
function choices(count: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, input) => input).filter((input) => (bits & (1 << input)) !== 0),
  );
}

function happenedInOrder(inputs: readonly number[], window: readonly Match[], fromMs: number): boolean {
  const [first, ...rest] = inputs;
  return (
    first === undefined ||
    window.some(
      (match) =>
        match.input === first && match.timeMs >= fromMs && happenedInOrder(rest, window, match.timeMs),
    )
  );
}
