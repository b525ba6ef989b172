import { type TestContext, test } from 'node:test';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import { PatchingSettings, Scope } from '../api.ts';
import { PlanInput } from '../plan/input.ts';
import { isInScope, type Machine } from './machines.ts';
import { drawn, type Gathered } from './needed.ts';
import { closedEvidence, type PatchedFacts, updatesEvidence } from './observer.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const machine = (assetId: string, labels: Record<string, string> = {}): Machine => ({
  assetId,
  name: assetId.slice(0, 4),
  groups: ['erp'],
  labels,
});
const need = (assetId: string, name: string, more: Partial<PatchNeed> = {}): PatchNeed => ({
  findingId: `${assetId} ${name} ${more.fixedIn ?? ''}`,
  assetId,
  vulnerability: 'CVE-2026-1',
  manager: 'apt',
  package: name,
  installed: '1',
  fixedIn: '2',
  decision: 'scheduled',
  dueAtMs: 2_000,
  risk: 3,
  needsReboot: false,
  restarts: [],
  ...more,
});
const gathered = (needs: readonly PatchNeed[], more: Partial<Gathered> = {}): Gathered => ({
  settings: PatchingSettings.parse({}),
  machines: [machine(ID, { environment: 'dev', tier: 'Database' }), machine(OTHER)],
  needs,
  windows: [],
  freezes: [],
  published: [],
  history: new Map(),
  fromMs: 0,
  toMs: 86_400_000,
  ...more,
});

test('a package of a machine is one change, however many findings it closes, and the same patch elsewhere', (t: TestContext) => {
  const { input, changes } = drawn(
    gathered([
      need(ID, 'curl', { fixedIn: '9.10', dueAtMs: 1_000 }),
      need(ID, 'curl', { fixedIn: '9.9', decision: 'immediate', needsReboot: true }),
      need(OTHER, 'curl', { fixedIn: '9.10' }),
    ]),
  );
  t.assert.equal(changes.length, 2);
  const [first, second] = input?.changes ?? [];
  t.assert.partialDeepStrictEqual(first, {
    host: ID,
    patch: 'apt: curl 9.10',
    decision: 'immediate',
    due: new Date(1_000).toISOString(),
    riskPerDay: 6,
    needsReboot: true,
  });
  t.assert.equal(second?.patch, first?.patch);
  t.assert.deepEqual(
    input?.hosts.map(({ environment, tier }) => [environment, tier]),
    [
      ['DEV', 'database'],
      ['PRD', 'other'],
    ],
  );
  t.assert.deepEqual(PlanInput.parse(input), input);
});

test('what moves is known: a change has the same id in every plan', (t: TestContext) => {
  const once = drawn(gathered([need(ID, 'curl')])).changes[0]?.id;
  const later = drawn(gathered([need(ID, 'curl', { fixedIn: '3' }), need(ID, 'bash')])).changes;
  t.assert.ok(later.some(({ id }) => id === once));
});

test('of too many packages a machine has one change for each decision, and keeps its order', (t: TestContext) => {
  const many = Array.from({ length: 5_001 }, (_, index) =>
    need(index % 2 === 0 ? ID : OTHER, `package-${index}`, {
      decision: index % 3 === 0 ? 'immediate' : 'defer',
    }),
  );
  const { input } = drawn(gathered(many));
  t.assert.deepEqual(input?.changes.map(({ host, patch }) => [host === ID, patch]).toSorted(), [
    [false, 'apt: what is defer'],
    [false, 'apt: what is immediate'],
    [true, 'apt: what is defer'],
    [true, 'apt: what is immediate'],
  ]);
  t.assert.equal(PlanInput.safeParse(input).success, true);
});

test('machines that did not buy are outside, and history says how long it takes', (t: TestContext) => {
  const history = new Map([[ID, 7]]);
  const { input, outside } = drawn(
    gathered([need(ID, 'curl'), need(OTHER, 'curl')], { machines: [machine(ID)], history }),
  );
  t.assert.deepEqual(
    outside.map(({ assetId }) => assetId),
    [OTHER],
  );
  t.assert.deepEqual(
    input?.changes.map(({ minutes }) => minutes),
    [7],
  );
  t.assert.equal(drawn(gathered([])).input, undefined);
});

test('a scope that names nothing is for all; a label that is a word of JavaScript is none', (t: TestContext) => {
  const of = (scope: object, labels = {}): boolean => isInScope(Scope.parse(scope), machine(ID, labels));
  t.assert.deepEqual([of({}), of({ groups: ['erp'] }), of({ groups: ['web'] })], [true, true, false]);
  t.assert.deepEqual([of({ assetIds: [ID] }), of({ assetIds: [OTHER] })], [true, false]);
  const scope = { labels: { site: 'B', tier: 'web' } };
  t.assert.deepEqual([of(scope, { site: 'B', tier: 'web' }), of(scope, { site: 'B' })], [true, false]);
  t.assert.equal(of({ labels: { constructor: 'x' } }), false);
});

test('evidence says nothing where nobody looked, and fails where a job was confirmed by nobody', (t: TestContext) => {
  const jobs = { verified: 0, reopened: 0, awaited: 0, unconfirmed: 0 };
  const facts: PatchedFacts = { nowMs: 1_000, isHealthy: true, readAtMs: 900, needs: [], jobs };
  t.assert.equal(updatesEvidence(facts)?.result, 'pass');
  t.assert.equal(updatesEvidence({ ...facts, isHealthy: undefined }), undefined);
  t.assert.equal(updatesEvidence({ ...facts, readAtMs: null }), undefined);
  t.assert.equal(updatesEvidence({ ...facts, nowMs: 8 * 86_400_000 }), undefined);
  t.assert.equal(updatesEvidence({ ...facts, needs: [need(ID, 'curl', { dueAtMs: 1 })] })?.result, 'fail');
  t.assert.equal(closedEvidence(facts), undefined);
  t.assert.equal(closedEvidence({ ...facts, jobs: { ...jobs, verified: 1 } })?.result, 'pass');
  t.assert.equal(closedEvidence({ ...facts, jobs: { ...jobs, awaited: 2, unconfirmed: 1 } })?.result, 'fail');
});
