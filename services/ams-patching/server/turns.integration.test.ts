/** Jobs of machines that have to heed each other, over the real PostgreSQL and the real planner. */
import { after, before, beforeEach, type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { JobDetail, PatchingSettings, ShownPlan } from '../api.ts';
import { giveOrders } from './orders.ts';
import { TestPatching } from './testing.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
let room: TestPatching;

before(async () => {
  room = await TestPatching.open(grantTenantScope('local'));
});
after(() => room[Symbol.asyncDispose]());
beforeEach(async () => {
  room.nowMs += 60 * DAY_MS;
  room.needs = [];
  await room.follow();
  room.machines.length = 0;
  room.orders.length = 0;
});

/** One package, published and approved for each; in the order of their turns. */
async function approved(
  machines: Readonly<Record<string, Record<string, string>>>,
): Promise<readonly JobDetail[]> {
  const assetIds = Object.entries(machines).map(([name, labels]) => room.machine(name, labels));
  for (const assetId of assetIds) room.need(assetId, 'openssl');
  await room.window(2, { scope: { assetIds } });
  const plan = await room.published();
  const jobs = plan.work.toSorted((a, b) => (a.startsAt < b.startsAt ? -1 : 1));
  const all: JobDetail[] = [];
  for (const { jobId } of jobs) {
    await room.resolved(jobId ?? '');
    all.push(await room.act('approve', jobId ?? ''));
  }
  return all;
}

const applied = (): readonly string[] =>
  room.orders
    .filter(({ kind, isTakenBack }) => kind === 'patch-apply' && !isTakenBack)
    .map(({ assetId }) => room.machines.find((machine) => machine.assetId === assetId)?.name ?? '');
const because = async ({ id }: JobDetail): Promise<string> => (await room.job(id)).stateBecause;

async function begins({ id, assetId }: JobDetail): Promise<void> {
  room.says(assetId, { about: 'begun', jobId: id, what: 'apply', atMs: room.nowMs });
  await room.follow();
}
async function ends(job: JobDetail, result: 'done' | 'failed'): Promise<void> {
  const outcome = room.result(job);
  const packages = outcome.packages.map((each) => ({ ...each, outcome: result }));
  room.says(job.assetId, { about: 'result', result: { ...outcome, result, packages } });
  await room.follow();
}

const PAIR = {
  'db-1': { cluster: 'db', standby: 'primary' },
  'db-2': { cluster: 'db', standby: 'secondary' },
};

/** Both approved; nobody is at work yet. */
async function pair(): Promise<{ readonly second: JobDetail; readonly first: JobDetail }> {
  const [second, first] = await approved(PAIR);
  if (first === undefined || second === undefined) throw new Error('there are two jobs');
  return { second, first };
}

/** The secondary is at work, and it is not the primary's turn yet. */
async function pairAtWork(): ReturnType<typeof pair> {
  const both = await pair();
  room.nowMs = Date.parse(both.second.opensAt);
  await room.follow();
  await begins(both.second);
  return both;
}

test('a machine without neighbours has its order at once, one with them when its turn has come', async (t: TestContext) => {
  const { second } = await pair();
  t.assert.deepEqual(applied(), []);
  t.assert.match(await because(second), /^Approved by Bob/);
  const [alone] = await approved({ 'web-1': {} });
  t.assert.deepEqual(applied(), ['web-1']);
  t.assert.equal(alone?.state, 'waiting');
  room.nowMs = Date.parse(second.opensAt);
  await room.follow();
  t.assert.deepEqual(applied(), ['web-1', 'db-2'], 'the secondary');
});

test('who is late is waited for, and not by the clock', async (t: TestContext) => {
  const { second, first } = await pairAtWork();
  room.nowMs += 40 * MINUTE_MS;
  await room.follow();
  t.assert.deepEqual(applied(), ['db-2']);
  t.assert.equal(await because(first), 'It waits for db-2, of the same cluster, whose job is not over.');
  await ends(second, 'done');
  await room.follow();
  t.assert.deepEqual(applied(), ['db-2', 'db-1']);
});

test('of a cluster whose first member failed the next is held, until somebody has looked', async (t: TestContext) => {
  const { second, first } = await pairAtWork();
  room.nowMs += 40 * MINUTE_MS;
  await ends(second, 'failed');
  await room.follow();
  const held = await room.job(first.id);
  t.assert.deepEqual([held.state, held.approval], ['held', null]);
  t.assert.match(held.stateBecause, /^db-2, of the same cluster, ended as failed: look at it/);
  t.assert.deepEqual(applied(), ['db-2']);
  await room.act('approve', first.id);
  t.assert.deepEqual(applied(), ['db-2', 'db-1']);
});

test('whose turn does not come is missed, and says whom it waited for', async (t: TestContext) => {
  const { second, first } = await pairAtWork();
  room.nowMs = Date.parse(second.closesAt) - MINUTE_MS;
  await room.follow();
  room.nowMs = Date.parse(second.closesAt) + 20 * MINUTE_MS;
  await room.follow();
  const missed = await room.job(first.id);
  t.assert.equal(missed.state, 'missed');
  t.assert.match(missed.stateBecause, /it was handed no order\. It waits for db-2/);
});

test('two servers that give orders at once begin one of a cluster', async (t: TestContext) => {
  const jobs = await approved({ one: { cluster: 'c' }, two: { cluster: 'c' }, three: { cluster: 'c' } });
  // As if all of them had been planned for the same moment.
  for (const { id } of jobs)
    await room.context.inTenant(room.tenant, (db) =>
      db.updateTable('amp_job').set({ not_before_ms: 0 }).where('job_id', '=', id).execute(),
    );
  room.nowMs = Date.parse(jobs.at(-1)?.opensAt ?? '') + 60 * MINUTE_MS;
  await Promise.all(Array.from({ length: 6 }, () => giveOrders(room.context, room.tenant)));
  t.assert.equal(applied().length, 1);
});

test('a patch soaks in development, also where another plan has it for production', async (t: TestContext) => {
  const [dev] = await approved({ 'erp-dev': { system: 'ERP', environment: 'DEV' } });
  if (dev === undefined) throw new Error('there is a job');
  // Before it is done production is planned, which does not see it in development any more.
  const [prd] = await approved({ 'erp-prd': { system: 'ERP', environment: 'PRD' } });
  if (prd === undefined) throw new Error('there is a job');
  room.nowMs = Date.parse(dev.opensAt);
  await room.follow();
  await begins(dev);
  t.assert.deepEqual(applied(), ['erp-dev']);
  t.assert.match(await because(prd), /^It waits for erp-dev \(erp-dev \(DEV\) gets it first/);
  room.nowMs += 5 * MINUTE_MS;
  await ends(dev, 'done');
  await room.follow();
  t.assert.match(await because(prd), /^It waits until .* runs it for 24 h/);
  t.assert.deepEqual(applied(), ['erp-dev']);
});

test('what a tenant says of order is in the plan: takeovers, and who depends on whom', async (t: TestContext) => {
  const { settings } = await room.ask<{ settings: PatchingSettings }>('GET settings');
  const dependencies = [{ first: { labels: { role: 'dns' } }, later: { labels: { role: 'web' } } }];
  await room.ask('PUT settings', {
    body: { ...settings, takeoverMinutes: 30, constraints: { ...settings.constraints, dependencies } },
  });
  const machines = { ...PAIR, dns: { role: 'dns' }, web: { role: 'web' } };
  const assetIds = Object.entries(machines).map(([name, labels]) => room.machine(name, labels));
  for (const assetId of assetIds) room.need(assetId, 'openssl');
  await room.window(2, { scope: { assetIds } });
  const { work } = await room.ask<ShownPlan>('POST plans', { body: { seconds: 1 } });
  const of = (name: string) => {
    const found = work.find(({ assetName }) => assetName === name);
    if (found === undefined) throw new Error(`${name} has no place`);
    return { from: Date.parse(found.startsAt), to: Date.parse(found.endsAt) };
  };
  t.assert.equal(of('db-1').to - of('db-1').from, 31 * MINUTE_MS);
  t.assert.ok(of('db-2').to <= of('db-1').from);
  t.assert.ok(of('dns').to <= of('web').from);
  const circle = [
    ...dependencies,
    { first: { labels: { role: 'web' } }, later: { labels: { role: 'dns' } } },
  ];
  await room.ask('PUT settings', {
    body: { ...settings, constraints: { ...settings.constraints, dependencies: circle } },
  });
  await t.assert.rejects(room.ask('POST plans', { body: { seconds: 1 } }), {
    code: 'PLAN_INPUT_INVALID',
    message: /openssl on dns/,
  });
  await t.assert.rejects(
    room.ask('PUT settings', {
      body: { ...settings, constraints: { dependencies: [{ first: {}, later: {} }] } },
    }),
    /names no group/,
  );
  await room.ask('PUT settings', { body: settings });
});
