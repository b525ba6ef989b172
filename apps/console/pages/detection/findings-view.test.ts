import { type TestContext, test } from 'node:test';
import { attackAsked, attackPage, attacksOfTags, attackWords } from './attack-view.ts';
import { findingOf } from './finding-view.ts';
import { findingsQuery, fits, levelsIn, searchFor, withLevel } from './findings-view.ts';

const range = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };

test('what is asked for by ATT&CK is told by its id or a tactic’s name', (t: TestContext) => {
  t.assert.deepEqual(attackAsked(' t1059.001 '), { kind: 'sub-technique', uid: 'T1059.001' });
  t.assert.deepEqual(attackAsked('T1059'), { kind: 'technique', uid: 'T1059' });
  t.assert.deepEqual(attackAsked('Lateral Movement'), { kind: 'tactic', uid: 'TA0008' });
  t.assert.equal(attackAsked('powershell'), undefined);
  t.assert.deepEqual(
    attacksOfTags(['attack.t1059.001', 'attack.defense_impairment', 'cve.2021-1', 'attack.g0016']),
    {
      techniques: ['T1059.001'],
      tactics: ['TA0112'],
    },
  );
  t.assert.equal(attackWords({ uid: 'T9999', name: undefined }), 'T9999');
  t.assert.equal(attackPage('T1059.001'), 'https://attack.mitre.org/techniques/T1059/001/');
});

test('the filters become a search: levels by taking the others away', (t: TestContext) => {
  t.assert.deepEqual(findingsQuery({}, range, 10), { ...range, classUids: [2004], limit: 10 });
  const query = findingsQuery(
    { level: 'critical,high', technique: 'T1059.001', host: 'a', rule: 'r', text: 'w' },
    range,
    10,
  );
  t.assert.equal(query.text, 'w');
  t.assert.deepEqual(query.filters, [
    { field: 'severity_id', op: 'ne', value: '3' },
    { field: 'severity_id', op: 'ne', value: '2' },
    { field: 'severity_id', op: 'ne', value: '1' },
    { field: 'finding_info.analytic.uid', op: 'eq', value: 'r' },
    { field: 'device.hostname', op: 'eq', value: 'a' },
    { field: 'finding_info.attacks.sub_technique.uid', op: 'eq', value: 'T1059.001' },
  ]);
});

test('pressing levels adds and takes away; none chosen is all', (t: TestContext) => {
  t.assert.equal(withLevel({}, 'high'), 'high');
  t.assert.equal(withLevel({ level: 'high' }, 'low'), 'high,low');
  t.assert.equal(withLevel({ level: 'high' }, 'high'), undefined);
  t.assert.equal(levelsIn({ level: 'nonsense' }).length, 5);
});

test('what arrives is counted when it would be in the list', (t: TestContext) => {
  const finding = findingOf({
    severity_id: 4,
    device: { hostname: 'a' },
    finding_info: { analytic: { uid: 'r' } },
  });
  t.assert.ok(fits(finding, { level: 'high', host: 'a', rule: 'r' }));
  t.assert.ok(!fits(finding, { level: 'low' }));
  t.assert.ok(!fits(finding, { technique: 'T1059' }));
});

test('an event is found in the search by its id, within the minute around it', (t: TestContext) => {
  t.assert.deepEqual(searchFor('e', 60_000), {
    filters: 'metadata.uid=e',
    range: '1970-01-01T00:00:00.000Z..1970-01-01T00:02:00.000Z',
    open: 'e',
  });
});
