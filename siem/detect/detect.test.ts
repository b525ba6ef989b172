import { type TestContext, test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { enrich } from '../enrich.ts';
import { compileHere } from '../rules/compile.ts';
import { linkRules } from '../rules/link.ts';
import { noFigures } from '../siem.ts';
import { change, NOW, shadowRule } from '../testing.ts';
import { attacksOf } from './attack.ts';
import { detect } from './detect.ts';
import { eventView } from './view.ts';

const here = grantTenantScope('here');

const view = eventView();
const compiled = await compileHere([shadowRule], undefined);
const set = { ...compiled, originOf: () => 'shipped' as const, versionOf: () => 1 };
const none = { ...(await compileHere([], undefined)), originOf: set.originOf, versionOf: set.versionOf };
const rules = {
  generation: 1,
  loadedAtMs: NOW,
  base: set,
  own: none,
  overlays: new Map(),
  heldBack: new Map(),
  linked: linkRules([set], new Map()),
};
const siem = {
  view,
  now: () => NOW,
  figures: noFigures(),
  fieldsSeen: { see: () => undefined },
};
const found = (events: ReturnType<typeof carried>) => detect(siem, here, rules, events).findings;
const carried = (path: string, assetId = 'asset-1', time = NOW) =>
  enrich(here, assetId, NOW, [
    { event: change(path, time, 'uid-1'), json: undefined, originalTimeMs: undefined, isMadeHere: false },
  ]);

test('a finding is valid OCSF and holds what it rests on', (t: TestContext) => {
  const [finding] = found(carried('/etc/shadow'));
  t.assert.deepEqual(validateOcsf(finding?.event), { ok: true });
  t.assert.deepEqual(finding?.event['evidences'], [
    {
      actor: { process: { pid: 7, name: 'vi', user: { name: 'root' } } },
      device: { hostname: 'db-1', type_id: 1, uid: 'asset-1' },
      file: { name: 'shadow', path: '/etc/shadow', type_id: 1 },
      uid: 'uid-1',
      data: { matched: [{ field: 'file.path', value: '/etc/shadow' }] },
    },
  ]);
});

test('an event with more in it than is looked at is a finding of its own', (t: TestContext) => {
  const stuffed = change('/etc/hosts', NOW, 'uid-1');
  const event = { ...stuffed, unmapped: { first: Array(5_000).fill(1), last: 'unseen' } };
  const events = enrich(here, 'asset-1', NOW, [
    { event, json: undefined, originalTimeMs: undefined, isMadeHere: false },
  ]);
  t.assert.deepEqual(
    found(events).map(({ event: { finding_info: info } }) => (info as { readonly title: string }).title),
    ['Evaluation incomplete'],
  );
});

test('an enriched event is still valid OCSF', (t: TestContext) => {
  const [clamped] = enrich(here, 'asset-1', NOW, [
    { event: change('/a', 0), json: undefined, originalTimeMs: 0, isMadeHere: false },
  ]);
  t.assert.deepEqual(validateOcsf(clamped?.event), { ok: true });
  t.assert.equal(clamped?.event.time, NOW);
});

test('a finding follows from rule, asset and event', (t: TestContext) => {
  const uidOf = (...of: Parameters<typeof carried>) => found(carried(...of))[0]?.event.metadata.uid;
  t.assert.equal(uidOf('/etc/shadow'), uidOf('/etc/shadow'));
  t.assert.notEqual(uidOf('/etc/shadow'), uidOf('/etc/shadow', 'asset-2'));
});

test('an event without a match gives nothing', (t: TestContext) =>
  t.assert.deepEqual(found(carried('/etc/hosts')), []));

test('techniques carry their tactic only where there is one', (t: TestContext) => {
  t.assert.deepEqual(attacksOf(['attack.credential_access', 'attack.T1003.008', 'cve.2024.1']), [
    {
      technique: { uid: 'T1003' },
      sub_technique: { uid: 'T1003.008' },
      tactic: { uid: 'TA0006', name: 'credential-access' },
    },
  ]);
  t.assert.deepEqual(attacksOf(['attack.persistence', 'attack.execution', 'attack.t1053']), [
    { technique: { uid: 'T1053' } },
  ]);
  t.assert.deepEqual(attacksOf(['attack.persistence']), [{ tactic: { uid: 'TA0003', name: 'persistence' } }]);
  t.assert.deepEqual(attacksOf(['attack.constructor']), []);
});
