import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { BaseMatch, CorrelationFinding } from '../match.ts';
import { oracle } from '../oracle.ts';
import type { LinkedCorrelation } from '../rule.ts';
import { anyArrival, anyCorrelations, anyMatches, correlationOf, LATENESS_MS, linked } from '../testing.ts';
import { CorrelationEngine } from './engine.ts';

const END_MS = 1_000_000;
const LIMITS = { latenessMs: LATENESS_MS };
/** A hundred times as many were run when it was written; these take a second. */
const RUNS = 500;

/** As a server lives: it dies at some arrivals, and is made again from its journal. */
function live(
  correlations: readonly LinkedCorrelation[],
  arrivals: readonly BaseMatch[],
  { deaths = [], batch = 1 }: { readonly deaths?: readonly number[]; readonly batch?: number } = {},
): readonly CorrelationFinding[] {
  const found: CorrelationFinding[] = [];
  const journal: { readonly clockMs: number; readonly match: BaseMatch }[] = [];
  let engine = new CorrelationEngine(correlations, LIMITS);
  let latestMs = 0;
  for (const [at, match] of arrivals.entries()) {
    if (deaths.includes(at)) {
      const { clockMs } = engine;
      engine = new CorrelationEngine(correlations, LIMITS);
      for (const entry of journal) {
        engine.advance(entry.clockMs);
        engine.add(entry.match);
      }
      engine.advance(clockMs);
    }
    journal.push({ clockMs: engine.clockMs, match });
    found.push(...engine.add(match));
    latestMs = Math.max(latestMs, match.timeMs);
    if (at % batch === batch - 1) found.push(...engine.advance(latestMs));
  }
  found.push(...engine.advance(END_MS));
  return found;
}

const uids = (found: readonly { readonly uid: string }[]): readonly string[] =>
  found.map(({ uid }) => uid).sort();

test('the findings are those of every window tried literally, whatever order, repetition, deaths', (t: TestContext) => {
  let findings = 0;
  fc.assert(
    fc.property(
      anyCorrelations,
      anyMatches.chain((matches) => fc.tuple(fc.constant(matches), anyArrival(matches))),
      fc.array(fc.nat(60), { maxLength: 3 }),
      fc.integer({ min: 1, max: 5 }),
      (correlations, [matches, arrivals], deaths, batch) => {
        const wanted = oracle(correlations, matches);
        findings += wanted.length;
        const found = live(correlations, arrivals, { deaths, batch });
        t.assert.deepEqual(uids(found), uids(wanted));
        const byUid = new Map(wanted.map((one) => [one.uid, one]));
        for (const one of found) {
          const same = byUid.get(one.uid);
          t.assert.ok(same?.toMs.includes(one.toMs), 'it held at that instant');
          if (same?.isAtOnce !== false) continue;
          t.assert.equal(one.toMs, same.toMs[0]);
          t.assert.equal(one.measured, same.measured);
        }
      },
    ),
    { numRuns: RUNS },
  );
  t.diagnostic(`${findings} findings agreed`);
});

test('what comes too late adds true findings at most, and is counted', (t: TestContext) => {
  let late = 0;
  fc.assert(
    fc.property(
      anyCorrelations.filter((all) =>
        all.every(({ rule }) => rule.type === 'event_count' || rule.type === 'temporal'),
      ),
      anyMatches,
      (correlations, matches) => {
        const atOnce = new Set<string>();
        for (const { rule, inputs } of correlations)
          if (
            (rule.condition.kind === 'expression'
              ? !JSON.stringify(rule.condition).includes('not')
              : rule.condition.bounds.every(({ by }) => by.startsWith('g'))) &&
            inputs.every(({ id, isCorrelation }) => !isCorrelation || atOnce.has(id))
          )
            atOnce.add(rule.id);
        const engine = new CorrelationEngine(correlations, { latenessMs: 0 });
        const found = matches.flatMap((match) => [...engine.add(match), ...engine.advance(match.timeMs)]);
        for (const { late: count } of engine.figures().byRule.values()) late += count;
        const wanted = new Set(oracle(correlations, matches).map(({ uid }) => uid));
        for (const { uid, ruleId } of found) if (atOnce.has(ruleId)) t.assert.ok(wanted.has(uid));
      },
    ),
    { numRuns: 200 },
  );
  t.assert.ok(late > 0);
});

const START_MS = 1_800_000_000_000;
const burst = (count: number, of: (at: number) => Partial<BaseMatch>): readonly BaseMatch[] =>
  Array.from({ length: count }, (_, at) => ({
    ruleId: 'd0',
    eventUid: `uid-${at}`,
    timeMs: START_MS + at,
    fields: {},
    ...of(at),
  }));

test('a threshold that is reached is told with the match that reaches it, and once', (t: TestContext) => {
  const rule = correlationOf({
    type: 'event_count',
    rules: ['d0'],
    'group-by': ['u'],
    timespan: '1m',
    condition: { gte: 10 },
  });
  const engine = new CorrelationEngine(linked(rule));
  const told = burst(500, () => ({ fields: { u: 'root' } })).map((match) => engine.add(match));
  t.assert.deepEqual(
    told.flatMap((found, at) => found.map(() => at)),
    [9],
  );
  const [finding] = told.flat();
  t.assert.deepEqual(finding?.group, { u: 'root' });
  t.assert.equal(finding?.matchCount, 10);
  t.assert.equal(finding?.eventUids.length, 10);
  t.assert.equal(finding?.toMs, START_MS + 9);
});

test('silence is told once, when it is certain', (t: TestContext) => {
  const rule = correlationOf({
    type: 'event_count',
    rules: ['d0'],
    'group-by': ['h'],
    timespan: '1m',
    condition: { eq: 0 },
  });
  const engine = new CorrelationEngine(linked(rule), { latenessMs: 5_000 });
  engine.add({ ruleId: 'd0', eventUid: 'beat', timeMs: START_MS, fields: { h: 'db' } });
  t.assert.deepEqual(engine.advance(START_MS + 124_999), []);
  const found = engine.advance(START_MS + 125_000);
  t.assert.equal(found.length, 1);
  t.assert.equal(found[0]?.matchCount, 0);
  t.assert.deepEqual(engine.advance(START_MS + 9_000_000), []);
  t.assert.equal(engine.figures().groups, 0, 'and forgotten');
});

test('what the bounds cost is counted by rule', (t: TestContext) => {
  const rule = correlationOf({
    type: 'value_count',
    rules: ['d0'],
    'group-by': ['u'],
    timespan: '1m',
    condition: { field: 'v', gte: 3 },
  });
  const engine = new CorrelationEngine(linked(rule), {
    groupsMax: 10,
    matchesMax: 50,
    matchesPerGroupMax: 5,
  });
  for (const match of burst(100, (at) => ({ fields: { u: `u${at}`, v: 'x' } }))) engine.add(match);
  t.assert.equal(engine.figures().groups, 10);
  t.assert.equal(engine.figures().byRule.get('c0')?.evictedGroups, 90);
  // A flood of one value does not wash away the others.
  const values = ['a', 'b', ...Array<string>(60).fill('same'), 'c'];
  const found = burst(values.length, (at) => ({
    eventUid: `flood-${at}`,
    timeMs: START_MS + 1_000 + at,
    fields: { u: 'u99', v: values[at] },
  })).flatMap((match) => engine.add(match));
  t.assert.equal(found.length, 1);
  t.assert.ok((engine.figures().byRule.get('c0')?.evictedMatches ?? 0) > 90);
  t.assert.ok(engine.figures().matches <= 50);
  const flooded = engine.figures().byRule.get('c0');
  t.assert.equal(engine.add({ ruleId: 'd0', eventUid: 'none', timeMs: START_MS, fields: {} }).length, 0);
  t.assert.equal((engine.figures().byRule.get('c0')?.withoutValue ?? 0) - (flooded?.withoutValue ?? 0), 1);
});

test('floods out of order cost no more than they hold', (t: TestContext) => {
  const section = { rules: ['d0'], 'group-by': [], timespan: '1h' };
  const rules = linked(
    correlationOf({ ...section, type: 'value_count', condition: { field: 'v', gte: 100 } }, 'c0'),
    correlationOf({ ...section, type: 'event_count', condition: { gte: 4_000 } }, 'c1'),
  );
  const engine = new CorrelationEngine(rules);
  const startedAt = performance.now();
  for (const match of burst(8_000, (at) => ({
    timeMs: START_MS + (at % 2 === 0 ? at : at - 40) * 10,
    fields: { v: `v${at % 7}` },
  })))
    engine.add(match);
  const tookMs = performance.now() - startedAt;
  t.assert.ok(tookMs < 5_000, `${tookMs} ms`);
});
