import { type TestContext, test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { attacksOf } from './attack.ts';
import { detect } from './detect.ts';
import { enrich } from './enrich.ts';
import { change, NOW, shadowRule } from './testing.ts';

const here = grantTenantScope('here');

const siem = { rulesOf: (classUid: number) => (classUid === 1_001 ? [shadowRule] : []) };
const carried = (path: string, assetId = 'asset-1', time = NOW) =>
  enrich(here, assetId, NOW, [
    { event: change(path, time, 'uid-1'), json: undefined, originalTimeMs: undefined },
  ]);

test('a finding is valid OCSF and holds what it rests on', (t: TestContext) => {
  const [finding] = detect(siem, carried('/etc/shadow'));
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

test('an enriched event is still valid OCSF', (t: TestContext) => {
  const [clamped] = enrich(here, 'asset-1', NOW, [
    { event: change('/a', 0), json: undefined, originalTimeMs: 0 },
  ]);
  t.assert.deepEqual(validateOcsf(clamped?.event), { ok: true });
  t.assert.equal(clamped?.event.time, NOW);
});

test('a finding follows from rule, asset and event', (t: TestContext) => {
  const uidOf = (...of: Parameters<typeof carried>) => detect(siem, carried(...of))[0]?.event.metadata.uid;
  t.assert.equal(uidOf('/etc/shadow'), uidOf('/etc/shadow'));
  t.assert.notEqual(uidOf('/etc/shadow'), uidOf('/etc/shadow', 'asset-2'));
});

test('an event without a match gives nothing', (t: TestContext) =>
  t.assert.deepEqual(detect(siem, carried('/etc/hosts')), []));

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
