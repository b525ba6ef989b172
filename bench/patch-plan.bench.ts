/**
 * A plan for 200 hosts in 30 windows by the solver, against the heuristic alone: how good each is, what is proved, and the
 * time that it takes. Then random small instances, each checked by the checker: none may be broken. `--instances N`.
 */
import { parsePlanInput, plan } from '@demarc/ams-patching/plan';
import { ratio, show, smoke } from './support/measure.ts';

const HOSTS = smoke ? 24 : 200;
const WINDOWS = smoke ? 8 : 30;
const SECONDS = smoke ? 1 : 25;
const given = process.argv.indexOf('--instances');
const INSTANCES = given === -1 ? (smoke ? 5 : 10_000) : Number(process.argv[given + 1]);
const DAY_MS = 86_400_000;
const FROM = Date.parse('2026-12-01T00:00:00Z');

/** The same numbers every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** Landscapes of six: database and application in each of three environments, clusters in the last. */
function landscape(hosts: number, windows: number, roll: () => number) {
  const list = Array.from({ length: hosts }, (_, index) => ({
    id: `h${index}`,
    role: index % 2 === 0 ? 'db' : 'app',
    environment: ['DEV', 'QAS', 'PRD'][Math.floor((index % 6) / 2)],
    system: `S${Math.floor(index / 6)}`,
    tier: index % 2 === 0 ? 'database' : 'application',
    ...(index % 6 === 5 ? { cluster: `c${Math.floor(index / 12)}` } : {}),
    rebootMinutes: 10,
  }));
  const iso = (ms: number): string => new Date(ms).toISOString();
  return parsePlanInput({
    from: iso(FROM),
    to: iso(FROM + 35 * DAY_MS),
    hosts: list,
    changes: list.flatMap(({ id, system }) =>
      (roll() < 0.5 ? ['os'] : ['os', 'app']).map((patch) => ({
        id: `${id}-${patch}`,
        host: id,
        patch: `${system}-${patch}`,
        minutes: 10 + Math.floor(roll() * 30),
        needsReboot: patch === 'os' && roll() < 0.7,
        due: iso(FROM + Math.floor(4 + roll() * 25) * DAY_MS),
        riskPerDay: Math.round(roll() * 100) / 10,
      })),
    ),
    windows: Array.from({ length: windows }, (_, index) => ({
      id: `w${index}`,
      minutes: 120 + 60 * Math.floor(roll() * 3),
      startsAt: iso(FROM + Math.floor((index * 30 * DAY_MS) / windows) + 22 * 3_600_000),
      rebootBudget: 20,
    })),
    freezes: [{ from: iso(FROM + 19 * DAY_MS), to: iso(FROM + 26 * DAY_MS), reason: 'end of the year' }],
    constraints: { maxConcurrent: 10, maxConcurrentOfRole: { db: 3 }, soakHours: { DEV: 24, QAS: 48 } },
  });
}

const input = landscape(HOSTS, WINDOWS, dice(7));
const startedAt = performance.now();
const solved = await plan(input, { seconds: SECONDS });
const solvedIn = (performance.now() - startedAt) / 1_000;
const again = performance.now();
const heuristic = await plan(input, { seconds: 0 });
show(`${HOSTS} hosts, ${input.changes.length} changes, ${WINDOWS} windows: solver`, [solvedIn]);
show('heuristic alone', [(performance.now() - again) / 1_000]);
console.log(
  `solver    ${JSON.stringify(solved.objective)} not below ${JSON.stringify(solved.bound)}, gap ${JSON.stringify(solved.gap)}`,
);
console.log(`heuristic ${JSON.stringify(heuristic.objective)}`);
console.log(
  `constraints broken: ${solved.violations.length} and ${heuristic.violations.length}; without a place: ${solved.unplaced.length} and ${heuristic.unplaced.length}`,
);
ratio('seconds of the solver / 30', solvedIn / 30, 'at most 1');
ratio(
  'breaches, solver / heuristic',
  solved.objective.breaches / Math.max(1, heuristic.objective.breaches),
  'at most 1',
);

let broken = 0;
for (let index = 0; index < INSTANCES; index += 1) {
  const roll = dice(1_000 + index);
  const small = landscape(6 + Math.floor(roll() * 13), 2 + Math.floor(roll() * 6), roll);
  broken += (await plan(small, { seconds: 0.5 })).violations.length;
}
console.log(`${INSTANCES} random instances: ${broken} constraints broken`);
ratio('constraints broken', broken, '0');
