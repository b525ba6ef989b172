/** The life of patch jobs over the real PostgreSQL and the real solver; what agents say is made by the test, in their words. */
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { JobDetail, JobRow, PlanList, ShownPlan } from '../api.ts';
import { Apply, Resolve, TakeBack } from '../orders.ts';
import { observer } from './observer.ts';
import { ANN, BOB, CUS, TestPatching } from './testing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let room: TestPatching;
let number = 0;

before(async () => {
  room = await TestPatching.open(grantTenantScope('local'));
});
after(() => room[Symbol.asyncDispose]());

/** Each begins with nothing open: what was planned before is over. */
beforeEach(async () => {
  room.nowMs += 60 * DAY_MS;
  room.needs = [];
  room.owner = 'ams';
  room.readAtMs = null;
  await room.follow();
  room.machines.length = 0;
  room.orders.length = 0;
  room.done.length = 0;
});

const machine = (): string => room.machine(`m-${(number += 1)}`);

/** Of one machine with one package, in two hours from now. */
async function proposed(names: readonly string[] = ['nginx']): Promise<JobDetail> {
  const assetId = machine();
  for (const name of names) room.need(assetId, name);
  await room.window(2, { scope: { assetIds: [assetId] } });
  await room.published();
  const [row] = (await room.jobs({ assetId })).jobs;
  return room.resolved(row?.id ?? '');
}
const ofKind = (kind: string) => room.orders.filter((order) => order.kind === kind);
const states = async (rows: readonly { readonly id: string }[]): Promise<readonly JobRow['state'][]> =>
  Promise.all(rows.map(async ({ id }) => (await room.job(id)).state));

test('a job lives from a need to the scan that no longer sees it', async (t: TestContext) => {
  const job = await proposed(['nginx', 'curl']);
  const [resolve] = ofKind('patch-resolve');
  t.assert.deepEqual(
    Resolve.parse(resolve?.what)
      .wanted.map(({ name }) => name)
      .sort(),
    ['curl', 'nginx'],
  );
  t.assert.deepEqual(
    [job.state, job.packages.map(({ name, to }) => `${name} ${to ?? ''}`).sort(), job.party],
    ['proposed', ['curl 1.1-1', 'nginx 1.1-1'], 'ams'],
  );
  t.assert.equal(resolve?.isTakenBack, true, 'it has answered');
  const approved = await room.act('approve', job.id);
  t.assert.deepEqual([approved.state, approved.approval?.by.name], ['waiting', 'Bob']);
  const [apply] = ofKind('patch-apply');
  const document = Apply.parse(apply?.what).job;
  t.assert.partialDeepStrictEqual(document, {
    id: job.id,
    party: 'ams',
    requestedBy: { person: 'Ann' },
    approval: { party: 'ams', person: 'Bob' },
    fourEyes: true,
  });
  t.assert.equal(document.snapshot, undefined);
  room.nowMs = Date.parse(job.opensAt) + 1_000;
  room.says(job.assetId, { about: 'begun', jobId: job.id, what: 'apply', atMs: room.nowMs });
  const progress = {
    jobId: job.id,
    atMs: room.nowMs,
    doneCount: 1,
    failedCount: 0,
    packageCount: 2,
    package: 'curl',
  };
  room.says(job.assetId, { about: 'progress', ...progress });
  await room.follow();
  const running = await room.job(job.id);
  t.assert.deepEqual([running.state, running.progress?.doneCount], ['running', 1]);
  room.says(job.assetId, { about: 'result', result: room.result(job) });
  await room.follow();
  const ended = await room.job(job.id);
  t.assert.deepEqual([ended.state, ended.result, ended.verification], ['ended', 'done', 'awaited']);
  t.assert.deepEqual(room.done[0]?.toSorted(), job.findings.map(({ findingId }) => findingId).sort());
  // What was read before it ended proves nothing.
  room.readAtMs = room.nowMs - HOUR_MS;
  await room.follow();
  t.assert.equal((await room.job(job.id)).verification, 'awaited');
  room.readAtMs = room.nowMs + 60_000;
  room.needs = [];
  await room.follow();
  const verified = await room.job(job.id);
  t.assert.deepEqual(
    [verified.verification, verified.findings.map(({ isStillOpen }) => isStillOpen)],
    ['verified', [false, false]],
  );
  t.assert.deepEqual(
    verified.history.map(({ state, by }) => `${state} ${by}`),
    [
      'resolving Ann',
      'proposed the platform',
      'waiting Bob',
      'running the platform',
      'ended the platform',
      'ended the platform',
    ],
  );
});

test('what a later scan still sees is reopened, and planned again', async (t: TestContext) => {
  const job = await proposed();
  await room.act('approve', job.id);
  room.nowMs = Date.parse(job.opensAt) + 60_000;
  room.says(job.assetId, { about: 'result', result: room.result(job) });
  await room.follow();
  const without = await room.ask<ShownPlan>('POST plans', { body: { seconds: 0 } });
  t.assert.equal(without.changeCount, 0, 'it is on its way');
  room.readAtMs = room.nowMs + 60_000;
  await room.follow();
  t.assert.equal((await room.job(job.id)).verification, 'reopened');
  const again = await room.ask<ShownPlan>('POST plans', { body: { seconds: 0 } });
  t.assert.equal(again.changeCount, 1);
});

test('two approve at once: there is one order, and one of them is told', async (t: TestContext) => {
  const job = await proposed();
  const eve = { accountId: 'a-eve', name: 'Eve', parties: ['ams'] };
  const both = await Promise.allSettled([
    room.act('approve', job.id, BOB),
    room.act('approve', job.id, eve),
    room.act('approve', job.id, BOB),
    room.act('approve', job.id, eve),
  ]);
  const refused = both.flatMap((each) =>
    each.status === 'rejected' ? [each.reason as { code: string }] : [],
  );
  t.assert.deepEqual(
    refused.map(({ code }) => code),
    ['PATCH_JOB_REFUSES', 'PATCH_JOB_REFUSES'],
  );
  await room.follow();
  t.assert.equal(ofKind('patch-apply').length, 1);
});

test('only who speaks for the party that has the duty decides, and never who published', async (t: TestContext) => {
  const job = await proposed();
  await t.assert.rejects(room.act('approve', job.id, CUS), {
    code: 'PATCH_JOB_NOT_YOURS',
    message: /of ams/,
  });
  await t.assert.rejects(room.act('decline', job.id, CUS), { code: 'PATCH_JOB_NOT_YOURS' });
  await t.assert.rejects(room.act('approve', job.id, ANN), {
    code: 'PATCH_JOB_NOT_YOURS',
    message: /published/,
  });
  // The same person under another account is no other.
  await t.assert.rejects(room.act('approve', job.id, { ...BOB, name: ' ann' }), {
    code: 'PATCH_JOB_NOT_YOURS',
  });
  room.owner = null;
  await t.assert.rejects(room.act('approve', job.id, BOB), { message: /nobody has the duty/ });
  t.assert.match((await room.job(job.id, BOB)).mayNotBecause ?? '', /nobody has the duty/);
  room.owner = 'ams';
  t.assert.equal((await room.job(job.id, BOB)).mayApprove, true);
  const declined = await room.act('decline', job.id);
  t.assert.deepEqual([declined.state, declined.mayApprove], ['declined', false]);
  await t.assert.rejects(room.act('approve', job.id), { code: 'PATCH_JOB_REFUSES' });
  t.assert.equal(ofKind('patch-apply').length, 0);
});

test('an approval is worth nothing once the duty has moved', async (t: TestContext) => {
  const job = await proposed();
  await room.act('approve', job.id);
  room.owner = 'customer';
  await room.follow();
  const moved = await room.job(job.id, CUS);
  t.assert.deepEqual([moved.state, moved.approval, moved.mayApprove], ['proposed', null, true]);
  t.assert.match(moved.stateBecause, /ams approved it, and the duty .* is of customer now/);
  t.assert.equal(ofKind('patch-apply')[0]?.isTakenBack, true);
  await room.act('approve', job.id, CUS);
  t.assert.equal(Apply.parse(ofKind('patch-apply')[1]?.what).job.party, 'customer');
});

test('where too many fail the others are held, until somebody approves them again', async (t: TestContext) => {
  const { settings } = await room.ask<{ settings: object }>('GET settings');
  await room.ask('PUT settings', { body: { ...settings, hostErrorThreshold: 1 } });
  const [one, other] = [machine(), machine()];
  for (const assetId of [one, other]) room.need(assetId, 'nginx');
  await room.window(2, { scope: { assetIds: [one, other] } });
  await room.published();
  const ids = (await room.jobs()).jobs.filter(({ assetId }) => [one, other].includes(assetId));
  for (const { id } of ids) {
    await room.resolved(id);
    await room.act('approve', id);
  }
  const first = await room.job(ids[0]?.id ?? '');
  room.nowMs = Date.parse(first.opensAt) + 1_000;
  const packages = room.result(first).packages.map((each) => ({ ...each, outcome: 'failed' as const }));
  room.says(first.assetId, { about: 'result', result: room.result(first, { result: 'failed', packages }) });
  await room.follow();
  t.assert.deepEqual(await states(ids), ['ended', 'held']);
  const held = ofKind('patch-apply').find(({ assetId }) => assetId !== first.assetId);
  t.assert.equal(held?.isTakenBack, true);
  await room.act('approve', ids[1]?.id ?? '');
  await room.follow();
  t.assert.deepEqual(await states(ids), ['ended', 'waiting']);
  await room.ask('PUT settings', { body: settings });
});

test('a newer plan ends what nobody approved, and leaves alone what somebody did', async (t: TestContext) => {
  const [one, other] = [machine(), machine()];
  for (const assetId of [one, other]) room.need(assetId, 'nginx');
  await room.window(2, { scope: { assetIds: [one, other] } });
  await room.published();
  const { jobs } = await room.jobs();
  const mine = jobs.filter(({ assetId }) => [one, other].includes(assetId));
  const kept = await room.resolved(mine.find(({ assetId }) => assetId === one)?.id ?? '');
  await room.act('approve', kept.id);
  const plan = await room.published();
  t.assert.deepEqual(
    plan.work.map(({ assetId }) => assetId),
    [other],
  );
  const left = (await room.jobs({ assetId: other })).jobs;
  t.assert.deepEqual(left.map(({ state }) => state).sort(), ['cancelled', 'resolving']);
  t.assert.match(left.find(({ state }) => state === 'cancelled')?.stateBecause ?? '', /newer plan/);
  t.assert.equal((await room.job(kept.id)).state, 'waiting');
  const { plans } = await room.ask<PlanList>('GET plans');
  t.assert.equal(plans.filter(({ state }) => state === 'published').length, 1);
  await t.assert.rejects(
    room.ask('POST plans/:planId/publish', { params: { planId: plan.id }, body: { because: 'again' } }),
    { code: 'PATCH_PLAN_REFUSES' },
  );
});

test('silence is missed, with the reason, and news that come late are taken', async (t: TestContext) => {
  const assetId = machine();
  room.need(assetId, 'nginx');
  await room.window(2, { scope: { assetIds: [assetId] } });
  await room.published();
  room.nowMs += 3 * HOUR_MS;
  await room.follow();
  const [silent] = (await room.jobs({ assetId })).jobs;
  t.assert.equal(silent?.state, 'missed');
  t.assert.match(silent?.stateBecause ?? '', /opened before the machine said .* its order is waiting/);
  room.needs = [];
  const job = await proposed();
  await room.act('approve', job.id);
  room.nowMs = Date.parse(job.closesAt) + HOUR_MS;
  await room.follow();
  t.assert.match((await room.job(job.id)).stateBecause, /did not say that it began/);
  room.says(job.assetId, { about: 'result', result: room.result(job) });
  await room.follow();
  t.assert.deepEqual(await states([job]), ['ended']);
});

test('a machine that has nothing of it, or refuses, ends the job; another’s word counts for nothing', async (t: TestContext) => {
  const assetId = machine();
  room.need(assetId, 'nginx');
  await room.window(2, { scope: { assetIds: [assetId] } });
  await room.published();
  const [row] = (await room.jobs({ assetId })).jobs;
  const jobId = row?.id ?? '';
  const missing = [{ name: 'nginx', because: 'only 1.0-1 is there' }];
  room.says(randomUUID(), { about: 'resolution', resolution: { jobId, packages: [], missing: [] } });
  await room.follow();
  t.assert.deepEqual(await states([{ id: jobId }]), ['resolving']);
  room.says(assetId, { about: 'resolution', resolution: { jobId, packages: [], missing } });
  await room.follow();
  const cancelled = await room.job(jobId);
  t.assert.deepEqual([cancelled.state, cancelled.missing], ['cancelled', missing]);
  t.assert.match(cancelled.stateBecause, /nginx: only 1.0-1 is there/);
  room.needs = [];
  const job = await proposed();
  await room.act('approve', job.id);
  const [order] = ofKind('patch-apply');
  if (order !== undefined) order.state = 'refused';
  await room.follow();
  t.assert.match((await room.job(job.id)).stateBecause, /refused: so it says/);
});

test('what was cancelled too late runs all the same, and is said', async (t: TestContext) => {
  const job = await proposed();
  await room.act('approve', job.id);
  t.assert.equal((await room.act('cancel', job.id)).state, 'cancelled');
  t.assert.equal(ofKind('patch-apply')[0]?.isTakenBack, true);
  room.says(job.assetId, { about: 'begun', jobId: job.id, what: 'apply', atMs: room.nowMs });
  await room.follow();
  const running = await room.job(job.id);
  t.assert.equal(running.state, 'running');
  t.assert.match(running.stateBecause, /It was cancelled, which the machine had not heard of/);
  await t.assert.rejects(room.act('cancel', job.id), { code: 'PATCH_JOB_REFUSES' });
});

test('it is taken back by the same document, as long as that may be', async (t: TestContext) => {
  const job = await proposed();
  await room.act('approve', job.id);
  room.nowMs = Date.parse(job.opensAt) + 60_000;
  room.says(job.assetId, { about: 'result', result: room.result(job) });
  await room.follow();
  await t.assert.rejects(room.act('roll-back', job.id, CUS), { code: 'PATCH_JOB_NOT_YOURS' });
  t.assert.equal((await room.act('roll-back', job.id)).state, 'going-back');
  const [order] = ofKind('patch-rollback');
  t.assert.deepEqual(TakeBack.parse(order?.what).job, Apply.parse(ofKind('patch-apply')[0]?.what).job);
  const packages = room.result(job).packages.map((each) => ({ ...each, outcome: 'rolled-back' as const }));
  room.says(job.assetId, { about: 'result', result: room.result(job, { what: 'rollback', packages }) });
  await room.follow();
  const back = await room.job(job.id);
  t.assert.deepEqual(
    [back.state, back.takenBack?.what, back.verification],
    ['taken-back', 'rollback', 'none'],
  );
  t.assert.equal(back.stateBecause, 'It was taken back. All packages are as they were before.');
  t.assert.equal(room.done.length, 2, 'whoever scans looks again');
  const late = await proposed();
  await room.act('approve', late.id);
  room.nowMs = Date.parse(late.opensAt) + 60_000;
  room.says(late.assetId, { about: 'result', result: room.result(late) });
  await room.follow();
  room.nowMs += 8 * DAY_MS;
  await t.assert.rejects(room.act('roll-back', late.id), {
    code: 'PATCH_JOB_REFUSES',
    message: /within 7 days/,
  });
});

test('another tenant sees nothing of it, and can do nothing with it', async (t: TestContext) => {
  const job = await proposed();
  const other = grantTenantScope('other');
  t.assert.deepEqual([(await room.jobs({}, other)).jobs, (await room.jobs({}, other)).matchedCount], [[], 0]);
  const params = { jobId: job.id };
  const options = { params, tenant: other, as: BOB };
  await t.assert.rejects(room.ask('GET jobs/:jobId', options), { code: 'PATCH_JOB_UNKNOWN' });
  await t.assert.rejects(
    room.ask('POST jobs/:jobId/approve', { ...options, body: { because: 'mine now' } }),
    {
      code: 'PATCH_JOB_UNKNOWN',
    },
  );
  t.assert.deepEqual((await room.ask<PlanList>('GET plans', { tenant: other })).plans, []);
  t.assert.deepEqual((await room.ask<{ windows: [] }>('GET windows', { tenant: other })).windows, []);
});

test('jobs come in pages, each once', async (t: TestContext) => {
  await proposed();
  const seen: string[] = [];
  let cursor: string | null = null;
  const total = (await room.jobs()).matchedCount;
  do {
    const page: Awaited<ReturnType<typeof room.jobs>> = await room.jobs({
      limit: '4',
      ...(cursor === null ? {} : { cursor }),
    });
    seen.push(...page.jobs.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  t.assert.deepEqual([seen.length, new Set(seen).size], [total, total]);
  await t.assert.rejects(room.jobs({ cursor: 'x' }), { code: 'PATCH_CURSOR_INVALID' });
});

test('evidence is of machines whose half is at work and that were scanned; silence proves nothing', async (t: TestContext) => {
  const assetId = machine();
  const need = room.need(assetId, 'nginx');
  const said = async (): Promise<readonly string[]> =>
    (await observer.observe(room.context, room.tenant)).map(({ rule, result }) => `${rule} ${result}`);
  t.assert.deepEqual(await said(), []);
  room.readAtMs = room.nowMs - HOUR_MS;
  t.assert.deepEqual(await said(), [], 'nobody is at work there');
  const health = { state: 'healthy' as const, because: 'it works', sinceMs: room.nowMs };
  room.health.push({ assetId, health, policyVersion: '1', clockOffsetMs: 0 });
  t.assert.deepEqual(await said(), ['VMS-04.1 pass']);
  room.isEnabled = false;
  t.assert.deepEqual(await said(), [], 'it is switched off there');
  room.isEnabled = true;
  room.needs = [{ ...need, dueAtMs: room.nowMs - 1 }];
  t.assert.deepEqual(await said(), ['VMS-04.1 fail']);
  room.notBought.add(assetId);
  t.assert.deepEqual(await said(), []);
});
