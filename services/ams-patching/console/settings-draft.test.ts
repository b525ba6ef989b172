import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { PatchingSettings } from '../api.ts';
import { askedSettings, settingsDraft } from './settings-draft.ts';

const DEFAULTS = PatchingSettings.parse({});

test('what is kept is what a form that nobody touched sends', (t: TestContext) => {
  const kept = PatchingSettings.parse({
    takeoverMinutes: 15,
    constraints: {
      maxConcurrent: 3,
      dependencies: [
        {
          first: { labels: { role: 'dns' } },
          later: { labels: { role: 'web', zone: 'a=b' }, groups: ['shop'] },
        },
        {
          first: { assetIds: ['11111111-2222-4333-8444-555555555555'] },
          later: { groups: ['group of many'] },
        },
      ],
    },
  });
  for (const settings of [kept, DEFAULTS])
    t.assert.deepEqual(askedSettings(settingsDraft(settings)), { body: settings });
});

test('whatever machines and groups are called, an order comes back as it was', (t: TestContext) => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 128 }),
    fc.constantFrom('a, b', 'a before b', '"', '\\', 'x=y', 'group:g', ' ', 'a\nb', '\0 0'),
  );
  const labels = fc.dictionary(name, name, { minKeys: 1, maxKeys: 4 });
  const scope = fc.record({ labels, groups: fc.array(name, { maxLength: 3 }), assetIds: fc.constant([]) });
  fc.assert(
    fc.property(scope, scope, (first, later) => {
      const constraints = { ...DEFAULTS.constraints, dependencies: [{ first, later }] };
      const asked = askedSettings(settingsDraft({ ...DEFAULTS, constraints }));
      t.assert.deepEqual('body' in asked && asked.body.constraints.dependencies, constraints.dependencies);
    }),
  );
});

test('an order that is not understood is said with its line', (t: TestContext) => {
  const draft = settingsDraft(DEFAULTS);
  const said = (dependencies: string) => askedSettings({ ...draft, dependencies });
  for (const wrong of [
    'role=dns',
    'role=dns before',
    'before role=web',
    'dns before web',
    'a=1 before b=2 before c=3',
    'a="1 before b=2',
    'a="\\q" before b=2',
    'a="" before b=2',
    'a="1"x before b=2',
  ])
    t.assert.match(JSON.stringify(said(`role=dns before role=web\n${wrong}`)), /Order, line 2: as in/, wrong);
  t.assert.match(JSON.stringify(said('a=1 before b=2\n'.repeat(51))), /50 lines at most/);
});

test('numbers are within their bounds', (t: TestContext) => {
  const draft = settingsDraft(DEFAULTS);
  const said = (key: string, value: string) =>
    askedSettings({ ...draft, numbers: { ...draft.numbers, [key]: value } });
  for (const [key, value] of [
    ['takeoverMinutes', '1441'],
    ['takeoverMinutes', '1.5'],
    ['rebootMinutes', '0'],
    ['horizonDays', ''],
  ] as const)
    t.assert.ok('missing' in said(key, value), `${key} ${value}`);
  t.assert.ok('body' in said('maxConcurrent', ''));
  t.assert.ok('body' in said('soakDev', '0.5'));
});
