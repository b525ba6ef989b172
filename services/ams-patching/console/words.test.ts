import { type TestContext, test } from 'node:test';
import { JOB_STATES, PatchingSettings, SetFreeze, SetWindow } from '../api.ts';
import { askedFreeze } from './freeze-draft.ts';
import { actsOf } from './job-acts.ts';
import { askedSettings, settingsDraft } from './settings-draft.ts';
import { anyWork } from './testing.ts';
import { asked, draftOf, emptyWindow, type WindowDraft } from './window-draft.ts';
import { figureText, jobsSummary, minutesText, spanIn, whatIfLines, workText } from './words.ts';

const draft: WindowDraft = { ...emptyWindow('Europe/Berlin', '2026-11-27'), name: ' Sunday ' };

test('what a window form makes is a window, and comes back as it was written', (t: TestContext) => {
  for (const changes of [
    {},
    { often: 'once', startsAt: '2026-12-05T22:00' },
    { often: 'weekly', weekday: 'SA', environments: ['PRD'], rebootBudget: '0' },
    { ordinal: '-1', groups: 'erp, web', labels: 'system=ERP' },
    { often: 'rule', rule: 'FREQ=MONTHLY;BYMONTHDAY=13' },
  ] satisfies readonly Partial<WindowDraft>[]) {
    const result = asked({ ...draft, ...changes });
    if ('missing' in result) throw new Error(result.missing);
    const body = SetWindow.parse(result.body);
    t.assert.deepEqual(asked(draftOf(body, 'Europe/Berlin')), { body });
  }
});

test('what is missing is said before anything is sent', (t: TestContext) => {
  for (const changes of [
    { name: '' },
    { startsAt: 'tomorrow' },
    { timeZone: 'Berlin' },
    { minutes: '4' },
    { labels: 'ERP' },
    { rebootBudget: '-1' },
    { often: 'rule', rule: '' },
  ] satisfies readonly Partial<WindowDraft>[])
    t.assert.ok('missing' in asked({ ...draft, ...changes }), JSON.stringify(changes));
});

test('a freeze is on the clock of the page, and ends after it begins', (t: TestContext) => {
  const freeze = { from: '2026-12-20T00:00', to: '2027-01-04T00:00', reason: 'Year', exceptImmediate: true };
  const result = askedFreeze(freeze, 'Europe/Berlin');
  t.assert.equal('body' in result && SetFreeze.parse(result.body).from, '2026-12-19T23:00:00.000Z');
  t.assert.ok('missing' in askedFreeze({ ...freeze, to: freeze.from }, 'UTC'));
});

test('settings come back as they were, and a number out of its bounds is named', (t: TestContext) => {
  const settings = PatchingSettings.parse({});
  const form = settingsDraft(settings);
  t.assert.deepEqual(askedSettings(form), { body: settings });
  t.assert.ok('missing' in askedSettings({ ...form, numbers: { ...form.numbers, horizonDays: '91' } }));
  t.assert.ok('missing' in askedSettings({ ...form, numbers: { ...form.numbers, rebootMinutes: '1.5' } }));
});

test('figures say what is proved and what is not', (t: TestContext) => {
  const objective = { breaches: 12, risk: 3.25, effort: 4, churn: 0 };
  const plan = { objective, bound: { breaches: 11, effort: 4 }, gap: { breaches: 1, effort: 0 } };
  t.assert.equal(figureText(plan, 'breaches'), '12; no plan falls below 11, so at most 1 could be saved');
  t.assert.equal(figureText(plan, 'effort'), '4: proved that no plan has less');
  t.assert.match(figureText(plan, 'risk'), /nothing is proved/);
});

test('a bar says in words what it shows', (t: TestContext) => {
  t.assert.equal(
    workText(anyWork({ isLate: true }), 'UTC'),
    'erp-db, Sun 6 Dec, 01:00 to 01:45; window Second Sunday; scheduled, 1 package, 2 findings; reboots; due Thu 10 Dec, 00:00, late',
  );
  t.assert.match(spanIn('2026-12-20T00:00:00Z', '2027-01-04T00:00:00Z', 'UTC'), /Mon 4 Jan, 00:00$/);
  t.assert.deepEqual([45, 240, 1_570].map(minutesText), ['45 min', '4 h', '1 d 2 h 10 min']);
});

test('both sides of a what-if are told apart in words', (t: TestContext) => {
  const objective = { breaches: 2, risk: 1, effort: 1, churn: 0 };
  const side = { placedCount: 5, lateCount: 2, unplacedCount: 0, objective };
  const lines = whatIfLines({ asIs: side, asAsked: { ...side, placedCount: 7, lateCount: 1 } });
  t.assert.deepEqual(
    lines.slice(0, 3).map(({ change }) => change),
    ['2 more', '1 fewer', 'the same'],
  );
});

test('who may not approve is offered nothing that needs it', (t: TestContext) => {
  const titles = (state: (typeof JOB_STATES)[number], mayApprove: boolean): string =>
    actsOf({ id: 'j', state, mayApprove })
      .map(({ title }) => title)
      .join(', ');
  t.assert.equal(titles('proposed', true), 'Approve, Decline, Cancel');
  t.assert.equal(titles('proposed', false), 'Cancel');
  t.assert.equal(titles('ended', true), 'Roll back');
  for (const state of ['running', 'declined', 'missed', 'cancelled', 'taken-back'] as const)
    t.assert.equal(titles(state, true), '');
  t.assert.equal(jobsSummary({ matchedCount: 3, byState: { running: 1, ended: 2 } }), '3 jobs: 1 running.');
});
