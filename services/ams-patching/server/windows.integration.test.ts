/** Windows, freezes, calendar and plans of a tenant, over the real PostgreSQL and the real solver. */
import { after, before, type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import {
  type Calendar,
  type FreezeList,
  PLANS_MAX,
  type PlanList,
  type SettingsReply,
  type ShownFreeze,
  type ShownPlan,
  type ShownWindow,
  type WhatIfReply,
  WINDOWS_MAX,
  type WindowList,
} from '../api.ts';
import { TestPatching } from './testing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let room: TestPatching;

before(async () => {
  room = await TestPatching.open(grantTenantScope('local'));
});
after(() => room[Symbol.asyncDispose]());

const at = (inDays: number): string => new Date(room.nowMs + inDays * DAY_MS).toISOString();
const plan = (tenant = room.tenant): Promise<ShownPlan> =>
  room.ask('POST plans', { body: { seconds: 1 }, tenant });

test('without anything to patch a plan is empty, and settings are the defaults until somebody sets them', async (t: TestContext) => {
  const empty = await plan();
  t.assert.deepEqual([empty.changeCount, empty.work, empty.violations], [0, [], []]);
  const { settings, setBy } = await room.ask<SettingsReply>('GET settings');
  t.assert.deepEqual([setBy, settings.hostErrorThreshold], [null, 3]);
  const reply = await room.ask<SettingsReply>('PUT settings', { body: { ...settings, horizonDays: 60 } });
  t.assert.deepEqual([reply.setBy, reply.settings.horizonDays], ['Ann', 60]);
});

test('a window recurs, is changed and removed, and stays in the list with who and why', async (t: TestContext) => {
  const recurrence = {
    rrule: 'FREQ=WEEKLY;BYDAY=SU',
    timeZone: 'Europe/Berlin',
    startsAt: '2026-11-01T02:00',
  };
  const body = { name: 'Sundays', minutes: 240, recurrence };
  const window = await room.ask<ShownWindow>('POST windows', { body });
  t.assert.deepEqual(
    [window.setBy, window.next.length, window.next[0], window.removed],
    ['Ann', 5, '2026-11-29T01:00:00.000Z', null],
  );
  const params = { windowId: window.id };
  const wrong = { ...body, recurrence: { ...recurrence, rrule: 'FREQ=HOURLY' } };
  await t.assert.rejects(room.ask('PUT windows/:windowId', { params, body: wrong }), {
    code: 'SCHEDULE_INVALID',
  });
  const changed = await room.ask<ShownWindow>('PUT windows/:windowId', {
    params,
    body: { ...body, minutes: 60 },
  });
  t.assert.equal(changed.minutes, 60);
  const because = { because: 'no longer needed' };
  const removed = await room.ask<ShownWindow>('POST windows/:windowId/remove', { params, body: because });
  t.assert.deepEqual(
    [removed.removed?.by, removed.removed?.because, removed.next],
    ['Ann', 'no longer needed', []],
  );
  await t.assert.rejects(room.ask('POST windows/:windowId/remove', { params, body: because }), {
    code: 'PATCH_WINDOW_UNKNOWN',
  });
  t.assert.equal((await room.ask<WindowList>('GET windows')).windows.length, 1);
  const { rows } = await room.store.inTenant(room.tenant, (db) =>
    sql<{
      readonly because: string;
    }>`SELECT because FROM amp_act WHERE id = ${window.id} ORDER BY number`.execute(db),
  );
  t.assert.deepEqual(
    rows.map(({ because: why }) => why),
    ['set', 'changed', 'no longer needed'],
  );
});

test('the calendar shows what is frozen, over a hundred days at most', async (t: TestContext) => {
  const window = await room.window(48);
  const freeze = await room.ask<ShownFreeze>('POST freezes', {
    body: { from: at(1), to: at(3), reason: 'year end' },
  });
  const calendar = await room.ask<Calendar>('GET calendar', { query: { from: at(0), to: at(10) } });
  t.assert.deepEqual(
    calendar.occurrences.map(({ windowId, frozenBecause }) => [windowId, frozenBecause]),
    [[window.id, 'year end']],
  );
  await t.assert.rejects(room.ask('GET calendar', { query: { from: at(0), to: at(101) } }), {
    code: 'PATCH_CALENDAR_RANGE',
  });
  const params = { freezeId: freeze.id };
  await room.ask('POST freezes/:freezeId/remove', { params, body: { because: 'it is over' } });
  const { freezes } = await room.ask<FreezeList>('GET freezes');
  t.assert.deepEqual(
    freezes.map(({ removed }) => removed?.because),
    ['it is over'],
  );
  await room.ask('POST windows/:windowId/remove', {
    params: { windowId: window.id },
    body: { because: 'it is over' },
  });
});

test('production comes after development has run it for a day; who did not buy is named', async (t: TestContext) => {
  const labels = (environment: string): Record<string, string> => ({ environment, system: 'ERP' });
  const [dev, prd, other] = [
    room.machine('erp-dev', labels('DEV')),
    room.machine('erp-prd', labels('PRD')),
    room.machine('web'),
  ];
  room.notBought.add(other);
  for (const assetId of [dev, prd, other]) room.need(assetId, 'openssl');
  for (const day of [1, 2, 4]) await room.window(day * 24);
  const made = await plan();
  t.assert.deepEqual(
    made.work.map(({ assetName, environment, windowName }) => `${assetName} ${environment} ${windowName}`),
    ['erp-dev DEV in 24 h', 'erp-prd PRD in 96 h'],
  );
  t.assert.deepEqual(made.violations, []);
  t.assert.deepEqual(
    made.unplaced.map(({ assetName, because }) => [assetName, because]),
    [['web', ['patching is not bought for this machine']]],
  );
  const freeze = { from: at(3), to: at(6), reason: 'year end' };
  const { asIs, asAsked } = await room.ask<WhatIfReply>('POST plans/what-if', {
    body: { addFreezes: [freeze], seconds: 1 },
  });
  t.assert.deepEqual([asIs.placedCount, asAsked.placedCount], [2, 1]);
  t.assert.equal((await room.ask<FreezeList>('GET freezes')).freezes.length, 1, 'nothing of it is kept');
});

test('where a plan cannot place something it says why, in names', async (t: TestContext) => {
  const [prd] = room.machines.filter(({ name }) => name === 'erp-prd');
  const kernel = room.need(prd?.assetId ?? '', 'linux-image-amd64', { decision: 'immediate' });
  for (const { id, removed } of (await room.ask<WindowList>('GET windows')).windows)
    if (removed === null)
      await room.ask('POST windows/:windowId/remove', {
        params: { windowId: id },
        body: { because: 'not any more' },
      });
  await room.window(24, { environments: ['DEV'] });
  const made = await plan();
  const lost = made.unplaced.find(({ packages }) => packages.includes(kernel.package));
  t.assert.match(lost?.because.join() ?? '', /no window of the plan is for erp-prd/);
});

test('there are bounds: of windows, and of drafts, of which the oldest makes room', async (t: TestContext) => {
  const before = (await room.ask<WindowList>('GET windows')).windows.filter(
    ({ removed }) => removed === null,
  ).length;
  for (let count = before; count < WINDOWS_MAX; count += 1) await room.window(2_000 + count);
  await t.assert.rejects(room.window(1), { code: 'PATCH_CALENDAR_FULL', message: /200 windows/ });
  const first = (await room.ask<PlanList>('GET plans')).plans.at(-1);
  room.needs = [];
  for (let count = 0; count < PLANS_MAX; count += 1) {
    room.nowMs += 1_000;
    await plan();
  }
  const { plans } = await room.ask<PlanList>('GET plans');
  t.assert.deepEqual([plans.length, plans.some(({ id }) => id === first?.id)], [PLANS_MAX, false]);
  await t.assert.rejects(room.ask('GET plans/:planId', { params: { planId: first?.id } }), {
    code: 'PATCH_PLAN_UNKNOWN',
  });
});
