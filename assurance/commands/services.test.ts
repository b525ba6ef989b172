/** The whole life of a service, and every no on the way. */
import { type TestContext, test } from 'node:test';
import { acceptHandback, acceptItems, checkItems, settleItems, sign } from './handovers.ts';
import { buy, cancel, giveNotice, withdrawNotice } from './services.ts';
import { SERVICE, signer, TestTenant } from './testing.ts';

const ann = signer('Ann, for the tenant', 'customer');
const pat = signer('Pat, for the provider', 'provider');
const amy = signer('Amy, of AMS', 'ams');
const purchase = { serviceId: SERVICE, tier: 'managed', assetIds: ['vm-0'], prerequisites: 'all' } as const;
const DAY_MS = 86_400_000;

/** Bought and operational. */
function running(options: { readonly assets?: number } = {}) {
  const tenant = new TestTenant(options);
  const { entitlementId, handoverId } = tenant.do(buy({ ...purchase, person: 'Ann' }));
  tenant.now += 1_000;
  tenant.operational(entitlementId);
  return { tenant, entitlementId, onboardingId: handoverId };
}

const handoverOf = (tenant: TestTenant, handoverId: string) => {
  const found = tenant.context.standing.handovers.get(handoverId);
  if (found === undefined) throw new Error('no hand-over');
  return found;
};

test('a purchase opens its hand-over: prerequisites ticked by who bought, what will move, from whom to whom', (t: TestContext) => {
  const tenant = new TestTenant();
  const { entitlementId, handoverId } = tenant.do(buy({ ...purchase, person: 'Ann' }));
  const { direction, items, checklist } = handoverOf(tenant, handoverId);
  t.assert.equal(direction, 'onboarding');
  t.assert.deepEqual(
    items
      .filter(({ controlId }) => controlId === 'VMS-09')
      .map(({ duty, from, taker }) => [duty, from, taker]),
    [
      ['operate', 'customer', 'provider'],
      ['assure', 'customer', 'provider'],
    ],
  );
  t.assert.ok(checklist.length > 0 && checklist.every(({ checkedBy }) => checkedBy === 'Ann'));
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer default', 'nothing moves before it works');
  tenant.now += 1_000;
  tenant.operational(entitlementId);
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'provider entitlement');
});

test('a purchase is refused, each time with its reason', (t: TestContext) => {
  const tenant = new TestTenant({ assets: 2 });
  const refused = (changes: Partial<Parameters<typeof buy>[0]>, code: string): void =>
    t.assert.throws(() => tenant.do(buy({ ...purchase, ...changes })), { code });
  refused({ serviceId: 'anti-malware' }, 'ASSURANCE_SERVICE_UNKNOWN');
  refused({ tier: 'gold' }, 'ASSURANCE_TIER_UNKNOWN');
  refused({ prerequisites: [] }, 'ASSURANCE_PREREQUISITES_OPEN');
  refused({ assetIds: ['vm-9'] }, 'ASSURANCE_ASSET_UNKNOWN');
  refused({ assetIds: [] }, 'ASSURANCE_ASSET_UNKNOWN');
  refused({ assetIds: ['tenant'] }, 'ASSURANCE_ASSET_UNKNOWN');
  refused({ scope: { kind: 'group', groupId: 'none' } }, 'ASSURANCE_GROUP_INVALID');
  refused({ toMs: 1 }, 'ASSURANCE_DATE_INVALID');
  tenant.do(buy(purchase));
  refused({}, 'ASSURANCE_ALREADY_BOUGHT');
  refused({ assetIds: [], scope: { kind: 'tenant' } }, 'ASSURANCE_ALREADY_BOUGHT');
});

test('bought for a group, it is for the machines that the group has, also those to come', (t: TestContext) => {
  const tenant = new TestTenant({ assets: 2 });
  tenant.record({
    name: 'group-defined',
    payload: { groupId: 'odd', name: 'odd ones', priority: 0, labels: { row: '1' } },
  });
  const { entitlementId } = tenant.do(
    buy({ ...purchase, assetIds: [], scope: { kind: 'group', groupId: 'odd' } }),
  );
  const flags = (assetId: string) => {
    const { evaluation, catalogue } = tenant.context;
    const [control, asset] = [catalogue.controls.get('VMS-09'), evaluation.population.find(assetId)];
    if (control === undefined || asset === undefined) throw new Error('not there');
    return evaluation.cell(control, asset).duties[0]?.flags;
  };
  t.assert.deepEqual(flags('vm-0'), []);
  t.assert.deepEqual(flags('vm-1'), ['pending:provider']);
  tenant.record({
    name: 'asset-declared',
    payload: { assetId: 'vm-3', name: 'machine 3', type: 'vm', labels: { row: '1' } },
  });
  t.assert.deepEqual(flags('vm-3'), ['pending:provider']);
  tenant.operational(entitlementId, 'vm-3');
  t.assert.equal(tenant.owner('VMS-09', 'operate', 'vm-3'), 'provider entitlement');
});

test('bought for everything, it is for the type of asset that it is sold for', (t: TestContext) => {
  const tenant = new TestTenant();
  const { entitlementId } = tenant.do(buy({ ...purchase, assetIds: [], scope: { kind: 'tenant' } }));
  const entitlement = tenant.context.standing.entitlements.get(entitlementId);
  t.assert.equal(entitlement?.unit, 'vm');
});

test('notice, takers, acceptance, end: the taker has the duty from the end on, and not before', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  const endsAtMs = tenant.now + 30 * DAY_MS;
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'in-house' }));
  t.assert.throws(() => tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'again' })), {
    code: 'ASSURANCE_NOTICE_GIVEN',
  });
  const confirm = cancel({ entitlementId, reason: 'in-house', signer: ann });
  t.assert.throws(() => tenant.do(confirm), { code: 'ASSURANCE_HANDOVER_OPEN', message: /operate VMS-09/ });

  // The tenant names AMS; that is a proposal, and nobody's word but AMS's makes it more.
  const result = tenant.do(settleItems({ handoverId, taker: 'ams', signer: ann }));
  t.assert.equal(result.settled, 0);
  t.assert.ok(result.proposed > 0);
  t.assert.throws(() => tenant.do(confirm), { code: 'ASSURANCE_HANDOVER_OPEN' });
  t.assert.throws(() => tenant.do(acceptItems({ handoverId, signer: pat })), {
    code: 'ASSURANCE_NOTHING_PROPOSED',
  });
  t.assert.throws(() => tenant.do(acceptItems({ handoverId, items: ['VMS-09 operate'], signer: pat })), {
    code: 'ASSURANCE_PARTY_NOT_YOURS',
    status: 403,
  });
  tenant.do(acceptItems({ handoverId, items: ['VMS-09 operate'], signer: amy }));
  t.assert.throws(() => tenant.do(confirm), { code: 'ASSURANCE_HANDOVER_OPEN', message: /assure VMS-09/ });
  tenant.do(acceptItems({ handoverId, signer: amy }));

  const { endsAtMs: confirmed } = tenant.do(confirm);
  t.assert.equal(confirmed, endsAtMs);
  t.assert.throws(() => tenant.do(confirm), { code: 'ASSURANCE_END_CONFIRMED' });
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'provider entitlement');
  tenant.now = endsAtMs - 1;
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'provider entitlement');
  tenant.now = endsAtMs;
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'ams asset');
  t.assert.equal(tenant.owner('VMS-09', 'configure'), 'customer default', 'it never moved');
  t.assert.throws(() => tenant.do(confirm), { code: 'ASSURANCE_ENTITLEMENT_UNKNOWN' });
  t.assert.throws(
    () => tenant.do(settleItems({ handoverId, items: ['VMS-09 operate'], taker: 'customer', signer: ann })),
    {
      code: 'ASSURANCE_HANDOVER_CLOSED',
    },
  );
});

test('what was agreed is changed by the taker or the tenant, by nobody else', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  const endsAtMs = tenant.now + DAY_MS;
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'r' }));
  const settle = (taker: string, who: typeof ann) =>
    tenant.do(settleItems({ handoverId, items: ['VMS-09 operate'], taker, signer: who }));
  t.assert.equal(settle('customer', ann).settled, 1);
  t.assert.throws(() => settle('ams', amy), { code: 'ASSURANCE_PARTY_NOT_YOURS' });
  t.assert.throws(() => settle('ams', pat), { code: 'ASSURANCE_PARTY_NOT_YOURS' });
  t.assert.equal(settle('ams', ann).proposed, 1);
  t.assert.equal(settle('ams', amy).settled, 1, 'a proposal is open to the one it is made to');
});

test('a notice that is withdrawn takes a confirmed end with it, and what was settled for it', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  const endsAtMs = tenant.now + DAY_MS;
  t.assert.throws(() => tenant.do(withdrawNotice({ entitlementId, reason: '' })), {
    code: 'ASSURANCE_NOTICE_NOT_GIVEN',
  });
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'maybe' }));
  tenant.do(cancel({ entitlementId, reason: 'yes', signer: ann, settle: { taker: 'customer' } }));
  tenant.now += 1_000;
  tenant.do(withdrawNotice({ entitlementId, reason: 'no' }));
  t.assert.throws(() => tenant.do(settleItems({ handoverId, taker: 'ams', signer: ann })), {
    code: 'ASSURANCE_HANDOVER_CLOSED',
  });
  tenant.now = endsAtMs + 1_000;
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'provider entitlement');
  t.assert.equal(tenant.context.standing.entitlements.get(entitlementId)?.toMs, undefined);
  // And a later end asks anew: what was settled for the withdrawn one counts for nothing.
  t.assert.throws(() => tenant.do(cancel({ entitlementId, reason: 'now', signer: ann })), {
    code: 'ASSURANCE_HANDOVER_OPEN',
  });
  tenant.do(
    cancel({
      entitlementId,
      reason: 'now',
      signer: ann,
      settle: { riskAcceptedUntilMs: tenant.now + DAY_MS },
    }),
  );
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'nobody hand-back not accepted');
});

test('that nobody has a duty is accepted by the tenant only, until a date after the end', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  const endsAtMs = tenant.now + DAY_MS;
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs, reason: 'r' }));
  const accept = (riskAcceptedUntilMs: number, who = ann) =>
    tenant.do(settleItems({ handoverId, riskAcceptedUntilMs, signer: who }));
  t.assert.throws(() => accept(endsAtMs), { code: 'ASSURANCE_DATE_INVALID' });
  t.assert.throws(() => accept(endsAtMs + DAY_MS, pat), { code: 'ASSURANCE_PARTY_NOT_YOURS' });
  t.assert.throws(() => tenant.do(settleItems({ handoverId, taker: 'nobody-known', signer: ann })), {
    code: 'ASSURANCE_PARTY_UNKNOWN',
  });
  t.assert.throws(
    () => tenant.do(settleItems({ handoverId, items: ['VMS-99 operate'], taker: 'ams', signer: ann })),
    {
      code: 'ASSURANCE_HANDOVER_UNKNOWN',
    },
  );
  accept(endsAtMs + DAY_MS);
  tenant.do(cancel({ entitlementId, reason: 'r', signer: ann }));
  tenant.now = endsAtMs;
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'nobody hand-back not accepted');
  // The date has come: it is open again, and the tenant takes what is left.
  tenant.now = endsAtMs + DAY_MS;
  const result = tenant.do(settleItems({ handoverId, taker: 'customer', signer: ann }));
  t.assert.ok(result.settled > 0);
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer asset');
});

test('the provider cannot take back for the tenant, nor cancel into its hands', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  t.assert.throws(
    () => tenant.do(cancel({ entitlementId, reason: 'r', signer: pat, settle: { taker: 'customer' } })),
    { code: 'ASSURANCE_PARTY_NOT_YOURS' },
  );
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'provider entitlement');
  tenant.do(
    cancel({ entitlementId, reason: 'r', signer: ann, settle: { riskAcceptedUntilMs: tenant.now + DAY_MS } }),
  );
  tenant.now += 1_000;
  const back = { entitlementId, assetId: 'vm-0' };
  t.assert.throws(() => tenant.do(acceptHandback({ ...back, signer: pat })), {
    code: 'ASSURANCE_PARTY_NOT_YOURS',
  });
  tenant.do(acceptHandback({ ...back, signer: ann }));
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer default');
  t.assert.throws(() => tenant.do(acceptHandback({ ...back, signer: ann })), {
    code: 'ASSURANCE_HANDBACK_NOT_DUE',
  });
});

test('a taker of one end is not the taker of the next', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  tenant.do(cancel({ entitlementId, reason: 'r', signer: ann, settle: { taker: 'customer' } }));
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer asset');
  tenant.now += 1_000;
  const again = tenant.do(buy(purchase));
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer asset', 'until it works');
  tenant.now += 1_000;
  tenant.operational(again.entitlementId);
  tenant.now += 1_000;
  const { handoverId } = tenant.do(
    giveNotice({ entitlementId: again.entitlementId, endsAtMs: tenant.now + 5_000, reason: 'r' }),
  );
  tenant.do(settleItems({ handoverId, taker: 'ams', signer: amy }));
  tenant.do(cancel({ entitlementId: again.entitlementId, reason: 'r', signer: ann }));
  tenant.now += 5_000;
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'ams asset');
});

test('what never worked gives nothing back, and ends without ceremony', (t: TestContext) => {
  const tenant = new TestTenant();
  const { entitlementId } = tenant.do(buy(purchase));
  tenant.now += 1_000;
  tenant.do(cancel({ entitlementId, reason: 'changed our mind', signer: ann }));
  t.assert.equal(tenant.owner('VMS-09', 'operate'), 'customer default');
});

test('both sides sign what is settled and ticked; nobody for the other, and nothing changes after', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  const { handoverId } = tenant.do(giveNotice({ entitlementId, endsAtMs: tenant.now + DAY_MS, reason: 'r' }));
  const signs = (side: 'releasing' | 'receiving', who = pat, actor = 'pat', party?: string) =>
    tenant.do(sign({ handoverId, side, signer: who, ...(party === undefined ? {} : { party }) }), actor);
  t.assert.throws(() => signs('releasing'), { code: 'ASSURANCE_HANDOVER_OPEN' });
  tenant.do(settleItems({ handoverId, taker: 'customer', signer: ann }));
  t.assert.throws(() => signs('releasing'), { code: 'ASSURANCE_HANDOVER_OPEN', message: /credentials/ });
  t.assert.throws(() => tenant.do(checkItems({ handoverId, items: ['moon'], signer: pat })), {
    code: 'ASSURANCE_HANDOVER_UNKNOWN',
  });
  tenant.do(checkItems({ handoverId, signer: pat }));
  t.assert.throws(() => signs('releasing', ann, 'ann'), { code: 'ASSURANCE_PARTY_NOT_YOURS' });
  t.assert.throws(() => signs('releasing', amy, 'amy', 'ams'), { code: 'ASSURANCE_PARTY_NOT_YOURS' });
  t.assert.equal(signs('releasing').party, 'provider');
  // One account that speaks for both cannot be both.
  const both = signer('Root', 'provider', 'customer');
  t.assert.throws(() => signs('receiving', both, 'pat'), { code: 'ASSURANCE_SIGNED_TWICE' });
  t.assert.equal(signs('receiving', ann, 'ann').party, 'customer');
  t.assert.throws(() => tenant.do(checkItems({ handoverId, signer: pat })), {
    code: 'ASSURANCE_HANDOVER_CLOSED',
  });
  t.assert.throws(() => tenant.do(settleItems({ handoverId: 'none', taker: 'ams', signer: ann })), {
    code: 'ASSURANCE_HANDOVER_UNKNOWN',
  });
});

test('an onboarding is signed by both sides, and what it moves is not up for settlement', (t: TestContext) => {
  const { tenant, onboardingId: handoverId } = running();
  t.assert.throws(() => tenant.do(settleItems({ handoverId, items: [], taker: 'ams', signer: amy })), {
    code: 'ASSURANCE_HANDOVER_CLOSED',
  });
  t.assert.equal(tenant.do(sign({ handoverId, side: 'releasing', signer: ann }), 'ann').party, 'customer');
  t.assert.equal(tenant.do(sign({ handoverId, side: 'receiving', signer: pat }), 'pat').party, 'provider');
});

test('an end in the past is none', (t: TestContext) => {
  const { tenant, entitlementId } = running();
  t.assert.throws(() => tenant.do(giveNotice({ entitlementId, endsAtMs: tenant.now - 1, reason: 'r' })), {
    code: 'ASSURANCE_DATE_INVALID',
  });
  t.assert.throws(() => tenant.do(giveNotice({ entitlementId: 'none', endsAtMs: tenant.now, reason: 'r' })), {
    code: 'ASSURANCE_ENTITLEMENT_UNKNOWN',
  });
});
