/** Counts worked out by the store against the stored cells themselves, at every point. */
import { after, before, type TestContext, test } from 'node:test';
import { CONTROL_STATUSES } from '@demarc/platform/contract/api';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { Assurance, assuranceMigrations, loadCatalogue } from '../assurance.ts';
import {
  acceptClaim,
  acceptSchedule,
  declareAsset,
  defineGroup,
  disputeClaim,
  proposeClaim,
  retireAsset,
} from '../commands/commands.ts';
import { cellsAt } from './cells.ts';

const START = Date.parse('2026-11-01T00:00:00.000Z');
const HOUR_MS = 3_600_000;
const here = grantTenantScope('here');
const there = grantTenantScope('there');

let now = START;
let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  store = openPostgres({ connection: postgres.connection });
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [],
    freshSecondsMax: 31_536_000,
    assets: async () => [],
    onChange: () => undefined,
    now: () => now,
  });
});

after(async () => {
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

test('the timeline is the stored matrix, counted at each point', async (t: TestContext) => {
  t.assert.deepEqual((await assurance.timeline(there, { points: 5 })).owners, ['provider', 'unowned']);
  const later = async (work: () => Promise<unknown>): Promise<void> => {
    now += HOUR_MS;
    await work();
  };
  await assurance.matrix(here);
  await later(() => assurance.act(here, declareAsset(machine('vm-0', { env: 'prod' })), 'ann'));
  await later(() => assurance.act(here, declareAsset(machine('vm-1', {})), 'ann'));
  await later(() => assurance.act(here, acceptSchedule, 'ann'));
  await later(() => assurance.act(here, defineGroup(PROD), 'ann'));
  let claimId = '';
  await later(async () => {
    ({ claimId } = await assurance.act(here, proposeClaim(CLAIM), 'ann'));
  });
  await later(() => assurance.act(here, acceptClaim({ claimId, party: 'ams' }), 'amy'));
  await later(() => assurance.act(here, disputeClaim({ claimId, party: 'customer', reason: 'no' }), 'ann'));
  await later(() => assurance.act(here, retireAsset({ assetId: 'vm-1', reason: 'gone' }), 'ann'));
  now += HOUR_MS / 2;
  for (const [points, layer] of [
    [10, undefined],
    [37, undefined],
    [37, 'operating-system'],
    [2, undefined],
  ] as const) {
    const timeline = await assurance.timeline(here, { points, ...(layer === undefined ? {} : { layer }) });
    t.assert.equal(timeline.points.length, points);
    for (const { at, duties, statuses } of timeline.points) {
      const stored = await counted(Date.parse(at), layer);
      t.assert.deepEqual(
        Object.fromEntries(timeline.owners.map((owner, index) => [owner, duties[index]])),
        Object.fromEntries(timeline.owners.map((owner) => [owner, stored.duties.get(owner) ?? 0])),
        `${points} points, ${layer ?? 'all'}, at ${at}`,
      );
      for (const status of CONTROL_STATUSES)
        t.assert.equal(statuses[status], stored.statuses.get(status) ?? 0, `${status} at ${at}`);
    }
  }
  const all = await assurance.timeline(here, { points: 37 });
  t.assert.deepEqual(all.owners, [
    'provider',
    'provider+customer',
    'customer',
    'ams',
    'contested',
    'unowned',
  ]);
});

const machine = (assetId: string, labels: Record<string, string>) =>
  ({ assetId, name: assetId, type: 'vm', labels }) as const;
const PROD = { groupId: 'prod', name: 'production', priority: 1, labels: { env: 'prod' } };
const CLAIM = {
  controls: ['area:virtual machines'],
  duties: ['operate', 'respond'],
  party: 'ams',
  scope: { kind: 'group', groupId: 'prod' },
  kind: 'assign',
  source: 'contract',
  reason: 'AMS contract',
  proposer: 'customer',
} as const;

async function counted(t: number, layer: string | undefined) {
  const { controls } = assurance.catalogue;
  const cells = (await store.inTenant(here, async (db) => cellsAt(db, t))).filter(
    ({ own, controlId }) => own !== null && (layer === undefined || controls.get(controlId)?.layer === layer),
  );
  const duties = new Map<string, number>();
  const statuses = new Map<string, number>();
  for (const cell of cells) {
    statuses.set(cell.effective ?? '', (statuses.get(cell.effective ?? '') ?? 0) + 1);
    for (const { state, party } of cell.duties) {
      const name = state === 'owned' ? (party ?? '') : state;
      duties.set(name, (duties.get(name) ?? 0) + 1);
    }
  }
  return { duties, statuses };
}
