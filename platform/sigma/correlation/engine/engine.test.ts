import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { BaseMatch, CorrelationFinding } from '../match.ts';
import { oracle } from '../oracle.ts';
import type { LinkedCorrelation } from '../rule.ts';
import { anyArrival, anyCorrelations, anyMatches, LATENESS_MS } from '../testing.ts';
import { CorrelationEngine } from './engine.ts';

const END_MS = 1_000_000;
const LIMITS = { latenessMs: LATENESS_MS };
/** Ten times as many were run when it was written; these take a second. */
const RUNS = 800;

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
