import { type TestContext, test } from 'node:test';
import { DUTIES } from '@demarc/platform/contract/api';
import * as shapes from '@demarc/platform/contract/assurance/responsibility';
import { disputeClaim, proposeClaim, recordDecision } from '../../commands/claims.ts';
import { declareAsset, defineGroup } from '../../commands/inventory.ts';
import { acceptSchedule, buy, cancel, giveNotice } from '../../commands/services.ts';
import { acknowledgeSnapshot, takeSnapshot } from '../../commands/snapshots.ts';
import { DAY_MS, Estate, MINUTE_MS } from '../../testing.ts';
import { gapsOf } from './gaps.ts';
import { decisionsEvidence, matrixEvidence } from './governance.ts';
import { mineOf } from './mine.ts';
import { obligationsOf, tenantObligations } from './obligations.ts';
import { claimsOf, questionsOf } from './registers.ts';
import { stackOf } from './stack.ts';
import { spacing, timelineOf } from './timeline.ts';

const SERVICE = 'file-integrity-monitoring';
const RULES = ['VMS-09.1', 'VMS-09.2'];
const GAPS = { pendingDays: 7, soonDays: 30 };

/** File integrity monitoring bought for all machines and operational on the first `operational` of them. */
function bought(machines: number, operational: number): Estate & { entitlementId?: string } {
  const estate = new Estate({ machines });
  estate.do(acceptSchedule);
  const assetIds = Array.from({ length: machines }, (_, index) => `vm-${index}`);
  const purchase = { serviceId: SERVICE, tier: 'managed', prerequisites: 'all', assetIds } as const;
  const { entitlementId } = estate.do(buy(purchase));
  for (const assetId of assetIds.slice(0, operational)) {
    estate.record('service-operational', { entitlementId, assetId, evidenceId: 'first' });
    for (const rule of RULES) estate.receive(assetId, rule, 'pass');
  }
  return Object.assign(estate, { entitlementId });
}

test('the stack says who has each layer, on how many, since when, and how old the proof is', (t: TestContext) => {
  const estate = bought(42, 41);
  estate.nowMs += 4 * MINUTE_MS;
  const stack = stackOf(estate.assess(), 'type');
  t.assert.doesNotThrow(() => shapes.Stack.parse(stack));
  const layer = stack.layers.find(({ layerId }) => layerId === 'operating-system');
  const machines = layer?.cells.find(({ columnId }) => columnId === 'vm');
  const provider = machines?.shares.find(({ party }) => party === 'provider');
  const texts = provider?.because.map(({ text }) => text) ?? [];
  t.assert.ok(
    texts.includes(
      'file integrity monitoring managed, operational on 41 of 42 assets since 20 Nov 2026, evidence 4 min ago',
    ),
    texts.join('\n'),
  );
  const customer = machines?.shares.find(({ party }) => party === 'customer');
  t.assert.ok(
    customer?.because.some(({ text }) => text.includes('moves to provider with the first passing evidence')),
    JSON.stringify(customer),
  );
  // Nothing is counted twice, and nothing is left out.
  const all = stackOf(estate.assess(), 'all');
  const counted = all.layers.flatMap(({ cells }) => cells.flatMap(({ shares }) => shares));
  t.assert.equal(
    counted.reduce((sum, { count }) => sum + count, 0),
    estate.assess().cells.length * DUTIES.length,
  );
  t.assert.deepEqual(
    all.layers.map(({ rank }) => rank),
    [...all.layers.map(({ rank }) => rank)].sort((a, b) => (b ?? 99) - (a ?? 99)),
    'the highest layer is on top',
  );
});

test('the stack by group has those in no group apart, and the tenant as a whole', (t: TestContext) => {
  const estate = new Estate({ machines: 2 });
  estate.do(declareAsset({ assetId: 'vm-0', name: 'web-0', type: 'vm', labels: { role: 'web' } }));
  estate.do(defineGroup({ groupId: 'web', name: 'web servers', priority: 1, labels: { role: 'web' } }));
  const { columns } = stackOf(estate.assess(), 'group');
  t.assert.deepEqual(
    columns.map(({ columnId, assetCount }) => [columnId, assetCount]),
    [
      ['web', 1],
      ['(none)', 1],
      ['tenant', 1],
    ],
  );
});

test('mine is what a party holds, by risk, with a step of its own; the others are not nagged', (t: TestContext) => {
  const estate = bought(2, 2);
  estate.receive('vm-0', 'VMS-09.1', 'fail');
  const assessment = estate.assess();
  const provider = mineOf(assessment, 'provider');
  const customer = mineOf(assessment, 'customer');
  t.assert.doesNotThrow(() => shapes.Mine.parse(customer));
  const theirs = provider.rows.find(({ controlId, assetId }) => controlId === 'VMS-09' && assetId === 'vm-0');
  t.assert.equal(theirs?.next?.party, 'provider');
  t.assert.match(theirs?.next?.step ?? '', /Mend what VMS-09.1 found/);
  for (const row of customer.rows) {
    const cell = assessment.cells.find(
      ({ control, asset }) => control.id === row.controlId && asset.assetId === row.assetId,
    )?.cell;
    const held = cell?.duties.filter(({ party }) => party?.split('+').includes('customer') === true) ?? [];
    t.assert.deepEqual(
      row.duties,
      held.map(({ duty }) => duty),
    );
  }
  const waiting = customer.rows.find(
    ({ controlId, assetId }) => controlId === 'VMS-09' && assetId === 'vm-0',
  );
  if (waiting !== undefined) t.assert.notEqual(waiting.next?.party, 'customer', 'it is not their turn');
  const open = customer.rows.filter(({ status }) => status !== 'satisfied' && status !== 'not-applicable');
  const scores = open.map(({ residualScore }) => residualScore);
  t.assert.deepEqual(
    scores,
    [...scores].sort((a, b) => b - a),
  );
  t.assert.ok((scores[0] ?? 0) > 0);
  const total = customer.rows.reduce((sum, { duties }) => sum + duties.length, 0);
  t.assert.equal(customer.dutyCount, total);
});

test('one failed control is one gap, whatever leans on it, and on however many machines', (t: TestContext) => {
  const estate = bought(5, 5);
  for (let index = 0; index < 5; index += 1)
    estate.live.receive(
      [
        {
          uid: `mirror-${index}`,
          assetId: `vm-${index}`,
          rule: 'VMS-09.1',
          service: SERVICE,
          result: 'fail',
          because: 'the package mirror does not answer',
          observedAtMs: estate.nowMs,
          receivedAtMs: estate.nowMs,
          digest: '1'.repeat(64),
          signed: true,
        },
      ],
      estate.nowMs,
    );
  const gaps = gapsOf(estate.assess(), GAPS);
  t.assert.doesNotThrow(() => shapes.Gaps.parse(gaps));
  const failing = gaps.rows.filter(({ kind }) => kind === 'failing');
  t.assert.equal(failing.length, 1);
  t.assert.equal(failing[0]?.assetCount, 5);
  t.assert.equal(failing[0]?.party, 'provider');
  for (const { party, key } of gaps.rows) t.assert.match(party, /^[a-z0-9-]+$/, `${key}: exactly one party`);
  t.assert.equal(new Set(gaps.rows.map(({ key }) => key)).size, gaps.rows.length);
});

test('what nobody accepted is one gap until the schedule is; then each control is its own', (t: TestContext) => {
  const estate = new Estate();
  const before = gapsOf(estate.assess(), GAPS).rows.filter(({ kind }) => kind === 'unowned');
  t.assert.deepEqual(
    before.map(({ key, party }) => [key, party]),
    [['unowned schedule', 'customer']],
  );
  estate.do(acceptSchedule);
  t.assert.deepEqual(
    gapsOf(estate.assess(), GAPS).rows.filter(({ kind }) => kind === 'unowned'),
    [],
  );
});

test('a dispute, a purchase that waits and an acceptance that runs out are gaps, each with who has the turn', (t: TestContext) => {
  const estate = bought(2, 1);
  const { claimId } = estate.do(
    proposeClaim({
      controls: ['VMS-03'],
      duties: ['operate'],
      party: 'ams',
      scope: { kind: 'tenant' },
      kind: 'assign',
      source: 'override',
      reason: 'as agreed',
      proposer: 'customer',
    }),
  );
  const young = gapsOf(estate.assess(), GAPS);
  t.assert.equal(young.counts.pending, 0, 'not yet for longer than is usual');
  estate.nowMs += 8 * DAY_MS;
  const late = gapsOf(estate.assess(), GAPS);
  const pending = late.rows.filter(({ kind }) => kind === 'pending');
  t.assert.deepEqual(pending.map(({ party }) => party).sort(), ['ams', 'provider']);
  t.assert.match(pending.map(({ because }) => because).join(), /agent not seen on 1 of them/);
  estate.do(disputeClaim({ claimId, party: 'customer', reason: 'not agreed' }));
  const disputed = gapsOf(estate.assess(), GAPS);
  t.assert.equal(disputed.counts.contested, 1);
  estate.do(
    cancel({
      entitlementId: estate.entitlementId ?? '',
      reason: 'too dear',
      settle: { riskAcceptedUntilMs: estate.nowMs + 10 * DAY_MS },
      signer: { person: 'Ann', speaksFor: () => true },
    }),
  );
  const ended = gapsOf(estate.assess(), GAPS);
  t.assert.equal(ended.counts.acceptance, 1);
  const returned = ended.rows.filter(
    ({ kind, controls }) => kind === 'unowned' && controls.includes('VMS-09'),
  );
  t.assert.equal(returned.length, 1);
  t.assert.equal(returned[0]?.since, new Date(estate.nowMs).toISOString());
});

test('obligations: our breaches apart from theirs, one row a cause over tenants, and both queues', (t: TestContext) => {
  const estates = [bought(3, 2), bought(2, 2)];
  for (const estate of estates) estate.nowMs += 2 * DAY_MS;
  const [one, two] = estates;
  two?.do(
    giveNotice({
      entitlementId: two.entitlementId ?? '',
      endsAtMs: two.nowMs + 5 * DAY_MS,
      reason: 'moving',
    }),
  );
  two?.receive('vm-0', 'DAT-01.1', 'pass');
  const each = [one, two].map((estate, index) =>
    tenantObligations({ ...(estate as Estate).assess(), tenantId: `tenant-${index}` }, `Tenant ${index}`),
  );
  const board = obligationsOf(each, { asOfMs: one?.nowMs ?? 0, tenantsLeftOut: 0 });
  t.assert.doesNotThrow(() => shapes.Obligations.parse(board));
  const stale = board.breaches.filter(
    ({ controlId, status }) => controlId === 'VMS-09' && status === 'stale-evidence',
  );
  t.assert.equal(stale.length, 1, 'one cause, two tenants');
  t.assert.equal(stale[0]?.tenants.length, 2);
  t.assert.equal(stale[0]?.assetCount, 4);
  t.assert.ok(board.breaches.every(({ party }) => party === 'provider'));
  t.assert.ok(board.theirs.every(({ party }) => party !== 'provider'));
  t.assert.deepEqual(
    board.onboarding.map(({ tenantId, waitingCount, assetCount, party }) => [
      tenantId,
      waitingCount,
      assetCount,
      party,
    ]),
    [['tenant-0', 1, 3, 'provider']],
  );
  t.assert.equal(board.offboarding.length, 1);
  t.assert.equal(board.offboarding[0]?.remainingDays, 5);
  t.assert.equal(board.offboarding[0]?.party, 'customer', 'the duties have no taker yet');
});

test('GOV-01 passes when both parties acknowledged a matrix in which every duty has one owner', (t: TestContext) => {
  const estate = new Estate();
  const results = () => matrixEvidence(estate.live.standing, estate.nowMs).map(({ result }) => result);
  t.assert.deepEqual(results(), ['fail', 'fail']);
  estate.do(acceptSchedule);
  const { snapshotId } = estate.do(takeSnapshot(estate.assess(), 'agreement'));
  estate.do(acknowledgeSnapshot({ snapshotId, party: 'customer' }));
  t.assert.deepEqual(results(), ['fail', 'fail'], 'one of the two is not both');
  estate.do(acknowledgeSnapshot({ snapshotId, party: 'provider' }), 'bob');
  t.assert.deepEqual(results(), ['pass', 'pass']);
  estate.do(takeSnapshot(estate.assess(), 'record'));
  t.assert.deepEqual(results(), ['pass', 'pass'], 'somebody’s own record is not for agreement');
  estate.nowMs += 366 * DAY_MS;
  t.assert.deepEqual(results(), ['pass', 'fail'], 'older than the review period');
  estate.do(takeSnapshot(estate.assess(), 'agreement'));
  t.assert.deepEqual(results(), ['fail', 'fail']);
});

test('GOV-01 fails for a matrix with duties that are nobody’s, however well acknowledged', (t: TestContext) => {
  const estate = new Estate();
  const { snapshotId } = estate.do(takeSnapshot(estate.assess(), 'agreement'));
  for (const party of ['customer', 'provider']) estate.do(acknowledgeSnapshot({ snapshotId, party }));
  const [agreed] = matrixEvidence(estate.live.standing, estate.nowMs);
  t.assert.equal(agreed?.result, 'fail');
  t.assert.match(agreed?.because ?? '', /\d+ duties are nobody's/);
});

test('GOV-02 passes when each question has an answer that its party accepted, over all assets', (t: TestContext) => {
  const estate = new Estate();
  const { catalogue } = estate;
  const results = () =>
    decisionsEvidence({ standing: estate.live.standing, catalogue }, estate.nowMs).map(
      ({ result }) => result,
    );
  t.assert.deepEqual(results(), ['fail', 'fail']);
  const answer = { answer: 'us', duties: ['operate'], party: 'customer', speaksFor: ['customer'] } as const;
  const one = { kind: 'asset', assetId: 'vm-0' } as const;
  for (const { id } of catalogue.decisions)
    estate.do(recordDecision({ ...answer, decisionId: id, scope: one }));
  t.assert.deepEqual(results(), ['pass', 'fail'], 'vm-1 is outside of all of them');
  estate.do(recordDecision({ ...answer, decisionId: 'OM-01', scope: { kind: 'tenant' } }));
  t.assert.deepEqual(results(), ['pass', 'pass']);
  estate.do(recordDecision({ ...answer, decisionId: 'OM-01', scope: one, party: 'ams', speaksFor: [] }));
  estate.do(
    recordDecision({
      ...answer,
      decisionId: 'OM-01',
      scope: { kind: 'tenant' },
      party: 'ams',
      speaksFor: [],
    }),
  );
  t.assert.deepEqual(results(), ['fail', 'pass'], 'asked of the AMS team, and not accepted yet');
});

test('claims say what whoever asks may say to them; questions have the answers that hold', (t: TestContext) => {
  const estate = new Estate();
  estate.do(
    recordDecision({
      decisionId: 'OM-02',
      answer: 'AMS team',
      scope: { kind: 'tenant' },
      party: 'ams',
      duties: ['operate'],
      speaksFor: ['customer'],
    }),
  );
  const at = { standing: estate.live.standing, asOfMs: estate.nowMs };
  const [asAms] = claimsOf(at, (party) => party === 'ams');
  const [asProvider] = claimsOf(at, (party) => party === 'provider');
  t.assert.doesNotThrow(() => shapes.Claim.parse(asAms));
  t.assert.deepEqual(
    asAms?.says.map(({ saying }) => saying),
    ['accept', 'decline', 'dispute'],
  );
  t.assert.deepEqual(asProvider?.says, []);
  const questions = questionsOf(estate.catalogue, at);
  t.assert.equal(questions.length, 9);
  t.assert.deepEqual(
    questions.flatMap(({ answers }) => answers.map(({ answer, standing }) => [answer, standing])),
    [['AMS team', 'proposed']],
  );
});

test('a timeline adds up what came before and what came between', (t: TestContext) => {
  const spaced = spacing(0, 1_000, 3);
  const timeline = timelineOf(
    [
      { point: 0, kind: 'duty', name: 'customer', delta: 8 },
      { point: 0, kind: 'status', name: 'not-assessed', delta: 2 },
      { point: 2, kind: 'duty', name: 'customer', delta: -3 },
      { point: 2, kind: 'duty', name: 'provider', delta: 2 },
      { point: 2, kind: 'duty', name: 'unowned', delta: 1 },
    ],
    spaced,
    0,
  );
  t.assert.doesNotThrow(() => shapes.Timeline.parse(timeline));
  t.assert.deepEqual(timeline.owners, ['provider', 'customer', 'unowned']);
  t.assert.deepEqual(
    timeline.points.map(({ duties }) => duties),
    [
      [0, 8, 0],
      [0, 8, 0],
      [2, 5, 1],
    ],
  );
  t.assert.equal(spacing(0, 1, 5_000).points, 200);
  t.assert.equal(spacing(5, 5, 10).points, 1);
});
