import { type TestContext, test } from 'node:test';
import type { Duty } from '@demarc/platform/contract/api';
import { DAY_MS, Estate, MINUTE_MS } from '../testing.ts';
import {
  acceptClaim,
  declineClaim,
  disputeClaim,
  endClaim,
  type Proposal,
  proposeClaim,
  recordDecision,
  withdrawDispute,
} from './claims.ts';
import { defineGroup, registerParty } from './inventory.ts';
import { acceptSchedule, buy } from './services.ts';
import { acknowledgeSnapshot, takeSnapshot } from './snapshots.ts';

const proposal: Proposal = {
  controls: ['VMS-09'],
  duties: ['operate'],
  party: 'ams',
  scope: { kind: 'tenant' },
  kind: 'assign',
  source: 'override',
  reason: 'agreed by letter',
  proposer: 'customer',
};

function owner(estate: Estate, controlId = 'VMS-09', duty: Duty = 'operate', assetId = 'vm-0') {
  const cell = estate
    .assess()
    .cells.find(({ control, asset }) => control.id === controlId && asset.assetId === assetId)?.cell;
  const found = cell?.duties.find((each) => each.duty === duty);
  return found?.party ?? found?.state;
}

test('a proposal moves nothing; the named party’s acceptance does, from then on', (t: TestContext) => {
  const estate = new Estate();
  estate.do(acceptSchedule);
  const { claimId, accepted } = estate.do(proposeClaim(proposal));
  t.assert.equal(accepted, false);
  t.assert.equal(owner(estate), 'customer');
  estate.nowMs += MINUTE_MS;
  for (const party of ['customer', 'provider'])
    t.assert.throws(() => estate.do(acceptClaim({ claimId, party })), { code: 'CLAIM_NOT_THEIRS' });
  t.assert.throws(() => estate.do(declineClaim({ claimId, party: 'customer', reason: 'no' })), {
    code: 'CLAIM_NOT_THEIRS',
  });
  estate.do(acceptClaim({ claimId, party: 'ams' }));
  t.assert.equal(owner(estate), 'ams');
  t.assert.equal(owner(estate, 'VMS-09', 'configure'), 'customer', 'only the duties that were claimed');
  t.assert.throws(() => estate.do(acceptClaim({ claimId, party: 'ams' })), { code: 'CLAIM_SETTLED' });
  estate.nowMs += MINUTE_MS;
  t.assert.throws(() => estate.do(endClaim({ claimId, party: 'ams', reason: 'too much' })), {
    code: 'CLAIM_NOT_THEIRS',
  });
  estate.do(endClaim({ claimId, party: 'customer', reason: 'over' }));
  t.assert.equal(owner(estate), 'customer');
  t.assert.throws(() => estate.do(endClaim({ claimId, party: 'customer', reason: 'again' })), {
    code: 'CLAIM_SETTLED',
  });
});

test('a claim for later can be accepted now, holds from its date, and ends by itself', (t: TestContext) => {
  const estate = new Estate();
  estate.do(acceptSchedule);
  const dates = { fromMs: estate.nowMs + DAY_MS, toMs: estate.nowMs + 2 * DAY_MS };
  const { claimId } = estate.do(proposeClaim({ ...proposal, ...dates }));
  estate.do(acceptClaim({ claimId, party: 'ams' }));
  t.assert.equal(owner(estate), 'customer');
  estate.nowMs = dates.fromMs;
  t.assert.equal(owner(estate), 'ams');
  estate.nowMs = dates.toMs;
  t.assert.equal(owner(estate), 'customer', 'half-open: at its end it has ended');
});

test('a claim on oneself is accepted with it', (t: TestContext) => {
  const estate = new Estate();
  const scope = { kind: 'asset', assetId: 'vm-1' } as const;
  const made = estate.do(proposeClaim({ ...proposal, party: 'customer', scope }));
  t.assert.equal(made.accepted, true);
  t.assert.equal(owner(estate, 'VMS-09', 'operate', 'vm-1'), 'customer');
  t.assert.equal(owner(estate, 'VMS-09', 'operate', 'vm-0'), 'unowned');
});

test('a dispute by the present owner contests the duties until it is withdrawn by who disputed', (t: TestContext) => {
  const estate = new Estate();
  estate.do(registerParty({ partyId: 'acme', name: 'Acme', kind: 'organization', role: 'third-party' }));
  estate.do(acceptSchedule);
  const own = estate.do(proposeClaim({ ...proposal, party: 'acme', proposer: 'acme' }));
  const { claimId } = estate.do(proposeClaim(proposal));
  const reason = 'this is ours';
  t.assert.equal(owner(estate), 'acme');
  t.assert.throws(() => estate.do(disputeClaim({ claimId, party: 'provider', reason })), {
    code: 'CLAIM_NOT_THEIRS',
  });
  estate.do(disputeClaim({ claimId, party: 'acme', reason }));
  t.assert.equal(owner(estate), 'contested');
  t.assert.throws(() => estate.do(acceptClaim({ claimId, party: 'ams' })), { code: 'CLAIM_SETTLED' });
  for (const party of ['ams', 'customer'])
    t.assert.throws(() => estate.do(withdrawDispute({ claimId, party, reason })), {
      code: 'CLAIM_NOT_THEIRS',
    });
  estate.nowMs += MINUTE_MS;
  estate.do(withdrawDispute({ claimId, party: 'acme', reason }));
  t.assert.equal(owner(estate), 'acme', 'it stands as proposed again');
  t.assert.throws(() => estate.do(endClaim({ claimId: own.claimId, party: 'ams', reason })), {
    code: 'CLAIM_NOT_THEIRS',
  });
  estate.do(endClaim({ claimId: own.claimId, party: 'customer', reason }));
  estate.do(acceptClaim({ claimId, party: 'ams' }));
  t.assert.equal(owner(estate), 'ams');
});

test('the provider’s floor cannot be claimed away', (t: TestContext) => {
  const estate = new Estate();
  const floor = [...estate.catalogue.controls.values()].find((control) => control.floor);
  const floorId = floor?.id ?? '';
  const refused = (controls: readonly string[]) =>
    t.assert.throws(() => estate.do(proposeClaim({ ...proposal, controls, party: 'customer' })), {
      code: 'CLAIM_FLOOR',
    });
  refused([floorId]);
  refused(['VMS-09', floorId]);
  refused(['area:foundation']);
  estate.do(proposeClaim({ ...proposal, controls: ['*'], party: 'customer' }));
  t.assert.equal(owner(estate, floorId, 'operate', 'tenant'), 'provider');
  t.assert.equal(owner(estate), 'customer');
});

test('a carve-out keeps duties from a service; the service’s own party cannot shed them by one', (t: TestContext) => {
  const estate = new Estate();
  estate.do(acceptSchedule);
  const purchase = { serviceId: 'file-integrity-monitoring', tier: 'managed', prerequisites: 'all' } as const;
  const { entitlementId } = estate.do(buy({ ...purchase, assetIds: ['vm-0', 'vm-1'] }));
  for (const assetId of ['vm-0', 'vm-1'])
    estate.record('service-operational', { entitlementId, assetId, evidenceId: 'e' });
  t.assert.equal(owner(estate), 'provider');
  const carveOut = { ...proposal, kind: 'carve-out', scope: { kind: 'asset', assetId: 'vm-0' } } as const;
  t.assert.throws(() => estate.do(proposeClaim({ ...carveOut, party: 'provider', proposer: 'provider' })), {
    code: 'CLAIM_CARVE_OUT_BY_SERVICE',
  });
  estate.do(proposeClaim({ ...carveOut, party: 'customer' }));
  t.assert.equal(owner(estate), 'customer');
  t.assert.equal(owner(estate, 'VMS-09', 'operate', 'vm-1'), 'provider');
});

test('what does not exist cannot be claimed, and nothing begins in the past', (t: TestContext) => {
  const estate = new Estate();
  const refused = (changed: Partial<Proposal>, code: string) =>
    t.assert.throws(() => estate.do(proposeClaim({ ...proposal, ...changed })), { code });
  refused({ controls: ['XYZ-99'] }, 'CLAIM_CONTROL_UNKNOWN');
  refused({ controls: ['VMS-09', 'area:nowhere'] }, 'CLAIM_CONTROL_UNKNOWN');
  refused({ party: 'acme' }, 'ASSURANCE_PARTY_UNKNOWN');
  refused({ scope: { kind: 'asset', assetId: 'vm-9' } }, 'CLAIM_SCOPE_UNKNOWN');
  refused({ scope: { kind: 'group', groupId: 'prod' } }, 'CLAIM_SCOPE_UNKNOWN');
  refused({ fromMs: estate.nowMs - 1 }, 'ASSURANCE_DATE_INVALID');
  refused({ toMs: estate.nowMs }, 'ASSURANCE_DATE_INVALID');
  t.assert.throws(() => estate.do(acceptClaim({ claimId: 'c9', party: 'ams' })), { code: 'CLAIM_UNKNOWN' });
});

test('an answer that names another proposes a claim to them; one that names oneself is accepted with it', (t: TestContext) => {
  const estate = new Estate();
  estate.do(defineGroup({ groupId: 'web', name: 'web servers', priority: 1, labels: { role: 'web' } }));
  const answer = {
    decisionId: 'OM-02',
    answer: 'customer application team',
    scope: { kind: 'tenant' },
    duties: ['operate'],
    speaksFor: ['customer'],
  } as const;
  t.assert.throws(() => estate.do(recordDecision({ ...answer, decisionId: 'OM-99' })), {
    code: 'DECISION_UNKNOWN',
  });
  t.assert.deepEqual(estate.do(recordDecision(answer)), { claimId: null, accepted: false });
  estate.nowMs += MINUTE_MS;
  const own = estate.do(recordDecision({ ...answer, party: 'customer' }));
  t.assert.equal(own.accepted, true);
  t.assert.equal(owner(estate, 'VMS-04'), 'customer');
  estate.nowMs += MINUTE_MS;
  const fromMs = estate.nowMs + DAY_MS;
  const other = estate.do(recordDecision({ ...answer, party: 'ams', fromMs }));
  t.assert.equal(other.accepted, false);
  estate.do(acceptClaim({ claimId: other.claimId ?? '', party: 'ams' }));
  t.assert.equal(owner(estate, 'VMS-04'), 'customer', 'the answer of before holds until then');
  estate.nowMs = fromMs;
  t.assert.equal(owner(estate, 'VMS-04'), 'ams');
  const { decisions } = estate.live.standing;
  t.assert.equal(decisions.filter(({ toMs }) => toMs === undefined).length, 1, 'one answer for one scope');
});

test('each party acknowledges a snapshot once', (t: TestContext) => {
  const estate = new Estate();
  const { snapshotId } = estate.do(takeSnapshot(estate.assess(), 'agreement'));
  estate.do(acknowledgeSnapshot({ snapshotId, party: 'customer' }));
  t.assert.throws(() => estate.do(acknowledgeSnapshot({ snapshotId, party: 'customer' })), {
    code: 'SNAPSHOT_ACKNOWLEDGED',
  });
  estate.do(acknowledgeSnapshot({ snapshotId, party: 'provider' }), 'bob');
  t.assert.throws(() => estate.do(acknowledgeSnapshot({ snapshotId: 's9', party: 'customer' })), {
    code: 'SNAPSHOT_UNKNOWN',
  });
  const kept = estate.live.standing.snapshots.get(snapshotId);
  t.assert.deepEqual(
    kept?.acknowledgements.map(({ party, person }) => [party, person]),
    [
      ['customer', 'ann'],
      ['provider', 'bob'],
    ],
  );
  t.assert.equal(kept?.digest, estate.assess().digest);
});
