import { type TestContext, test } from 'node:test';
import { CONTROL_STATUSES } from '@demarc/platform/contract/api';
import * as contract from '@demarc/platform/contract/assurance/workbook';
import fc from 'fast-check';
import { approveException, requestException } from '../commands/overlays.ts';
import { openPoamItem, recordRisk, reviewRisk, setAppetite, updatePoamItem } from '../commands/risks.ts';
import { assignStandard, publishStandard, retireStandard } from '../commands/standards.ts';
import { addComment, annotateControls } from '../commands/workbook.ts';
import { Evaluation, keyOf } from '../evaluation/evaluation.ts';
import { anyTimeline, stepsOf } from '../live/testing.ts';
import type { Act } from '../model/acts.ts';
import { replay } from '../model/standing.ts';
import { type Mitigation, residual, scoreOf } from '../rules/risk.ts';
import { riskEvidence } from '../sources/risk-evidence.ts';
import { standardsEvidence } from '../sources/standards-evidence.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import { exceptionsView, poamView } from './exceptions.ts';
import { aboveAppetiteSince } from './risk-history.ts';
import { risksView } from './risks.ts';
import { standardsView } from './standards.ts';
import { workbookControl, workbookView } from './workbook.ts';
import { catalogue, codeOf, DAY_MS, PaperTenant, START } from './workbook-testing.ts';

const tenant = { kind: 'tenant' } as const;
const db = { kind: 'asset', assetId: 'db-1' } as const;
const soon = START + 30 * DAY_MS;

function estate(): PaperTenant {
  const paper = new PaperTenant();
  for (const { id } of catalogue.controls.values())
    for (const assetId of ['db-1', 'web-1', 'tenant']) paper.shows(id, assetId, 'pass');
  paper.shows('VMS-09', 'db-1', 'fail');
  return paper;
}

test('the workbook’s score is the sum of its rows, and the engine’s number', (t: TestContext) => {
  const assessment = estate().assessment();
  const book = contract.Workbook.parse(workbookView(assessment));
  const sum = (of: 'worth' | 'earned'): number => book.rows.reduce((all, { score }) => all + score[of], 0);
  t.assert.equal(sum('earned') / sum('worth'), assessment.rollUp.score);
  t.assert.equal(book.total.score, assessment.rollUp.score);
  t.assert.equal(
    book.areas.reduce((all, { score }) => all + score.earned, 0),
    book.total.earned,
  );
  t.assert.equal(book.rows.length, catalogue.controls.size - without().length);
});

/** Controls about kinds of asset that the estate has none of. */
function without(): readonly string[] {
  return [...catalogue.controls.values()]
    .filter(({ asset_types: types }) => types.every((type) => type === 'network' || type === 'database'))
    .map(({ id }) => id);
}

test('never looked at is not green: a score of nothing stands beside a coverage of nothing', (t: TestContext) => {
  const { total, rows } = workbookView(new PaperTenant().assessment());
  t.assert.deepEqual([total.score, total.coverage], [0, 0]);
  t.assert.ok(rows.every(({ status }) => status === 'not-assessed'));
});

test('a row has what people wrote, whom it belongs to, and how old its evidence is', (t: TestContext) => {
  const paper = estate();
  const lld = [{ document: 'LLD-7', section: '3.2' }];
  paper.run(
    annotateControls({
      controls: ['VMS-09'],
      scopes: [tenant],
      applied: true,
      rationale: 'because',
      lld,
      reviewAtMs: soon,
    }),
  );
  paper.run(annotateControls({ controls: ['VMS-09'], scopes: [db], rationale: 'only here' }));
  paper.run(addComment({ controlId: 'VMS-09', text: 'noisy', person: 'Ann' }));
  paper.run(addComment({ controlId: 'VMS-09', assetId: 'web-1', text: 'quiet', person: 'Bob' }));
  const row = (scope?: typeof db) =>
    workbookView(paper.assessment(), scope).rows.find(({ controlId }) => controlId === 'VMS-09');
  const all = row();
  t.assert.deepEqual(
    [all?.rationale, all?.applied, all?.annotatedElsewhere, all?.commentCount, all?.lastComment],
    ['because', true, 1, 2, 'quiet'],
  );
  t.assert.deepEqual(all?.lld, lld);
  t.assert.equal(all?.status, 'not-satisfied');
  t.assert.equal(all?.contradicted, true, 'applied, says the text; fails, says the evidence');
  t.assert.deepEqual([all?.score.counts.satisfied, all?.score.applicable], [1, 2]);
  t.assert.equal(all?.evidenceOldestAt, new Date(START).toISOString());
  t.assert.deepEqual(
    all?.owners.map(({ duty, shares }) => [duty, shares.length]),
    [
      ['operate', 1],
      ['configure', 1],
      ['respond', 1],
      ['assure', 1],
    ],
  );
  const here = row(db);
  t.assert.deepEqual([here?.rationale, here?.commentCount, here?.score.applicable], ['only here', 1, 1]);
  t.assert.equal(
    workbookView(paper.assessment(soon), tenant).rows.find(({ controlId }) => controlId === 'VMS-09')
      ?.reviewOverdue,
    true,
  );
});

test('one control, with everything that was written about it, the worst assets first', (t: TestContext) => {
  const paper = estate();
  paper.run(annotateControls({ controls: ['VMS-09'], scopes: [tenant, db], rationale: 'r' }));
  paper.run(
    openPoamItem({ controlId: 'VMS-09', assetId: 'db-1', finding: 'f', dueAtMs: soon, milestones: [] }),
  );
  const control = contract.WorkbookControl.parse(workbookControl(paper.assessment(), 'VMS-09'));
  t.assert.deepEqual(
    control.cells.map(({ assetId, status }) => [assetId, status]),
    [
      ['db-1', 'not-satisfied'],
      ['web-1', 'satisfied'],
    ],
  );
  t.assert.deepEqual([control.annotations.length, control.poam.length], [2, 1]);
  t.assert.equal(
    codeOf(() => workbookControl(paper.assessment(), 'XYZ-01')),
    'ASSURANCE_CELL_UNKNOWN',
  );
  t.assert.equal(
    codeOf(() => workbookView(paper.assessment(), { kind: 'group', groupId: 'gone' })),
    'ASSURANCE_ASSET_UNKNOWN',
  );
});

test('exceptions by what they need, and what they are about as it is', (t: TestContext) => {
  const paper = estate();
  const request = {
    controls: ['VMS-09'],
    scope: tenant,
    reason: 'r',
    compensatingControls: ['VMS-05'],
    person: 'Ann',
  };
  const ask = (days: number): string =>
    paper.run(requestException({ ...request, expiresAtMs: START + days * DAY_MS })).exceptionId;
  const [long, short, waiting] = [ask(90), ask(10), ask(20)];
  for (const exceptionId of [long, short])
    paper.run(approveException({ exceptionId, person: 'Bob' }), 'account-bob');
  const phases = (at: number) =>
    contract.Exceptions.parse(exceptionsView(paper.assessment(at))).exceptions.map(
      ({ exceptionId, phase }) => [exceptionId, phase],
    );
  t.assert.deepEqual(phases(START), [
    [waiting, 'requested'],
    [short, 'running-out'],
    [long, 'running'],
  ]);
  t.assert.deepEqual(phases(START + 70 * DAY_MS), [
    [long, 'running-out'],
    [short, 'expired'],
    [waiting, 'lapsed'],
  ]);
  const [first] = exceptionsView(paper.assessment()).exceptions;
  t.assert.deepEqual([first?.cells.count, first?.cells.counts['not-satisfied']], [2, 1]);
  t.assert.equal(first?.compensating[0]?.status, 'satisfied');
});

test('the plan of action: overdue until it is done, beside the control as it is', (t: TestContext) => {
  const paper = estate();
  const item = {
    controlId: 'VMS-09',
    assetId: 'db-1',
    finding: 'f',
    milestones: [{ title: 'm', dueAtMs: soon }],
  };
  const { poamId } = paper.run(openPoamItem({ ...item, dueAtMs: soon }));
  const at = (t_: number) => contract.Poam.parse(poamView(paper.assessment(t_))).items[0];
  t.assert.deepEqual([at(START)?.overdue, at(START)?.controlStatus], [false, 'not-satisfied']);
  t.assert.deepEqual([at(soon)?.overdue, at(soon)?.milestones[0]?.overdue], [true, true]);
  paper.run(updatePoamItem({ poamId, status: 'done', note: 'mended', person: 'Ann' }));
  t.assert.equal(at(soon)?.overdue, false);
});

const standard = {
  standardId: 'hardened-linux',
  version: '1.0',
  title: 'Hardened Linux',
  useCase: 'servers',
  requirements: [],
  controls: ['VMS-09', 'VMS-05', 'GOV-04'].map((controlId) => ({
    controlId,
    parameters: { interval: '1 h' },
    approvedDigests: [],
  })),
  hld: [{ document: 'HLD-1', section: '' }],
  lld: [],
};

test('standards: what drifts from its own, what has none', (t: TestContext) => {
  const paper = estate();
  paper.run(publishStandard(standard));
  const { standardId, version } = standard;
  paper.run(assignStandard({ standardId, version, scopes: [db] }));
  const view = contract.Standards.parse(standardsView(paper.assessment()));
  t.assert.deepEqual(
    view.assets.map(({ assetId, state }) => [assetId, state]),
    [
      ['tenant', 'none'],
      ['web-1', 'none'],
      ['db-1', 'current'],
    ],
  );
  const drifted = view.assets.find(({ assetId }) => assetId === 'db-1');
  t.assert.deepEqual(drifted?.drift, [{ controlId: 'VMS-09', status: 'not-satisfied' }]);
  t.assert.equal(drifted?.controlCount, 2, 'GOV-04 is not about a machine');
  t.assert.deepEqual([view.withoutCount, view.driftingCount, view.standards[0]?.assetCount], [2, 1, 1]);
  const row = workbookView(paper.assessment()).rows.find(({ controlId }) => controlId === 'VMS-09');
  t.assert.deepEqual(
    row?.standards.map(({ parameters, assetCount }) => [parameters, assetCount]),
    [[{ interval: '1 h' }, 1]],
  );
});

test('the narrowest scope decides which standard; groups of one rank that disagree do not', (t: TestContext) => {
  const paper = estate();
  for (const [groupId, labels] of [
    ['prod', { env: 'prod' }],
    ['db', { role: 'db' }],
  ] as const)
    paper.record('group-defined', { groupId, name: groupId, priority: 1, labels });
  for (const version of ['1', '2', '3']) paper.run(publishStandard({ ...standard, version }));
  const assign = (version: string, scope: Parameters<typeof assignStandard>[0]['scopes'][number]): void =>
    void paper.run(assignStandard({ standardId: 'hardened-linux', version, scopes: [scope] }));
  const carried = (assetId: string) => {
    const row = standardsView(paper.assessment()).assets.find((each) => each.assetId === assetId);
    return [row?.state, row?.standard];
  };
  assign('1', tenant);
  t.assert.deepEqual(carried('db-1'), ['current', 'hardened-linux@1']);
  assign('2', { kind: 'group', groupId: 'prod' });
  t.assert.deepEqual(carried('web-1'), ['current', 'hardened-linux@2']);
  assign('3', { kind: 'group', groupId: 'db' });
  t.assert.equal(carried('db-1')[0], 'ambiguous');
  assign('3', db);
  t.assert.deepEqual(carried('db-1'), ['current', 'hardened-linux@3']);
  paper.run(retireStandard({ standardId: 'hardened-linux', version: '3', reason: '' }));
  t.assert.equal(carried('db-1')[0], 'retired');
});

test('GOV-03: evidence from the records, on every asset and on the tenant as a whole', (t: TestContext) => {
  const paper = estate();
  const results = () =>
    standardsEvidence(paper.standing, paper.now).map(({ assetId, finding }) => [
      assetId,
      finding.rule,
      finding.result,
    ]);
  t.assert.deepEqual(results(), [
    ['tenant', 'GOV-03.1', 'fail'],
    ['db-1', 'GOV-03.1', 'fail'],
    ['web-1', 'GOV-03.1', 'fail'],
  ]);
  paper.run(publishStandard(standard));
  paper.run(assignStandard({ standardId: 'hardened-linux', version: '1.0', scopes: [db] }));
  t.assert.deepEqual(results(), [
    ['tenant', 'GOV-03.1', 'fail'],
    ['tenant', 'GOV-03.2', 'fail'],
    ['db-1', 'GOV-03.1', 'pass'],
    ['db-1', 'GOV-03.2', 'fail'],
    ['web-1', 'GOV-03.1', 'fail'],
  ]);
  paper.run(publishStandard({ ...standard, version: '2', lld: standard.hld }));
  paper.run(assignStandard({ standardId: 'hardened-linux', version: '2', scopes: [db, { kind: 'tenant' }] }));
  t.assert.ok(results().every(([, , result]) => result === 'pass'));
  paper.run(retireStandard({ standardId: 'hardened-linux', version: '2', reason: '' }));
  t.assert.ok(results().every(([, , result]) => result === 'fail'));
});

test('GOV-03: a tenant without assets passes only with a standard of its own', (t: TestContext) => {
  const paper = new PaperTenant([]);
  const [finding] = standardsEvidence(paper.standing, paper.now);
  t.assert.deepEqual([finding?.assetId, finding?.finding.result], ['tenant', 'fail']);
});

test('GOV-04: an empty register fails, an overdue review fails, a kept one passes', (t: TestContext) => {
  const paper = estate();
  const result = (at: number): string =>
    riskEvidence(paper.standing, at)
      .map(({ finding }) => `${finding.rule} ${finding.result}`)
      .join(', ');
  t.assert.equal(result(START), 'GOV-04.1 fail, GOV-04.2 pass');
  paper.run(reviewRisk({ riskId: 'R-01', note: 'n', person: 'Ann', reviewAtMs: soon }));
  t.assert.equal(result(START), 'GOV-04.1 pass, GOV-04.2 pass');
  t.assert.equal(result(soon), 'GOV-04.1 fail, GOV-04.2 pass');
});

test('GOV-04: a running exception without approver, or approved by who asked, fails', (t: TestContext) => {
  const paper = estate();
  const ask = (exceptionId: string): void =>
    paper.record('exception-requested', {
      exceptionId,
      controls: ['VMS-09'],
      scope: tenant,
      reason: 'r',
      compensatingControls: [],
      requester: 'Ann',
      toMs: soon,
    });
  const last = () => riskEvidence(paper.standing, paper.now).at(-1)?.finding;
  ask('x1');
  t.assert.equal(last()?.result, 'pass', 'what only waits runs not');
  paper.record('exception-approved', { exceptionId: 'x1', approver: 'Bob' });
  t.assert.equal(last()?.result, 'pass');
  ask('x2');
  // As an act from elsewhere may say; the command refuses it.
  paper.record('exception-approved', { exceptionId: 'x2', approver: 'Ann' });
  t.assert.equal(last()?.result, 'fail');
  t.assert.match(last()?.because ?? '', /x2 was approved by who asked/);
});

test('the register: inherent to residual, what moved it, and what would', (t: TestContext) => {
  const paper = estate();
  paper.shows('VMS-09', 'db-1', 'pass');
  const risk = {
    title: 'Ransomware',
    scenario: 's',
    threat: '',
    likelihood: 4,
    impact: 5,
    controls: [
      { controlId: 'VMS-09', reduces: 'likelihood' as const, steps: 2 },
      { controlId: 'MGT-04', reduces: 'impact' as const, steps: 1 },
    ],
    treatment: 'mitigate' as const,
    owner: 'CISO',
    reviewAtMs: soon,
  };
  const { riskId } = paper.run(recordRisk(risk));
  paper.run(setAppetite({ score: 9, reason: 'r', person: 'Ann' }));
  const row = () =>
    contract.Risks.parse(risksView(paper.assessment())).risks.find((each) => each.riskId === riskId);
  t.assert.deepEqual(
    [row()?.inherent.score, row()?.inherent.sourceScore, row()?.residual.score, row()?.residual.sourceScore],
    [20, 4, 8, 1.6],
  );
  t.assert.equal(row()?.aboveAppetite, false);
  paper.shows('VMS-09', 'db-1', 'fail');
  t.assert.deepEqual(
    row()?.mitigations.map(({ controlId, takes, scoreIfHeld }) => [controlId, takes, scoreIfHeld]),
    [
      ['VMS-09', 0, 8],
      ['MGT-04', 1, null],
    ],
  );
  t.assert.deepEqual([row()?.residual.score, row()?.aboveAppetite], [16, true]);
  t.assert.match(row()?.tasks[0] ?? '', /above the appetite of 9/);
  const { heat } = risksView(paper.assessment());
  const field = (likelihood: number, impact: number) =>
    heat.find((each) => each.likelihood === likelihood && each.impact === impact);
  t.assert.ok(field(4, 5)?.inherent.includes(riskId));
  t.assert.ok(field(4, 4)?.residual.includes(riskId));
  const count = (which: 'inherent' | 'residual'): number =>
    heat.reduce((all, each) => all + each[which].length, 0);
  t.assert.deepEqual(
    [count('inherent'), count('residual')],
    [catalogue.risks.length + 1, catalogue.risks.length + 1],
  );
});

test('above the appetite since: the last time it crossed, by acts or by controls', (t: TestContext) => {
  const act = (name: string, payload: object, atMs: number): Act =>
    ({ name, payload, atMs, recordedAtMs: atMs, actor: 'a', recordId: `ledger:${atMs}` }) as unknown as Act;
  const risk = {
    riskId: 'X',
    likelihood: 4,
    impact: 4,
    controls: [{ controlId: 'VMS-09', reduces: 'likelihood', steps: 2 }],
  };
  const cell = (assetId: string, effective: (typeof CONTROL_STATUSES)[number] | null, fromMs: number) => ({
    assetId,
    controlId: 'VMS-09',
    effective,
    fromMs,
  });
  const recorded = act('risk-recorded', risk, 10);
  const since = (acts: readonly Act[], changes: readonly ReturnType<typeof cell>[]) =>
    aboveAppetiteSince(catalogue, acts, changes).get('X');
  t.assert.equal(since([recorded], [cell('a', 'not-assessed', 1)]), 10);
  t.assert.equal(since([recorded], [cell('a', 'satisfied', 1)]), undefined, '2 × 4 is the default appetite');
  const held = [cell('a', 'satisfied', 1), cell('b', 'satisfied', 2)];
  t.assert.equal(since([recorded], [...held, cell('b', 'stale-evidence', 20)]), 20, 'the worst counts');
  t.assert.equal(
    since([recorded], [...held, cell('b', 'stale-evidence', 20), cell('b', null, 30)]),
    undefined,
    'the asset is gone',
  );
  t.assert.equal(
    since(
      [recorded],
      [...held, cell('b', 'not-satisfied', 20), cell('b', 'satisfied', 30), cell('a', 'not-satisfied', 40)],
    ),
    40,
    'without a break',
  );
  t.assert.equal(since([recorded, act('appetite-set', { score: 5 }, 50)], held), 50);
  t.assert.equal(since([recorded, act('risk-closed', { riskId: 'X' }, 50)], []), undefined);
});

test('residual falls only by controls that effectively hold, by half of those in part, rounded down', () => {
  const mitigation: fc.Arbitrary<Mitigation> = fc.record({
    reduces: fc.constantFrom('likelihood', 'impact'),
    steps: fc.integer({ min: 1, max: 4 }),
    status: fc.constantFrom(...CONTROL_STATUSES),
  });
  const level = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(level, level, fc.array(mitigation, { maxLength: 8 }), (likelihood, impact, mitigations) => {
      const left = residual({ likelihood, impact }, mitigations);
      for (const [what, before] of [
        ['likelihood', likelihood],
        ['impact', impact],
      ] as const) {
        const of = mitigations.filter(({ reduces }) => reduces === what);
        let halves = 0;
        for (const { status, steps } of of)
          halves += status === 'satisfied' ? 2 * steps : status === 'partially-satisfied' ? steps : 0;
        const wanted = Math.max(1, before - (halves - (halves % 2)) / 2);
        if (left[what] !== wanted) return false;
      }
      const unheld = mitigations.filter(
        ({ status }) => !['satisfied', 'partially-satisfied'].includes(status),
      );
      const none = residual({ likelihood, impact }, unheld);
      return scoreOf(none) === likelihood * impact && scoreOf(left) <= scoreOf(none);
    }),
    { numRuns: 10_000 },
  );
});

/** A timeline’s acts and evidence, as an evaluation at `t`. */
function evaluationOf(
  timeline: Parameters<typeof stepsOf>[0],
  extra: (at: number) => readonly Act[] = () => [],
) {
  const steps = stepsOf(timeline);
  const end = steps.at(-1)?.atMs ?? 0;
  const acts: Act[] = [];
  const evidence = new Map<string, KeptEvidence>();
  for (const step of steps)
    if (step.kind === 'act') acts.push(step.act);
    else evidence.set(keyOf(step.evidence.assetId, step.evidence.rule), step.evidence);
  acts.push(...extra(end));
  acts.sort((a, b) => a.atMs - b.atMs);
  const at = (t: number): Evaluation =>
    new Evaluation({
      catalogue,
      standing: replay(
        acts.filter(({ atMs }) => atMs <= t),
        catalogue,
      ),
      evidence,
      sources: new Map(),
      t,
    });
  return { end, at };
}

test('over generated timelines, an exception for everything changes no status', (t: TestContext) => {
  let covered = 0;
  fc.assert(
    fc.property(anyTimeline(catalogue, { assets: 2, steps: 10 }), (timeline) => {
      const excepted = (at: number): readonly Act[] => {
        const dated = { atMs: at, recordedAtMs: at, actor: 'a' };
        const request = {
          exceptionId: 'all',
          controls: ['*'],
          scope: tenant,
          reason: 'r',
          compensatingControls: [],
          requester: 'Ann',
          toMs: at + 1_000,
        };
        return [
          { ...dated, name: 'exception-requested', payload: request, recordId: 'ledger:9001' },
          {
            ...dated,
            name: 'exception-approved',
            payload: { exceptionId: 'all', approver: 'Bob' },
            recordId: 'ledger:9002',
          },
        ];
      };
      const plain = evaluationOf(timeline);
      const [without_, with_] = [plain.at(plain.end), evaluationOf(timeline, excepted).at(plain.end)];
      for (const { control, asset } of without_.pairs()) {
        const [before, after] = [without_.cell(control, asset), with_.cell(control, asset)];
        if (before.own !== after.own || before.effective !== after.effective)
          throw new Error(`${control.id} on ${asset.assetId}: ${before.effective} became ${after.effective}`);
        if (with_.exception(control, asset) !== undefined) covered += 1;
      }
    }),
    { numRuns: 200 },
  );
  t.assert.ok(covered > 10_000, `${covered} cells were under it`);
});

test('over generated timelines, a not-applicable approval ends at its review', (t: TestContext) => {
  let ended = 0;
  fc.assert(
    fc.property(
      anyTimeline(catalogue, { assets: 1, steps: 6 }),
      fc.integer({ min: 1, max: 100_000 }),
      (timeline, days) => {
        const approval = (at: number): readonly Act[] => [
          {
            name: 'not-applicable-approved',
            payload: {
              approvalId: 'na',
              controlId: 'MGT-13',
              scope: tenant,
              reason: 'r',
              approver: 'Ann',
              reviewAtMs: at + days,
            },
            atMs: at,
            recordedAtMs: at,
            actor: 'a',
            recordId: 'ledger:9001',
          },
        ];
        const { end, at } = evaluationOf(timeline, approval);
        const control = catalogue.controls.get('MGT-13');
        if (control === undefined) throw new Error('no MGT-13');
        for (const [t_, running] of [
          [end + days - 1, true],
          [end + days, false],
        ] as const) {
          const evaluation = at(t_);
          for (const asset of evaluation.population.assets) {
            const found = evaluation.notApplicable(control, asset);
            if (running && found === undefined) throw new Error('it ended before its review');
            if (!running && found?.approvalId === 'na') throw new Error('it outlived its review');
            const { own } = evaluation.status(control, asset);
            if (!running && found === undefined && own === 'not-applicable')
              throw new Error('not applicable for no reason');
            ended += 1;
          }
        }
      },
    ),
    { numRuns: 500 },
  );
  t.assert.ok(ended > 1_000);
});
