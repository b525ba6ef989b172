import { type TestContext, test } from 'node:test';
import { catalogue, codeOf, DAY_MS, PaperTenant, START } from '../views/workbook-testing.ts';
import {
  approveException,
  approveNotApplicable,
  exceptionState,
  requestException,
  revokeException,
  revokeNotApplicable,
} from './overlays.ts';
import { previewDecision } from './preview.ts';
import { closeRisk, openPoamItem, recordRisk, reviewRisk, setAppetite, updatePoamItem } from './risks.ts';
import { assignStandard, publishStandard, retireStandard, withdrawStandard } from './standards.ts';
import { addComment, annotateControls } from './workbook.ts';

const tenant = { kind: 'tenant' } as const;
const db = { kind: 'asset', assetId: 'db-1' } as const;
const soon = START + 30 * DAY_MS;

test('an annotation writes what is given beside many controls, and leaves the rest', (t: TestContext) => {
  const paper = new PaperTenant();
  const controls = ['VMS-09', 'GOV-03'];
  const first = { controls, scopes: [tenant, db], rationale: 'because', applied: true };
  t.assert.deepEqual(paper.run(annotateControls(first)), { written: 4 });
  paper.run(annotateControls({ controls: ['VMS-09'], scopes: [tenant], configuration: 'every hour' }));
  const found = paper.standing.annotations.get('VMS-09 tenant');
  t.assert.deepEqual(
    [found?.rationale, found?.configuration, found?.applied],
    ['because', 'every hour', true],
  );
});

test('an annotation is refused when it says nothing, is about nothing, or is too much', (t: TestContext) => {
  const paper = new PaperTenant();
  const refused = (annotation: Partial<Parameters<typeof annotateControls>[0]>): string =>
    codeOf(() =>
      paper.run(annotateControls({ controls: ['VMS-09'], scopes: [tenant], rationale: 'r', ...annotation })),
    );
  t.assert.equal(refused({ rationale: undefined }), 'WORKBOOK_NOTHING_TO_WRITE');
  t.assert.equal(refused({ controls: ['XYZ-01'] }), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused({ scopes: [{ kind: 'asset', assetId: 'gone' }] }), 'WORKBOOK_SCOPE_UNKNOWN');
  t.assert.equal(refused({ scopes: [{ kind: 'group', groupId: 'gone' }] }), 'WORKBOOK_SCOPE_UNKNOWN');
  t.assert.equal(refused({ controls: ['GOV-04'], scopes: [db] }), 'ASSURANCE_CELL_UNKNOWN');
  t.assert.equal(refused({ reviewAtMs: START }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(
    refused({ controls: [...catalogue.controls.keys()], scopes: Array.from({ length: 20 }, () => tenant) }),
    'WORKBOOK_TOO_MANY',
  );
  t.assert.equal(paper.standing.annotations.size, 0);
});

test('a comment stands beside a control, or a control on an asset', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.run(addComment({ controlId: 'VMS-09', assetId: 'db-1', text: 'noisy', person: 'Ann' }));
  t.assert.deepEqual(
    paper.standing.comments.map(({ text, by }) => [text, by]),
    [['noisy', 'Ann']],
  );
  const refused = (controlId: string, assetId?: string): string =>
    codeOf(() => paper.run(addComment({ controlId, assetId, text: 'x', person: 'Ann' })));
  t.assert.equal(refused('XYZ-01'), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused('GOV-04', 'db-1'), 'ASSURANCE_CELL_UNKNOWN');
});

const notApplicable = {
  controls: ['VMS-09'],
  scopes: [db],
  reason: 'appliance without a file system',
  person: 'Ann',
  reviewAtMs: soon,
};

test('not applicable until the review, not a millisecond longer', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.shows('VMS-09', 'db-1', 'fail');
  paper.run(approveNotApplicable(notApplicable));
  t.assert.equal(paper.status('VMS-09', 'db-1'), 'not-applicable');
  t.assert.equal(paper.status('VMS-09', 'web-1'), 'not-assessed');
  t.assert.equal(paper.status('VMS-09', 'db-1', soon - 1), 'not-applicable');
  t.assert.equal(paper.status('VMS-09', 'db-1', soon), 'not-satisfied');
});

test('a not-applicable approval is renewed by another, and ends when it is revoked', (t: TestContext) => {
  const paper = new PaperTenant();
  const [first = ''] = paper.run(approveNotApplicable(notApplicable)).approvalIds;
  paper.now += DAY_MS;
  const [second = ''] = paper.run(
    approveNotApplicable({ ...notApplicable, reviewAtMs: soon + DAY_MS }),
  ).approvalIds;
  t.assert.match(paper.standing.notApplicable.get(first)?.revoked?.reason ?? '', /renewed/);
  t.assert.equal(paper.status('VMS-09', 'db-1', soon), 'not-applicable');
  paper.run(revokeNotApplicable({ approvalId: second, reason: 'it has one now' }));
  t.assert.equal(paper.status('VMS-09', 'db-1'), 'not-assessed');
  t.assert.equal(
    codeOf(() => paper.run(revokeNotApplicable({ approvalId: second, reason: 'again' }))),
    'NOT_APPLICABLE_UNKNOWN',
  );
});

test('not applicable wants a person, a date to come that is near enough, and something it is about', (t: TestContext) => {
  const paper = new PaperTenant();
  const refused = (changed: Partial<typeof notApplicable>): string =>
    codeOf(() => paper.run(approveNotApplicable({ ...notApplicable, ...changed })));
  t.assert.equal(refused({ person: ' ' }), 'WORKBOOK_PERSON_MISSING');
  t.assert.equal(refused({ reviewAtMs: START }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ reviewAtMs: START + 732 * DAY_MS }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ controls: ['XYZ-01'] }), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused({ controls: ['GOV-04'] }), 'ASSURANCE_CELL_UNKNOWN');
});

const exception = {
  controls: ['VMS-09'],
  scope: tenant,
  reason: 'the vendor delivers in spring',
  compensatingControls: ['VMS-05'],
  riskId: 'R-04',
  person: 'Ann',
  expiresAtMs: soon,
};

test('an exception is requested by one person, approved by another, and turns nothing green', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.shows('VMS-09', 'db-1', 'fail');
  const { exceptionId } = paper.run(requestException(exception));
  const phase = (at: number): string => {
    const found = paper.standing.exceptions.get(exceptionId);
    return found === undefined ? 'gone' : exceptionState(found, at);
  };
  t.assert.equal(phase(paper.now), 'requested');
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: 'Bob' }), 'account-ann')),
    'EXCEPTION_SAME_PERSON',
    'another name from the same account',
  );
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: ' ann ' }), 'account-two')),
    'EXCEPTION_SAME_PERSON',
    'another account of the same name',
  );
  paper.run(approveException({ exceptionId, person: 'Bob' }), 'account-bob');
  t.assert.equal(phase(paper.now), 'running');
  t.assert.equal(paper.status('VMS-09', 'db-1'), 'not-satisfied');
  t.assert.equal(phase(soon), 'expired');
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: 'Eve' }), 'account-eve')),
    'EXCEPTION_STATE',
  );
  paper.run(revokeException({ exceptionId, reason: 'delivered' }), 'account-bob');
  t.assert.equal(phase(paper.now), 'revoked');
  t.assert.equal(
    codeOf(() => paper.run(revokeException({ exceptionId, reason: 'again' }))),
    'EXCEPTION_STATE',
  );
});

test('on the local command line the person that is named counts', (t: TestContext) => {
  const paper = new PaperTenant();
  const { exceptionId } = paper.run(requestException(exception), 'cli');
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: 'Ann' }), 'cli')),
    'EXCEPTION_SAME_PERSON',
  );
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: '' }), 'cli')),
    'WORKBOOK_PERSON_MISSING',
  );
  paper.run(approveException({ exceptionId, person: 'Bob' }), 'cli');
});

test('an exception that nobody approves lapses; one that nobody asked for is not there', (t: TestContext) => {
  const paper = new PaperTenant();
  const { exceptionId } = paper.run(requestException(exception));
  paper.now = soon;
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId, person: 'Bob' }), 'account-bob')),
    'EXCEPTION_STATE',
  );
  t.assert.equal(
    codeOf(() => paper.run(approveException({ exceptionId: 'gone', person: 'Bob' }))),
    'EXCEPTION_UNKNOWN',
  );
  t.assert.equal(
    codeOf(() => paper.run(revokeException({ exceptionId: 'gone', reason: 'r' }))),
    'EXCEPTION_UNKNOWN',
  );
});

test('an exception is refused without an end, without something it is about, or when it makes up for itself', (t: TestContext) => {
  const paper = new PaperTenant();
  const refused = (changed: Partial<Parameters<typeof requestException>[0]>): string =>
    codeOf(() => paper.run(requestException({ ...exception, ...changed })));
  t.assert.equal(refused({ expiresAtMs: START }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ expiresAtMs: START + 367 * DAY_MS }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ controls: ['area:nowhere'] }), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused({ compensatingControls: ['XYZ-01'] }), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused({ controls: ['area:virtual machines'] }), 'EXCEPTION_COMPENSATES_ITSELF');
  t.assert.equal(refused({ riskId: 'R-99' }), 'RISK_UNKNOWN');
  t.assert.equal(refused({ scope: { kind: 'asset', assetId: 'gone' } }), 'WORKBOOK_SCOPE_UNKNOWN');
  t.assert.equal(refused({ person: '' }), 'WORKBOOK_PERSON_MISSING');
  t.assert.equal(paper.standing.exceptions.size, 0);
});

const standard = {
  standardId: 'hardened-linux',
  version: '1.0',
  title: 'Hardened Linux',
  useCase: 'servers',
  requirements: [],
  controls: [{ controlId: 'VMS-09', parameters: { interval: '1 h' }, approvedDigests: [] }],
  hld: [],
  lld: [],
};

test('what is published does not change under its version', (t: TestContext) => {
  const paper = new PaperTenant();
  t.assert.deepEqual(paper.run(publishStandard(standard)), { standard: 'hardened-linux@1.0' });
  const count = paper.acts.length;
  paper.run(publishStandard(standard));
  t.assert.equal(paper.acts.length, count, 'the same again is no act');
  const refused = (changed: Partial<Parameters<typeof publishStandard>[0]>): string =>
    codeOf(() => paper.run(publishStandard({ ...standard, ...changed })));
  t.assert.equal(refused({ title: 'Softened Linux' }), 'STANDARD_IMMUTABLE');
  t.assert.equal(
    refused({ version: '2', controls: [...standard.controls, ...standard.controls] }),
    'STANDARD_INVALID',
  );
  t.assert.equal(
    refused({ version: '2', controls: [{ controlId: 'XYZ-01', parameters: {}, approvedDigests: [] }] }),
    'WORKBOOK_CONTROL_UNKNOWN',
  );
  t.assert.equal(refused({ version: '2', toMs: START }), 'ASSURANCE_DATE_INVALID');
  paper.run(retireStandard({ standardId: 'hardened-linux', version: '1.0', reason: 'old' }));
  t.assert.equal(refused({}), 'STANDARD_RETIRED');
});

test('a scope has one standard: assigning another withdraws the first', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.run(publishStandard(standard));
  paper.run(publishStandard({ ...standard, standardId: 'other' }));
  const { standardId, version } = standard;
  t.assert.deepEqual(paper.run(assignStandard({ standardId, version, scopes: [tenant, db, db] })), {
    assigned: 2,
  });
  paper.now += 1;
  paper.run(assignStandard({ standardId: 'other', version, scopes: [db] }));
  const running = paper.standing.assignments.filter(({ toMs }) => toMs === undefined);
  t.assert.deepEqual(
    running.map((each) => [each.standardId, each.scope.kind]),
    [
      ['hardened-linux', 'tenant'],
      ['other', 'asset'],
    ],
  );
  paper.run(withdrawStandard({ standardId: 'other', scope: db, reason: 'by mistake' }));
  t.assert.equal(
    codeOf(() => paper.run(withdrawStandard({ standardId: 'other', scope: db, reason: 'again' }))),
    'STANDARD_NOT_ASSIGNED',
  );
});

test('only what is published and in force is assigned or retired', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.run(publishStandard(standard));
  const { standardId, version } = standard;
  const assigning = (changed: Partial<Parameters<typeof assignStandard>[0]>): string =>
    codeOf(() => paper.run(assignStandard({ standardId, version, scopes: [tenant], ...changed })));
  t.assert.equal(assigning({ version: '9' }), 'STANDARD_UNKNOWN');
  t.assert.equal(assigning({ scopes: [{ kind: 'group', groupId: 'gone' }] }), 'WORKBOOK_SCOPE_UNKNOWN');
  t.assert.equal(assigning({ toMs: START }), 'ASSURANCE_DATE_INVALID');
  paper.run(retireStandard({ standardId, version, reason: '' }));
  t.assert.equal(assigning({}), 'STANDARD_RETIRED');
  t.assert.equal(
    codeOf(() => paper.run(retireStandard({ standardId, version, reason: '' }))),
    'STANDARD_RETIRED',
  );
});

const risk = {
  title: 'Ransomware',
  scenario: 'everything is encrypted',
  threat: 'criminals',
  likelihood: 4,
  impact: 5,
  controls: [{ controlId: 'VMS-09', reduces: 'likelihood' as const, steps: 1 }],
  treatment: 'mitigate' as const,
  owner: 'CISO',
  reviewAtMs: soon,
};

test('a risk is recorded, changed, reviewed, closed, and open again', (t: TestContext) => {
  const paper = new PaperTenant();
  const { riskId } = paper.run(recordRisk(risk));
  t.assert.equal(riskId, `R-${catalogue.risks.length + 1}`);
  paper.run(recordRisk({ ...risk, riskId, likelihood: 3 }));
  t.assert.deepEqual(
    [paper.standing.risks.get(riskId)?.version, paper.standing.risks.get(riskId)?.likelihood],
    [2, 3],
  );
  const later = soon + DAY_MS;
  paper.run(reviewRisk({ riskId, note: 'still so', person: 'Ann', reviewAtMs: later }));
  t.assert.equal(paper.standing.risks.get(riskId)?.reviewAtMs, later);
  paper.run(closeRisk({ riskId, reason: 'sold', person: 'Ann' }));
  t.assert.match(paper.standing.risks.get(riskId)?.log.at(-1)?.note ?? '', /sold/);
  t.assert.equal(
    codeOf(() => paper.run(closeRisk({ riskId, reason: 'again', person: 'Ann' }))),
    'RISK_UNKNOWN',
  );
  t.assert.equal(
    codeOf(() => paper.run(reviewRisk({ riskId, note: 'n', person: 'Ann', reviewAtMs: later }))),
    'RISK_UNKNOWN',
  );
  paper.run(recordRisk({ ...risk, riskId }));
  t.assert.equal(paper.standing.risks.get(riskId)?.toMs, undefined);
});

test('a risk of the catalogue becomes one’s own with the first review', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.run(reviewRisk({ riskId: 'R-01', note: 'ours', person: 'Ann', reviewAtMs: soon }));
  const kept = paper.standing.risks.get('R-01');
  t.assert.deepEqual([kept?.version, kept?.log.length, kept?.reviewAtMs], [1, 1, soon]);
  paper.run(closeRisk({ riskId: 'R-02', reason: 'no agents here', person: 'Ann' }));
  t.assert.ok(!paper.assessment().risks.some(({ risk: found }) => found.riskId === 'R-02'));
});

test('a risk wants an owner, a review to come, and each control once', (t: TestContext) => {
  const paper = new PaperTenant();
  const refused = (changed: Partial<Parameters<typeof recordRisk>[0]>): string =>
    codeOf(() => paper.run(recordRisk({ ...risk, ...changed })));
  t.assert.equal(refused({ owner: ' ' }), 'RISK_INVALID');
  t.assert.equal(refused({ controls: [...risk.controls, ...risk.controls] }), 'RISK_INVALID');
  t.assert.equal(refused({ reviewAtMs: START }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ reviewAtMs: START + 732 * DAY_MS }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(
    refused({ controls: [{ controlId: 'XYZ-01', reduces: 'impact', steps: 1 }] }),
    'WORKBOOK_CONTROL_UNKNOWN',
  );
  t.assert.equal(
    codeOf(() => paper.run(reviewRisk({ riskId: 'R-01', note: 'n', person: '', reviewAtMs: soon }))),
    'WORKBOOK_PERSON_MISSING',
  );
  t.assert.equal(
    codeOf(() => paper.run(reviewRisk({ riskId: 'R-01', note: 'n', person: 'Ann', reviewAtMs: START }))),
    'ASSURANCE_DATE_INVALID',
  );
  t.assert.equal(
    codeOf(() => paper.run(closeRisk({ riskId: 'R-01', reason: 'r', person: '' }))),
    'WORKBOOK_PERSON_MISSING',
  );
});

test('the appetite decides which risks want a decision', (t: TestContext) => {
  const paper = new PaperTenant();
  paper.run(setAppetite({ score: 25, reason: 'for the test', person: 'Ann' }));
  t.assert.ok(paper.assessment().risks.every(({ aboveAppetite }) => !aboveAppetite));
  paper.run(setAppetite({ score: 1, reason: 'for the test', person: 'Ann' }));
  t.assert.ok(paper.assessment().risks.some(({ aboveAppetite }) => aboveAppetite));
  t.assert.equal(
    codeOf(() => paper.run(setAppetite({ score: 5, reason: 'r', person: '' }))),
    'WORKBOOK_PERSON_MISSING',
  );
});

const item = { controlId: 'VMS-09', assetId: 'db-1', finding: 'no baseline', dueAtMs: soon, milestones: [] };

test('a plan item is opened for whoever operates the control, worked on, and done', (t: TestContext) => {
  const paper = new PaperTenant();
  const { poamId } = paper.run(openPoamItem(item));
  const owner = catalogue.controls.get('VMS-09')?.default_responsibility.accountable;
  t.assert.equal(paper.standing.poam.get(poamId)?.owner, owner?.split('+')[0]);
  const to = (status: 'in-progress' | 'done' | 'risk-accepted', note: string): string =>
    codeOf(() => paper.run(updatePoamItem({ poamId, status, note, person: 'Ann' })));
  t.assert.equal(to('in-progress', ''), 'none');
  t.assert.equal(to('risk-accepted', ' '), 'POAM_INVALID');
  t.assert.equal(to('done', 'baseline taken'), 'none');
  t.assert.equal(to('in-progress', ''), 'POAM_DONE');
  t.assert.deepEqual(
    paper.standing.poam.get(poamId)?.log.map(({ by, status }) => [by, status]),
    [
      ['Ann', 'in-progress'],
      ['Ann', 'done'],
    ],
  );
});

test('a plan item is refused without a cell, a party, a date to come, or milestones before it', (t: TestContext) => {
  const paper = new PaperTenant();
  const refused = (changed: Partial<Parameters<typeof openPoamItem>[0]>): string =>
    codeOf(() => paper.run(openPoamItem({ ...item, ...changed })));
  t.assert.equal(refused({ controlId: 'XYZ-01' }), 'WORKBOOK_CONTROL_UNKNOWN');
  t.assert.equal(refused({ controlId: 'GOV-04' }), 'ASSURANCE_CELL_UNKNOWN');
  t.assert.equal(refused({ owner: 'nobody' }), 'ASSURANCE_PARTY_UNKNOWN');
  t.assert.equal(refused({ dueAtMs: START }), 'ASSURANCE_DATE_INVALID');
  t.assert.equal(refused({ riskId: 'R-99' }), 'RISK_UNKNOWN');
  t.assert.equal(refused({ milestones: [{ title: 'late', dueAtMs: soon + 1 }] }), 'POAM_INVALID');
  t.assert.equal(
    codeOf(() => paper.run(updatePoamItem({ poamId: 'gone', status: 'done', note: '', person: 'Ann' }))),
    'POAM_UNKNOWN',
  );
});

test('a preview says what an approval would do, writes nothing, and is what then happens', (t: TestContext) => {
  const paper = new PaperTenant();
  for (const { id } of catalogue.controls.values())
    for (const assetId of ['db-1', 'web-1', 'tenant']) paper.shows(id, assetId, 'pass');
  paper.shows('VMS-09', 'db-1', 'fail');
  const before = paper.assessment();
  const count = paper.acts.length;
  const preview = paper.run(
    previewDecision({ decision: 'not-applicable', controls: ['VMS-09'], scopes: [tenant] }),
  );
  t.assert.equal(paper.acts.length, count);
  t.assert.deepEqual([preview.cellCount, preview.assetCount, preview.counts['not-satisfied']], [2, 2, 1]);
  t.assert.equal(preview.scoreBefore, before.rollUp.score);
  paper.run(approveNotApplicable({ ...notApplicable, scopes: [tenant] }));
  const after = paper.assessment();
  t.assert.equal(preview.scoreAfter, after.rollUp.score);
  const moved = after.cells.filter(({ cell }, at) => cell.status !== before.cells[at]?.cell.status);
  t.assert.equal(preview.changedCount, moved.length);
  t.assert.deepEqual(
    preview.risks.map(({ riskId, after: then }) => [riskId, then]),
    after.risks
      .filter(({ residual }, at) => residual.score !== before.risks[at]?.residual.score)
      .map(({ risk: found, residual }) => [found.riskId, residual.score]),
  );
});

test('a preview of an exception promises nothing', (t: TestContext) => {
  const paper = new PaperTenant();
  const preview = paper.run(previewDecision({ decision: 'exception', controls: ['*'], scopes: [tenant] }));
  t.assert.deepEqual([preview.changedCount, preview.risks.length], [0, 0]);
  t.assert.equal(preview.scoreBefore, preview.scoreAfter);
  t.assert.match(preview.says.join(' '), /No status/);
  t.assert.equal(
    codeOf(() =>
      paper.run(previewDecision({ decision: 'exception', controls: ['XYZ-01'], scopes: [tenant] })),
    ),
    'WORKBOOK_CONTROL_UNKNOWN',
  );
});
