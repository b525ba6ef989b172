/** The intake against the real PostgreSQL: what is refused, why, how it is counted; and the clock that nobody sets back. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { canonicalEvidence, type Evidence } from '@demarc/platform/contract';
import { signatureHolds } from '@demarc/platform/evidence';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { Assurance } from './assurance.ts';
import { declareAsset, retireAsset } from './commands/commands.ts';
import type { RefusalReason } from './intake.ts';
import { MINUTE_MS, newKey, observation, openTestAssurance, START, type TestAssurance } from './testing-postgres.ts';

const here = grantTenantScope('here');
const assetId: string = randomUUID();
const networkId: string = randomUUID();
const key = newKey();
const foreignKey = newKey();
let now = START;
let elapsed = 0;
let setting: TestAssurance;
let assurance: Assurance;
const foreign: string[] = [];

before(async () => {
  setting = await openTestAssurance({
    assets: async () => [{ assetId, name: 'db-1', type: 'vm' }],
    now: () => now,
    monotonic: () => elapsed,
    ownerOf: async (evidence) =>
      signatureHolds(evidence, foreignKey.publicKeyPem) ? { tenantId: 'there', assetId: 'x' } : undefined,
    onForeignEvidence: (tenant, from, { rule }) => foreign.push(`${tenant.tenantId} ${from} ${rule}`),
  });
  assurance = setting.open();
  await assurance.act(
    here,
    declareAsset({ assetId: networkId, name: 'lan', type: 'network', labels: {} }),
    'ann',
  );
});

after(async () => setting[Symbol.asyncDispose]());

const take = (items: readonly Evidence[], on = assetId) =>
  assurance.intake(here, on, items, { receivedAtMs: now, publicKeysPem: [key.publicKeyPem] });
const made = (rule = 'VMS-09.1', atMs = now, more = {}) =>
  observation(key, assetId, rule, 'pass', atMs, more);
const pass_ = (time: number): void => {
  now += time;
  elapsed += time;
};

async function state(rule: string, on = assetId) {
  const why = await assurance.why(here, { assetId: on, controlId: rule.split('.')[0] ?? '' });
  return why.evidence.find((item) => item.rule === rule)?.state;
}

test('each kind of evidence that may not count is refused, said, and counted by its reason', async (t: TestContext) => {
  const good = made();
  t.assert.equal((await take([good])).accepted, 1);
  pass_(MINUTE_MS);
  const unsigned = made('VMS-09.1', now - 1);
  const cases: readonly (readonly [RefusalReason, Evidence, RegExp, string?])[] = [
    ['unknownRule', made('XXX-99.1'), /XXX-99\.1 is not a rule/],
    ['future', made('VMS-09.1', now + 2 * MINUTE_MS), /dated in the future/],
    ['tooLarge', made('VMS-09.1', now, { raw: { much: 'x'.repeat(70_000) } }), /longer than 65536/],
    ['digest', { ...made(), raw: { looked: 'elsewhere' } }, /not that of its raw record/],
    ['unsigned', (({ signature: _, ...rest }) => rest)(unsigned), /not signed/],
    ['foreignTenant', observation(foreignKey, assetId, 'VMS-09.1', 'pass', now - 2), /another tenant/],
    ['signature', observation(newKey(), assetId, 'VMS-09.1', 'pass', now - 3), /not by a key of the asset/],
    ['notApplicable', made(), /VMS-09 is not about assets of the type network/, networkId],
    ['unknownAsset', made(), /is not an asset of this tenant/, 'nobody'],
    ['notPromised', made('VMS-10.1'), /does not promise VMS-10\.1/],
    ['notPromised', made('VMS-09.1', now, { service: 'platform:fleet' }), /platform:fleet does not promise/],
  ];
  for (const [reason, evidence, because, on] of cases) {
    const figure = assurance.figures[`evidenceRefused_${reason}`];
    const { accepted, refused } = await take([evidence], on);
    t.assert.equal(accepted, 0, reason);
    t.assert.equal(refused[0]?.reason, reason);
    t.assert.match(refused[0]?.because ?? '', because);
    t.assert.equal(assurance.figures[`evidenceRefused_${reason}`], figure + 1, reason);
  }
  t.assert.deepEqual(foreign, [`here ${assetId} VMS-09.1`]);
});

test('what was seen before is no news, whatever date it is given', async (t: TestContext) => {
  const first = made();
  t.assert.deepEqual(await take([first, first]), { accepted: 1, duplicates: 1, refused: [] });
  t.assert.deepEqual(await take([first]), { accepted: 0, duplicates: 1, refused: [] });
  pass_(MINUTE_MS);
  const resigned = (changed: Partial<Evidence>): Evidence => {
    const { raw: __, signature: ___, ...unsigned } = { ...first, ...changed };
    return {
      ...unsigned,
      raw: changed.raw ?? first.raw,
      signature: key.sign(Buffer.from(canonicalEvidence(unsigned))),
    };
  };
  // The agent's own key, and yet: a raw record is of one instant.
  const redated = await take([resigned({ uid: randomUUID(), observedAtMs: now })]);
  t.assert.match(redated.refused[0]?.because ?? '', /observed at another instant/);
  const again = await take([resigned({ uid: randomUUID() })]);
  t.assert.match(again.refused[0]?.because ?? '', /was received before/);
  const reused = await take(
    [{ ...made(), uid: first.uid }].map((item) => ({
      ...item,
      signature: key.sign(Buffer.from(canonicalEvidence(item))),
    })),
  );
  t.assert.equal(reused.refused[0]?.reason, 'uidReused');
});

test('a collector’s error is nothing received, and says why', async (t: TestContext) => {
  await take([observation(key, assetId, 'VMS-09.2', 'error', now, { because: 'wrong credentials' })]);
  t.assert.equal(await state('VMS-09.2'), 'not-received');
  const { reasons } = await assurance.why(here, { assetId, controlId: 'VMS-09' });
  t.assert.ok(reasons.some((reason) => /VMS-09\.2 was never received; .*wrong credentials/.test(reason)));
});

test('a wall clock that is set back makes nothing fresh again, here or after a restart', async (t: TestContext) => {
  await take([made()]);
  t.assert.equal(await state('VMS-09.1'), 'pass');
  pass_(6 * MINUTE_MS);
  t.assert.equal(await state('VMS-09.1'), 'stale');
  now -= 60 * MINUTE_MS;
  t.assert.equal(await state('VMS-09.1'), 'stale', 'the clock says an hour earlier');
  t.assert.ok(assurance.clockAheadMs >= 60 * MINUTE_MS - 1);
  // What comes now ages by the time that passes, whatever the wall clock says.
  const true_ = now + 60 * MINUTE_MS;
  t.assert.equal((await take([made('VMS-09.1', true_)])).accepted, 1);
  t.assert.equal(await state('VMS-09.1'), 'pass');
  elapsed += 5 * MINUTE_MS + 1;
  t.assert.equal(await state('VMS-09.1'), 'stale');
  const restarted = setting.open();
  const why = await restarted.why(here, { assetId, controlId: 'VMS-09' });
  t.assert.equal(why.evidence[0]?.state, 'stale', 'after a restart');
  restarted[Symbol.dispose]();
  now += 66 * MINUTE_MS;
});

test('people vouch for what people do, until the instant they said', async (t: TestContext) => {
  const attestation = {
    rule: 'DAT-01.2',
    assetId: 'tenant',
    statement: 'I went through the classification with each owner.',
    holds: true,
    untilMs: now + 10 * MINUTE_MS,
    person: 'Ann Auer',
    accountId: 'ann',
  };
  for (const [changed, because] of [
    [{ rule: 'VMS-09.1' }, /kind heartbeat, which a machine gives/],
    [{ rule: 'MGT-11.1' }, /kind record/],
    [{ rule: 'FND-01.1' }, /somebody else’s report/],
    [{ untilMs: now }, /in the past/],
    [{ rule: 'VMS-99.1' }, /no such rule/],
    [{ assetId: 'nobody' }, /not an asset/],
    [{ assetId }, /not about assets of the type vm/],
  ] as const)
    await t.assert.rejects(assurance.attest(here, { ...attestation, ...changed }), { message: because });
  const { uid } = await assurance.attest(here, attestation);
  const [row] = await assurance.evidenceHistory(here, 'tenant', 'DAT-01.2', 1);
  t.assert.equal(row?.uid, uid);
  t.assert.equal(row?.raw['person'], 'Ann Auer');
  t.assert.equal(row?.because, 'Ann Auer states: I went through the classification with each owner.');
  pass_(10 * MINUTE_MS - 1);
  t.assert.equal(await state('DAT-01.2', 'tenant'), 'pass', 'in its last millisecond');
  pass_(1);
  t.assert.equal(await state('DAT-01.2', 'tenant'), 'stale', 'at the instant of its expiry');
  const report = { title: 'SOC 2 type II of the site', digest: 'a'.repeat(64) };
  await assurance.attest(here, { ...attestation, rule: 'FND-01.1', untilMs: now + MINUTE_MS, report });
  t.assert.equal(await state('FND-01.1', 'tenant'), 'pass');
});

test('evidence for an asset that was retired counts no more', async (t: TestContext) => {
  await assurance.act(here, retireAsset({ assetId, reason: 'scrapped' }), 'ann');
  const { refused } = await take([made()]);
  t.assert.match(refused[0]?.because ?? '', /not an asset of this tenant, or not any more/);
  t.assert.equal(refused[0]?.reason, 'unknownAsset');
});
