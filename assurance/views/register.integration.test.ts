/** Decisions about workbook, risks and standards against the real PostgreSQL: written, read again, read as they were. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { Assurance, assuranceMigrations, loadCatalogue, verifyLedger } from '../assurance.ts';
import {
  addComment,
  annotateControls,
  approveException,
  approveNotApplicable,
  assignStandard,
  closeRisk,
  openPoamItem,
  publishStandard,
  recordRisk,
  requestException,
  retireStandard,
  reviewRisk,
  setAppetite,
  updatePoamItem,
  withdrawStandard,
} from '../commands/commands.ts';
import { statusChanges } from '../store/cells.ts';
import { exceptionsView, poamView } from './exceptions.ts';
import { risksView } from './risks.ts';
import { standardsView } from './standards.ts';
import { workbookView } from './workbook.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-11-20T12:00:00.000Z');
const assetId = randomUUID();
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const everything = { kind: 'tenant' } as const;

let now = START;
let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;

const opened = (): Assurance =>
  new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [],
    freshSecondsMax: 31_536_000,
    assets: async (tenant) => (tenant.tenantId === 'here' ? [{ assetId, name: 'db-1', type: 'vm' }] : []),
    onChange: () => undefined,
    now: () => now,
  });

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  store = openPostgres({ connection: postgres.connection });
  assurance = opened();
});

after(async () => {
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const all = async (from: Assurance, options: { asOfMs?: number; knownAtMs?: number } = {}) => {
  const assessment = await from.assess(here, options);
  return {
    workbook: workbookView(assessment),
    risks: risksView(assessment),
    exceptions: exceptionsView(assessment),
    standards: standardsView(assessment),
    poam: poamView(assessment),
  };
};

test('every kind of decision is in the ledger, and reads the same after a restart', async (t: TestContext) => {
  const act = <R>(command: Parameters<typeof assurance.act<R>>[1], actor = 'account-ann'): Promise<R> =>
    assurance.act<R>(here, command, actor);
  const soon = now + 60 * DAY_MS;
  const person = 'Ann';
  await act(annotateControls({ controls: ['VMS-09'], scopes: [everything], rationale: 'r', applied: true }));
  await act(addComment({ controlId: 'VMS-09', assetId, text: 'noisy', person }));
  const na = { controls: ['EDG-04'], scopes: [everything], reason: 'none', person, reviewAtMs: soon };
  await act(approveNotApplicable(na));
  const request = {
    controls: ['VMS-09'],
    scope: everything,
    reason: 'r',
    compensatingControls: [],
    riskId: 'R-04',
    person,
    expiresAtMs: soon,
  };
  const { exceptionId } = await act(requestException(request));
  await act(approveException({ exceptionId, person: 'Bob' }), 'account-bob');
  const standard = {
    standardId: 's',
    title: 't',
    useCase: 'u',
    requirements: [],
    controls: [{ controlId: 'VMS-09', parameters: { every: '1 h' }, approvedDigests: [] }],
    hld: [],
    lld: [],
  };
  await act(publishStandard({ ...standard, version: '1' }));
  await act(publishStandard({ ...standard, version: '2' }));
  const scope = { kind: 'asset', assetId } as const;
  await act(assignStandard({ standardId: 's', version: '1', scopes: [scope, everything] }));
  await act(withdrawStandard({ standardId: 's', scope: everything, reason: 'r' }));
  await act(retireStandard({ standardId: 's', version: '2', reason: 'r' }));
  const risk = { title: 't', scenario: 's', threat: '', likelihood: 5, impact: 5, controls: [] };
  await act(recordRisk({ ...risk, treatment: 'accept', owner: 'o', reviewAtMs: soon }));
  await act(reviewRisk({ riskId: 'R-01', note: 'n', person, reviewAtMs: soon }));
  await act(closeRisk({ riskId: 'R-02', reason: 'r', person }));
  await act(setAppetite({ score: 12, reason: 'r', person }));
  const item = { controlId: 'VMS-09', assetId, finding: 'f', dueAtMs: soon, milestones: [] };
  const { poamId } = await act(openPoamItem(item));
  await act(updatePoamItem({ poamId, status: 'in-progress', note: 'n', person }));

  t.assert.equal(await verifyLedger(store.inTenant, here), undefined, 'the chain holds');
  const kept = await all(assurance);
  t.assert.equal(kept.exceptions.exceptions[0]?.approver, 'Bob');
  t.assert.equal(kept.standards.assets.find((each) => each.assetId === assetId)?.standard, 's@1');
  t.assert.equal(kept.poam.items[0]?.status, 'in-progress');
  using restarted = opened();
  t.assert.deepEqual(await all(restarted), kept);
});

test('as it was, and as it was known', async (t: TestContext) => {
  now += DAY_MS;
  await assurance.act(here, setAppetite({ score: 3, reason: 'r', person: 'Ann' }), 'account-ann');
  const appetite = async (options: { asOfMs?: number; knownAtMs?: number }): Promise<number> =>
    (await all(assurance, options)).risks.appetite;
  t.assert.equal(await appetite({}), 3);
  t.assert.equal(await appetite({ asOfMs: now - 1 }), 12);
  t.assert.equal(await appetite({ asOfMs: now, knownAtMs: now - 1 }), 12, 'nobody knew of it yet');
  t.assert.equal(await appetite({ asOfMs: START - 1 }), 8, 'the default, before anybody set one');
});

test('since when a risk is above the appetite comes from acts and the stored matrix', async (t: TestContext) => {
  const since = await assurance.aboveAppetiteSince(here);
  // 5 × 5 without a control was above from its first day; R-14 of 9 since the appetite was lowered.
  t.assert.equal(since.get('R-17'), START);
  t.assert.equal(since.get('R-14'), now);
  t.assert.equal(since.has('R-02'), false, 'closed');
});

test('half of a history is none', async (t: TestContext) => {
  const changes = (limit: number) =>
    store.inTenant(here, (db) => statusChanges(db, ['VMS-09', 'GOV-03'], now, limit));
  const whole = await changes(100);
  t.assert.ok((whole?.length ?? 0) >= 3);
  t.assert.equal(await changes((whole?.length ?? 0) - 1), undefined);
  t.assert.deepEqual(await changes(whole?.length ?? 0), whole);
});

test('another tenant sees nothing of it', async (t: TestContext) => {
  const assessment = await assurance.assess(there);
  t.assert.equal(assessment.standing.exceptions.size, 0);
  t.assert.equal(exceptionsView(assessment).exceptions.length, 0);
  t.assert.equal(standardsView(assessment).standards.length, 0);
});
