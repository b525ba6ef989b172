/**
 * The live matrix against a replay of the same acts and evidence, over generated timelines: after every step and
 * at every instant at which it changed, both say the same.
 */
import { type TestContext, test } from 'node:test';
import { DUTIES } from '@demarc/platform/contract/api';
import fc from 'fast-check';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { type CellState, Evaluation, keyOf } from '../evaluation/evaluation.ts';
import type { Act } from '../model/acts.ts';
import { replay } from '../model/standing.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import { alike, LiveMatrix } from './live-matrix.ts';
import { anyTimeline, type Step, stepsOf } from './testing.ts';

const catalogue = loadCatalogue();
const sources = new Map(
  [...catalogue.rules].map(([id, { rule }]) => [id, Math.min(rule.freshForSeconds, 40)]),
);

/** What a replay says of `t` as it was known then. */
function replayed(steps: readonly Step[], t: number): Evaluation {
  const acts = steps
    .flatMap((step) => (step.kind === 'act' ? [step.act] : []))
    .filter(({ atMs, recordedAtMs }) => atMs <= t && recordedAtMs <= t)
    .sort((a, b) => a.atMs - b.atMs);
  const evidence = new Map<string, KeptEvidence>();
  for (const step of steps) {
    if (step.kind !== 'evidence' || step.evidence.receivedAtMs > t || step.evidence.result === 'error')
      continue;
    const key = keyOf(step.evidence.assetId, step.evidence.rule);
    const known = evidence.get(key);
    if (known === undefined || step.evidence.observedAtMs >= known.observedAtMs)
      evidence.set(key, step.evidence);
  }
  return new Evaluation({ catalogue, standing: replay(acts, catalogue), evidence, sources, t });
}

const sayOf = (state: CellState | undefined): string =>
  JSON.stringify([
    state?.own,
    state?.effective,
    state?.duties.map(({ state: held, party, by }) => [held, party, by]),
  ]);

test('what is kept up to date is what a replay gives, at every instant at which anything changed', () => {
  fc.assert(
    fc.property(anyTimeline(catalogue), (timeline) => {
      const steps = stepsOf(timeline);
      const live = new LiveMatrix({ catalogue, sources }, [], [], 0);
      const stored = new Map<string, { readonly fromMs: number; readonly state: CellState | undefined }[]>();
      const keep = (changes: ReturnType<LiveMatrix['advance']>): void => {
        for (const { assetId, controlId, fromMs, state } of changes) {
          const key = keyOf(assetId, controlId);
          stored.set(key, [...(stored.get(key) ?? []), { fromMs, state }]);
        }
      };
      // What is there before anything happens is no change.
      for (const [key, state] of live.cells) stored.set(key, [{ fromMs: 0, state }]);
      for (const step of steps) {
        keep(
          step.kind === 'act' ? live.apply(step.act, step.atMs) : live.receive([step.evidence], step.atMs),
        );
      }
      const end = (steps.at(-1)?.atMs ?? 0) + 100_000;
      keep(live.advance(end));
      const instants = new Set([end, ...steps.map(({ atMs }) => atMs)]);
      for (const changes of stored.values())
        for (const { fromMs } of changes) instants.add(fromMs).add(fromMs - 1);
      for (const t of [...instants].filter((each) => each >= 0)) {
        const evaluation = replayed(steps, t);
        const expected = new Map(
          [...evaluation.pairs()].map(({ control, asset }) => [
            keyOf(asset.assetId, control.id),
            evaluation.cell(control, asset),
          ]),
        );
        for (const [key, changes] of stored) {
          const now = changes.findLast(({ fromMs }) => fromMs <= t)?.state;
          const wanted = expected.get(key);
          expected.delete(key);
          if (now === undefined && wanted === undefined) continue;
          if (now === undefined || wanted === undefined || !alike(now, wanted))
            throw new Error(`${key} at ${t}: kept ${sayOf(now)}, replayed ${sayOf(wanted)}`);
        }
        if (expected.size > 0) throw new Error(`not kept at ${t}: ${[...expected.keys()].join(', ')}`);
      }
    }),
    { numRuns: 40 },
  );
});

test('the rules hold over ten thousand timelines', (t: TestContext) => {
  let timelines = 0;
  fc.assert(
    fc.property(anyTimeline(catalogue, { assets: 1, steps: 8 }), (timeline) => {
      timelines += 1;
      const steps = stepsOf(timeline);
      const acts: Act[] = [];
      for (const step of steps) {
        if (step.kind === 'act') acts.push(step.act);
        if (step !== steps.at(-1)) continue;
        checkInvariants(steps, step.atMs, acts);
      }
    }),
    { numRuns: 10_000 },
  );
  t.assert.ok(timelines >= 10_000);
});

/** One control and its asset are enough for each timeline: the rules are the same for all. */
function checkInvariants(steps: readonly Step[], at: number, acts: readonly Act[]): void {
  const evaluation = replayed(steps, at);
  const control = catalogue.controls.get('VMS-09');
  const asset = evaluation.population.find('asset-0');
  if (control === undefined || asset === undefined) return;
  const { duties, own } = evaluation.cell(control, asset);
  const accepted = new Set<string>();
  for (const act of acts) {
    if (act.name === 'claim-accepted') accepted.add(act.payload.party);
    if (act.name === 'schedule-accepted')
      for (const duty of DUTIES) accepted.add(control.default_responsibility[duty]);
    // The tier's party accepted by offering it; the customer by buying it.
    if (act.name === 'service-bought') accepted.add('provider').add('customer');
    // A taker whom somebody else named has accepted nothing.
    if (act.name === 'handover-item-settled' && act.payload.acceptedBy !== undefined)
      accepted.add(act.payload.taker ?? '');
    if (act.name === 'handover-item-accepted') accepted.add(act.payload.party);
  }
  for (const [index, { state, party }] of duties.entries()) {
    if ((state === 'owned') !== (party !== null))
      throw new Error(`${DUTIES[index]}: ${state} by ${party ?? 'nobody'}`);
    if (party !== null && !accepted.has(party))
      throw new Error(`${party} has the duty to ${DUTIES[index]} and never accepted anything`);
  }
  // Evidence alone never moves an owner: without it, and without time passing, the owners are the same.
  const blind = replayed(
    steps.filter(({ kind }) => kind === 'act'),
    at,
  );
  const unseen = blind.cell(control, asset).duties;
  for (const [index, { state, party, by }] of duties.entries()) {
    const other = unseen[index];
    if (state !== other?.state || party !== other.party || by !== other.by)
      throw new Error(`evidence moved the duty to ${DUTIES[index]}`);
  }
  // A failure does not age: a thousand years on it is still one.
  if (own === 'not-satisfied') {
    const later = new Evaluation({ ...evaluation.world, t: at + 1e12 });
    if (
      later.notApplicable(control, asset) === undefined &&
      later.status(control, asset).own !== 'not-satisfied'
    )
      throw new Error('a failure aged into something better');
  }
}
