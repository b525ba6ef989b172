/**
 * The live matrix: evidence received → matrix changed and stored, against the real PostgreSQL.
 *
 * 50 tenants × 100 assets × 70 controls. Signed evidence arrives as agents send it, each asset's due rules once a
 * minute and now and then a whole tenant at once; it is timed from the instant at which it was due until the cells
 * are in memory, in the store, and whoever watches was told. In the same run: one entitlement over 100 assets, the
 * naive side (the tenant worked out again by replay for each batch), how cost grows, and memory.
 *
 * `node bench/assurance.bench.ts [--smoke]`
 */
import { randomUUID } from 'node:crypto';
import { Assurance, assuranceMigrations, loadCatalogue } from '@demarc/assurance';
import { acceptSchedule, buy } from '@demarc/assurance/commands';
import type { Evidence, ServiceSpec } from '@demarc/platform/contract';
import { openEvidenceKey, signedEvidence } from '@demarc/platform/evidence';
import { migrate, openPostgres } from '@demarc/platform/stores';
import { scratchDirectory, startTestPostgres } from '@demarc/platform/stores/testing';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import * as z from 'zod';
import { median, ratio, smoke } from './support/measure.ts';

const TENANTS = smoke ? 4 : 50;
const ASSETS = smoke ? 10 : 100;
const SECONDS = smoke ? 3 : 30;
/** What one agent has to say each minute. */
const DUE_RULES = ['VMS-05.1', 'VMS-07.1', 'VMS-08.1', 'VMS-09.1'];
/** What comes at once when a tenant's machines start together. */
const ALL_RULES = [
  ...DUE_RULES,
  'VMS-05.2',
  'VMS-05.3',
  'VMS-08.2',
  'VMS-08.3',
  'VMS-09.2',
  'VMS-12.1',
  'VMS-12.2',
];
const MINUTE_MS = 60_000;
/** One in so many passes turns into a failure, and back with the next: the matrix changes all the time. */
const FAILS_EVERY = 10;
const GOAL_SECONDS = 5;

const service: ServiceSpec = {
  id: 'file-integrity-monitoring',
  title: 'Bench',
  policy: z.strictObject({}),
  emits: [],
  evidences: ALL_RULES.map((rule) => ({ rule, everySeconds: 60, freshForSeconds: 900 })),
};
const directory = scratchDirectory('bench-assurance');
const key = openEvidenceKey(directory);
await using postgres = await startTestPostgres();
await migrate(postgres.ownerConnection, assuranceMigrations);
await using store = openPostgres({ connection: postgres.connection });

interface Estate {
  readonly assurance: Assurance;
  readonly tenants: readonly { readonly scope: TenantScope; readonly assets: readonly string[] }[];
  readonly changes: { count: number };
}

let estates = 0;
async function estateOf(tenantCount: number, assetCount: number): Promise<Estate> {
  estates += 1;
  const tenants = Array.from({ length: tenantCount }, (_, at) => ({
    scope: grantTenantScope(`e${estates}-t${at}`),
    assets: Array.from({ length: assetCount }, () => randomUUID() as string),
  }));
  const changes = { count: 0 };
  const assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [service],
    freshSecondsMax: 31_536_000,
    assets: async ({ tenantId }) =>
      (tenants.find(({ scope }) => scope.tenantId === tenantId)?.assets ?? []).map((assetId, at) => ({
        assetId,
        name: `vm-${at}`,
        type: 'vm' as const,
      })),
    onChange: () => void (changes.count += 1),
    onError: (_tenant, error) => console.error(error),
    now: () => Date.now(),
  });
  for (const { scope } of tenants) await assurance.act(scope, acceptSchedule, 'bench');
  return { assurance, tenants, changes };
}

let sequence = 0;
function observed(assetId: string, rule: string): Evidence {
  sequence += 1;
  const fails = sequence % FAILS_EVERY === 0;
  return signedEvidence(
    {
      rule,
      result: fails ? 'fail' : 'pass',
      because: fails ? 'something is wrong' : 'as it should be',
      raw: { sequence, looked: 'at everything there is', files: 12_000 },
    },
    { service: service.id, assetId, observedAtMs: Date.now(), sign: (bytes) => key.sign(bytes) },
  );
}

async function send(
  estate: Estate,
  scope: TenantScope,
  assetId: string,
  rules: readonly string[],
): Promise<void> {
  const evidence = rules.map((rule) => observed(assetId, rule));
  const { refused } = await estate.assurance.intake(scope, assetId, evidence, {
    receivedAtMs: Date.now(),
    publicKeysPem: [key.publicKeyPem],
  });
  if (refused.length > 0) throw new Error(refused[0]?.because);
}

/** Open loop: what is late was due all the same, and its waiting counts. Seconds from due to done, of each batch. */
async function arriving(estate: Estate, seconds: number): Promise<readonly number[]> {
  const sources = estate.tenants.flatMap(({ scope, assets }) =>
    assets.map((assetId) => ({ scope, assetId })),
  );
  shuffle(sources);
  const gapMs = MINUTE_MS / sources.length;
  const startedAt = performance.now();
  const took: number[] = [];
  const running: Promise<void>[] = [];
  for (let at = 0; at * gapMs < seconds * 1_000; at += 1) {
    const dueAt = startedAt + at * gapMs;
    const wait = dueAt - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const from = sources[at % sources.length];
    if (from === undefined) break;
    running.push(
      send(estate, from.scope, from.assetId, DUE_RULES).then(
        () => void took.push((performance.now() - dueAt) / 1_000),
      ),
    );
  }
  await Promise.all(running);
  return took;
}

function shuffle<T>(list: T[]): void {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const figure = (seconds: number): string => `${(seconds * 1_000).toFixed(1)} ms`;
function line(name: string, values: readonly number[], goal = ''): void {
  console.log(
    `${name.padEnd(58)} p50 ${figure(percentile(values, 0.5))}  p95 ${figure(percentile(values, 0.95))}  p99 ${figure(percentile(values, 0.99))}  max ${figure(Math.max(...values))}  n ${values.length} ${goal}`,
  );
}
function heapMebibytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const before = heapMebibytes();
let startedAt = performance.now();
const estate = await estateOf(TENANTS, ASSETS);
console.log(
  `${TENANTS} tenants × ${ASSETS} assets loaded, matrix worked out and stored in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
);

// The first minute of everybody: each rule of each asset has been heard of once.
const first: number[] = [];
for (const { scope, assets } of estate.tenants) {
  startedAt = performance.now();
  await Promise.all(assets.map((assetId) => send(estate, scope, assetId, ALL_RULES)));
  first.push((performance.now() - startedAt) / 1_000);
}
line(
  `burst: ${ASSETS} assets of a tenant, ${ALL_RULES.length} rules each, at once`,
  first,
  `(goal ${GOAL_SECONDS} s)`,
);
let cells = 0;
for (const { scope } of estate.tenants)
  cells += await estate.assurance.look(scope, (evaluation) => [...evaluation.pairs()].length);
const heap = heapMebibytes() - before;
console.log(
  `memory: ${heap.toFixed(0)} MiB of heap for ${cells} cells, ${((heap * 2 ** 20) / cells).toFixed(0)} bytes a cell${globalThis.gc === undefined ? ' (with garbage; node --expose-gc tells more)' : ''}`,
);

const steady = await arriving(estate, SECONDS);
line(
  `evidence received → matrix changed, ${(TENANTS * ASSETS * DUE_RULES.length) / 60} a second`,
  steady,
  `(goal p95 ${GOAL_SECONDS} s)`,
);

// With the load going on: one purchase for a hundred assets, and the hundred first passes that make it operational.
const load = arriving(estate, smoke ? 2 : 10);
const bought: number[] = [];
const moved: number[] = [];
for (const { scope, assets } of estate.tenants.slice(0, smoke ? 2 : 5)) {
  startedAt = performance.now();
  const purchase = {
    serviceId: service.id,
    tier: 'managed',
    assetIds: [...assets],
    prerequisites: 'all',
  } as const;
  await estate.assurance.act(scope, buy(purchase), 'bench');
  bought.push((performance.now() - startedAt) / 1_000);
  startedAt = performance.now();
  await Promise.all(assets.map((assetId) => send(estate, scope, assetId, ['VMS-09.1'])));
  const operational = await estate.assurance.look(
    scope,
    ({ world }) =>
      [...world.standing.entitlements.values()]
        .flatMap((each) => [...each.assets.values()])
        .filter((each) => each.operationalAtMs !== undefined).length,
  );
  if (operational < assets.length * (1 - 2 / FAILS_EVERY))
    throw new Error(`only ${operational} are operational`);
  moved.push((performance.now() - startedAt) / 1_000);
}
await load;
line(`an entitlement over ${ASSETS} assets, bought`, bought, `(goal ${GOAL_SECONDS} s)`);
line(`its ${ASSETS} first passes, and the duties moved`, moved, `(goal ${GOAL_SECONDS} s)`);

// Both sides alone, one batch at a time, on the same tenant.
const [one] = estate.tenants;
if (one === undefined) throw new Error('there is no tenant');
const incremental: number[] = [];
const naive: number[] = [];
for (let round = 0; round < (smoke ? 3 : 15); round += 1) {
  const assetId = one.assets[round % one.assets.length] ?? '';
  startedAt = performance.now();
  await send(estate, one.scope, assetId, DUE_RULES);
  incremental.push((performance.now() - startedAt) / 1_000);
  startedAt = performance.now();
  await estate.assurance.look(
    one.scope,
    (evaluation) => {
      for (const { control, asset } of evaluation.pairs()) evaluation.cell(control, asset);
    },
    { asOfMs: Date.now() },
  );
  naive.push((performance.now() - startedAt) / 1_000);
}
line('one batch, incremental (with signatures, stored)', incremental);
line('one batch, naive: the tenant by replay (nothing stored)', naive);
ratio('naive / incremental', median(naive) / median(incremental), 'recorded');
estate.assurance[Symbol.dispose]();

const growth = smoke
  ? ([
      [2, 5],
      [2, 10],
      [4, 5],
    ] as const)
  : ([
      [5, 10],
      [5, 30],
      [5, 100],
      [15, 30],
      [50, 30],
    ] as const);
for (const [tenantCount, assetCount] of growth) {
  const small = await estateOf(tenantCount, assetCount);
  for (const { scope, assets } of small.tenants)
    await Promise.all(assets.map((assetId) => send(small, scope, assetId, DUE_RULES)));
  const each: number[] = [];
  for (let round = 0; round < (smoke ? 5 : 40); round += 1) {
    const { scope, assets } = small.tenants[round % tenantCount] ?? one;
    startedAt = performance.now();
    await send(small, scope, assets[round % assets.length] ?? '', DUE_RULES);
    each.push((performance.now() - startedAt) / 1_000);
  }
  line(`growth: ${tenantCount} tenants × ${assetCount} assets, one batch alone`, each);
  small.assurance[Symbol.dispose]();
}
ratio('p95 of evidence → matrix, in seconds', percentile(steady, 0.95), `at most ${GOAL_SECONDS}`);
ratio(
  'slowest entitlement change over the assets, in seconds',
  Math.max(...bought, ...moved),
  `at most ${GOAL_SECONDS}`,
);
if (!smoke && (percentile(steady, 0.95) > GOAL_SECONDS || Math.max(...bought, ...moved) > GOAL_SECONDS))
  process.exitCode = 1;
