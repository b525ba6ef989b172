/**
 * The stored matrix against replay from the ledger, at a thousand random instants: generated acts and evidence go
 * through the front doors, the server is started anew in between, and time passes while it is down.
 */
import { after, before, type TestContext, test } from 'node:test';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import fc from 'fast-check';
import type { Assurance } from '../assurance.ts';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { keyOf } from '../evaluation/evaluation.ts';
import { cellsAt } from '../store/cells.ts';
import { observation, openTestAssurance, START, type TestAssurance } from '../testing-postgres.ts';
import { alike } from './live-matrix.ts';
import { anyTimeline, type Step, stepsOf } from './testing.ts';

const POINTS = 1_000;
const TIMELINES = 5;
const STEPS_BETWEEN_STARTS = 23;
const SOURCE = 'test:source';
const catalogue = loadCatalogue();
let now = START;
let setting: TestAssurance;
let assurance: Assurance;

before(async () => {
  setting = await openTestAssurance({
    assets: async () => [],
    now: () => now,
    sources: [
      {
        id: SOURCE,
        // Short, so that much goes stale within a timeline.
        rules: [...catalogue.rules.keys()].map((rule) => ({ rule, everySeconds: 1, freshForSeconds: 40 })),
      },
    ],
  });
  assurance = setting.open();
});

after(async () => setting[Symbol.asyncDispose]());

/** Time goes on from one timeline to the next: the clock that evidence ages by is never set back. */
let begin = START;

async function take(tenant: TenantScope, step: Step): Promise<void> {
  now = Math.max(now, begin + step.atMs);
  if (step.kind === 'act') {
    const { name, payload, atMs } = step.act;
    await assurance.act(
      tenant,
      () => ({
        acts: [{ name, payload, atMs: begin + atMs, recordedAtMs: now, actor: 'ann' } as never],
        result: undefined,
        says: name,
      }),
      'ann',
    );
    return;
  }
  const { assetId, rule, result, observedAtMs } = step.evidence;
  const evidence = observation(setting.platformKey, assetId, rule, result, begin + observedAtMs, { service: SOURCE });
  await assurance.observed(tenant, [{ assetId, evidence }]);
}

test('the stored matrix is what a replay gives, at 1,000 random instants', async (t: TestContext) => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const timelines = fc.sample(
    fc.array(anyTimeline(catalogue, { assets: 3, stepsMin: 40, steps: 60 }), { minLength: 3, maxLength: 3 }),
    { seed, numRuns: TIMELINES },
  );
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { seed, numRuns: POINTS });
  let compared = 0;
  let cellsCompared = 0;
  let starts = 0;
  for (const [at, parts] of timelines.entries()) {
    const tenant = grantTenantScope(`timeline-${at}`);
    begin = now;
    // Several drawn ones after each other, with the assets of the first: a longer story.
    const steps = parts.flatMap((part, index) => {
      const offset = index * 1_000_000;
      return stepsOf(part).map((step) => shifted(step, offset));
    });
    for (const [index, step] of steps.entries()) {
      if (index % STEPS_BETWEEN_STARTS === STEPS_BETWEEN_STARTS - 1) {
        assurance[Symbol.dispose]();
        now += 5_000;
        assurance = setting.open();
        starts += 1;
      }
      await take(tenant, step);
    }
    const end = (steps.at(-1)?.atMs ?? 0) + 60_000;
    now = Math.max(now, begin + end);
    await assurance.look(tenant, () => undefined);
    const share = Math.ceil(POINTS / TIMELINES);
    for (const point of random.slice(at * share, (at + 1) * share)) {
      const instant = begin + Math.floor(point * end);
      const stored = new Map(
        (await setting.store.inTenant(tenant, (db) => cellsAt(db, instant)))
          .filter(({ own }) => own !== null)
          .map((cell) => [keyOf(cell.assetId, cell.controlId), cell]),
      );
      await assurance.look(
        tenant,
        (evaluation) => {
          for (const { control, asset } of evaluation.pairs()) {
            const key = keyOf(asset.assetId, control.id);
            const kept = stored.get(key);
            stored.delete(key);
            const wanted = evaluation.cell(control, asset);
            cellsCompared += 1;
            // Before the tenant was first looked at, nothing was kept of it.
            if (kept === undefined && instant < begin + 1_000) continue;
            const same =
              kept?.own != null &&
              kept.effective !== null &&
              alike({ ...wanted, ...kept, own: kept.own, effective: kept.effective }, wanted);
            if (!same)
              throw new Error(
                `seed ${seed}, ${tenant.tenantId}, ${key} at +${instant - begin}: kept ${JSON.stringify(kept)}, replayed ${JSON.stringify(wanted)}`,
              );
          }
        },
        { asOfMs: instant, knownAtMs: instant },
      );
      t.assert.equal(stored.size, 0, `kept and not replayed: ${[...stored.keys()].join(', ')}`);
      compared += 1;
    }
  }
  t.diagnostic(`${compared} instants, ${cellsCompared} cells compared, ${starts} starts`);
  t.assert.ok(compared >= POINTS);
  t.assert.ok(starts >= TIMELINES);
});

function shifted(step: Step, offset: number): Step {
  const atMs = step.atMs + offset;
  return step.kind === 'act'
    ? { ...step, atMs, act: { ...step.act, atMs: step.act.atMs + offset, recordedAtMs: atMs } }
    : {
        ...step,
        atMs,
        evidence: { ...step.evidence, observedAtMs: step.evidence.observedAtMs + offset, receivedAtMs: atMs },
      };
}
