import { type TestContext, test } from 'node:test';
import { Handover, HandoverList } from '@demarc/platform/contract/assurance/handover';
import { checkItems, settleItems, sign } from '../commands/handovers.ts';
import { buy, cancel, giveNotice } from '../commands/services.ts';
import { SERVICE, signer, TestTenant } from '../commands/testing.ts';
import { certificate } from './certificate.ts';
import { handoverEvidence } from './evidence.ts';
import { digestOf, handoverList, handoverView, recordOf } from './view.ts';

const ann = signer('Ann Example', 'customer');
const pat = signer('Pat Example', 'provider');
const DAY_MS = 86_400_000;

function leaving() {
  const tenant = new TestTenant({ now: DAY_MS });
  const { entitlementId } = tenant.do(
    buy({ serviceId: SERVICE, tier: 'managed', assetIds: ['vm-0'], prerequisites: 'all', person: 'Ann' }),
  );
  tenant.now += 1_000;
  tenant.operational(entitlementId);
  const endsAtMs = tenant.now + DAY_MS;
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'r' }));
  return { tenant, entitlementId, handoverId, endsAtMs };
}

const stateOf = (tenant: TestTenant, handoverId: string) => {
  const { evaluation, standing } = tenant.context;
  const handover = standing.handovers.get(handoverId);
  if (handover === undefined) throw new Error('no hand-over');
  return { view: Handover.parse(handoverView(evaluation, handover)), record: recordOf(evaluation, handover) };
};

test('the queue: what somebody has to see to first, the nearest date before the others', (t: TestContext) => {
  const { tenant, handoverId } = leaving();
  const { handovers, total } = HandoverList.parse(handoverList(tenant.context.evaluation));
  t.assert.equal(total, 2);
  t.assert.deepEqual(
    handovers.map(({ direction, state }) => [direction, state]),
    [
      ['onboarding', 'ready-to-sign'],
      ['offboarding', 'open'],
    ],
  );
  t.assert.equal(handovers[1]?.handoverId, handoverId);
  t.assert.deepEqual(handovers[1]?.sides, { releasing: ['provider'], receiving: ['customer'] });
});

test('a dated acceptance that runs out is open again', (t: TestContext) => {
  const { tenant, entitlementId, handoverId, endsAtMs } = leaving();
  tenant.do(checkItems({ handoverId, signer: pat }));
  tenant.do(settleItems({ handoverId, riskAcceptedUntilMs: endsAtMs + DAY_MS, signer: ann }));
  tenant.do(cancel({ entitlementId, reason: 'r', signer: ann }));
  t.assert.equal(stateOf(tenant, handoverId).view.endConfirmed, true);
  tenant.now = endsAtMs;
  t.assert.equal(stateOf(tenant, handoverId).view.state, 'ready-to-sign');
  t.assert.equal(stateOf(tenant, handoverId).view.ended, true);
  tenant.now = endsAtMs + DAY_MS;
  const { view } = stateOf(tenant, handoverId);
  t.assert.equal(view.state, 'open');
  t.assert.ok(view.items.every(({ state }) => state === 'lapsed'));
  t.assert.ok(view.open.includes('operate VMS-09'));
});

test('the certificate: the same bytes for the same record, other ones for another', async (t: TestContext) => {
  const { tenant, entitlementId, handoverId, endsAtMs } = leaving();
  const print = () => {
    const { record } = stateOf(tenant, handoverId);
    return certificate({ tenantId: 'here', tenantName: 'Here', record, catalogue: 'demarc 1' });
  };
  tenant.do(settleItems({ handoverId, taker: 'customer', signer: ann }));
  tenant.do(checkItems({ handoverId, signer: pat }));
  const draft = await print();
  tenant.do(sign({ handoverId, side: 'releasing', signer: pat }), 'pat');
  tenant.do(sign({ handoverId, side: 'receiving', signer: ann }), 'ann');
  const signed = await print();
  t.assert.notEqual(Buffer.compare(draft, signed), 0);
  const { digest } = stateOf(tenant, handoverId).view;
  tenant.now += 5_000;
  t.assert.equal(Buffer.compare(await print(), signed), 0, 'time passes, and the record is the same');
  t.assert.equal(digestOf(stateOf(tenant, handoverId).record), digest);
  tenant.do(cancel({ entitlementId, reason: 'r', signer: ann }));
  tenant.now = endsAtMs;
  t.assert.notEqual(digestOf(stateOf(tenant, handoverId).record), digest, 'that it has ended is part of it');
});

test('GOV-05.1: fails while a change that took effect is open, passes once it is closed and says how', (t: TestContext) => {
  const { tenant, entitlementId, handoverId, endsAtMs } = leaving();
  const evidence = () => {
    const { standing, nowMs } = tenant.context;
    return handoverEvidence({ standing, asOfMs: nowMs });
  };
  const results = () => evidence().map(({ assetId, result }) => `${assetId} ${result}`);
  t.assert.deepEqual(results(), ['tenant pass', 'vm-0 pass'], 'the start is closed, the end has not come');
  tenant.do(settleItems({ handoverId, taker: 'customer', signer: ann }));
  tenant.do(cancel({ entitlementId, reason: 'r', signer: ann }));
  tenant.now = endsAtMs;
  t.assert.deepEqual(results(), ['tenant fail', 'vm-0 fail'], 'the checklist is not ticked');
  t.assert.match(evidence()[0]?.because ?? '', /end of file-integrity-monitoring is open: agents/);
  tenant.now += 1_000;
  tenant.do(checkItems({ handoverId, signer: pat }));
  t.assert.deepEqual(results(), ['tenant pass', 'vm-0 pass']);
  t.assert.match(evidence()[0]?.because ?? '', /1 closed after the change took effect/);
  t.assert.deepEqual(new TestTenant().context.standing.handovers.size, 0);
});

test('GOV-05.1: no change is no pass, and a change without a hand-over fails', (t: TestContext) => {
  const tenant = new TestTenant();
  const evidence = () => handoverEvidence({ standing: tenant.context.standing, asOfMs: tenant.now });
  t.assert.deepEqual(evidence(), []);
  tenant.record({
    name: 'service-bought',
    payload: { entitlementId: 'old', serviceId: SERVICE, tier: 'managed', assetIds: ['vm-0'] },
  });
  tenant.operational('old');
  t.assert.match(evidence()[1]?.because ?? '', /start of .* has no hand-over/);
  t.assert.equal(evidence()[1]?.result, 'fail');
});
