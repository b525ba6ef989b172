import { type TestContext, test } from 'node:test';
import { seenIn, tagsIn } from './evidence-view.ts';
import { eventSays, findingOf, sentenceOf, spanOf } from './finding-view.ts';

const record = {
  class_uid: 2004,
  time: 1_700_000_000_000,
  severity_id: 4,
  message: 'Shell started by a web server: sh started by nginx',
  metadata: { uid: 'f-1' },
  device: { hostname: 'web-1' },
  finding_info: {
    title: 'Shell started by a web server',
    analytic: { uid: 'r-1' },
    attacks: [
      { technique: { uid: 'T1505' }, sub_technique: { uid: 'T1505.003' }, tactic: { uid: 'TA0003' } },
    ],
    related_events: [{ uid: 'e-1' }],
  },
  evidences: [{ data: { matched: [{ field: 'Image', value: '/bin/sh' }, { field: 7 }] } }],
};

test('a finding is read from its OCSF event; what is not there stays away', (t: TestContext) => {
  const finding = findingOf(record);
  t.assert.equal(finding.level, 'high');
  t.assert.deepEqual(finding.matched, [{ field: 'Image', value: '/bin/sh' }]);
  t.assert.deepEqual(finding.attacks, [
    { uid: 'T1505.003', name: 'Server Software Component: Web Shell', tactic: 'Persistence' },
  ]);
  t.assert.equal(eventSays(finding), 'sh started by nginx');
  t.assert.equal(eventSays({ ...finding, message: finding.title }), 'Image: /bin/sh');
  t.assert.equal(finding.together, undefined);
  const nothing = findingOf({});
  t.assert.deepEqual([nothing.level, nothing.host, nothing.matched], [undefined, '', []]);
});

test('what happened is one sentence, of one event and of many', (t: TestContext) => {
  t.assert.equal(
    sentenceOf(findingOf(record)),
    'Shell started by a web server on web-1: Image has “/bin/sh”.',
  );
  const many = findingOf({
    ...record,
    count: 12,
    start_time: 1_000_000,
    end_time: 1_300_000,
    evidences: [{ data: { group: { 'user.name': 'ann' } } }],
  });
  t.assert.equal(
    sentenceOf(many),
    'Shell started by a web server on web-1: 12 events within 5 min, of user.name ann.',
  );
  t.assert.deepEqual(
    [spanOf(90), spanOf(7_000), spanOf(10_000), spanOf(400_000)],
    ['90 s', '117 min', '3 h', '5 days'],
  );
});

test('the evidence is what was kept, and what the explanation adds', (t: TestContext) => {
  const explained = {
    op: 'and' as const,
    holds: true,
    of: [
      { op: 'test' as const, holds: true, field: 'User', says: 'equals "www"', values: ['www'] },
      { op: 'test' as const, holds: true, field: null, says: 'contains "sh"', values: ['/bin/sh'] },
    ],
  };
  t.assert.deepEqual(seenIn({ finding: record, events: [], rule: null, explained }), [
    { field: 'Image', value: '/bin/sh' },
    { field: 'User', value: 'www' },
  ]);
});

test('tags are found in a rule’s text', (t: TestContext) => {
  t.assert.deepEqual(
    tagsIn('title: x\ntags:\n    - attack.t1059 # why\n    - "attack.execution"\nlevel: low\n'),
    ['attack.t1059', 'attack.execution'],
  );
  t.assert.deepEqual(tagsIn('title: x\n'), []);
});
