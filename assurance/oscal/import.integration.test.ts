import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import type { CommandContext } from '../commands/command.ts';
import { Evaluation } from '../evaluation/evaluation.ts';
import { anyTimeline, stepsOf } from '../live/testing.ts';
import { ACT_NAMES, type Act } from '../model/acts.ts';
import { replay, type Standing } from '../model/standing.ts';
import { oscalBytes, oscalSet } from './export.ts';
import { FACT_KINDS, factsOf } from './facts.ts';
import { importOscal, type OscalImport } from './import.ts';
import { AS_OF, assessmentOf, richActs, richAssessment, richEvidence } from './testing.ts';
import { OSCAL_VERSIONS } from './words.ts';

const catalogue = loadCatalogue();

function contextAt(standing: Standing, nowMs: number): CommandContext {
  const evaluation = new Evaluation({
    catalogue,
    standing,
    evidence: new Map(),
    sources: new Map(),
    t: nowMs,
  });
  return { catalogue, standing, evaluation, nowMs, actor: 'ann', offered: new Set(), newId: () => 'id' };
}

/** As they come off a disk. */
const carried = (assessment: ReturnType<typeof richAssessment>, version: (typeof OSCAL_VERSIONS)[number]) =>
  oscalSet(assessment, version).map((made) => ({
    file: made.file,
    document: JSON.parse(oscalBytes(made).toString('utf8')) as unknown,
  }));

/** Of what is here already. */
const nothingNew = (result: OscalImport) => {
  const { sameCount: _, ...rest } = result;
  return rest;
};
const NOTHING = { added: [], differs: [], left: [], controlsDiffer: [] };

test('our own export, brought back, is missing nothing', (t: TestContext) => {
  const assessment = richAssessment();
  const kinds = new Set(factsOf(assessment.standing, AS_OF).map(({ kind }) => kind));
  t.assert.deepEqual([...kinds].toSorted(), [...FACT_KINDS].toSorted(), 'the tenant has some of every kind');
  for (const version of OSCAL_VERSIONS) {
    const { acts, result } = importOscal(carried(assessment, version))(contextAt(assessment.standing, AS_OF));
    t.assert.deepEqual(acts, []);
    t.assert.deepEqual(nothingNew(result), NOTHING);
    t.assert.equal(result.sameCount, factsOf(assessment.standing, AS_OF).length);
  }
});

test('of any timeline, at any instant', (t: TestContext) => {
  fc.assert(
    fc.property(anyTimeline(catalogue, { assets: 2, steps: 25 }), (timeline) => {
      const acts = stepsOf(timeline).flatMap((step) => (step.kind === 'act' ? [step.act] : []));
      const assessment = assessmentOf(acts, [], { t: 400_000 });
      const imported = importOscal(carried(assessment, '1.2.2'))(contextAt(assessment.standing, 400_000));
      t.assert.deepEqual(imported.acts, []);
      t.assert.deepEqual(nothingNew(imported.result), NOTHING);
    }),
    { numRuns: 10 },
  );
});

test('what is missing comes back as it was, and nothing is accepted by a document', (t: TestContext) => {
  const set = carried(richAssessment(), '1.2.2');
  const gone = [
    'claim-proposed',
    'risk-recorded',
    'poam-item-opened',
    'exception-requested',
    'party-registered',
  ];
  const left = richActs().filter(({ name }) => !gone.includes(name));
  const { acts, result } = importOscal(set)(contextAt(replay(left, catalogue), AS_OF));
  t.assert.ok(acts.every(({ name }) => ACT_NAMES.includes(name)));
  t.assert.ok(!acts.some(({ name }) => name === 'claim-accepted' || name === 'exception-approved'));
  const back = [
    ...left,
    ...acts.map((each, index) => ({ ...each, recordId: `ledger:${900 + index}` }) as Act),
  ];
  const again = importOscal(set)(contextAt(replay(back, catalogue), AS_OF));
  t.assert.deepEqual(again.acts, []);
  t.assert.deepEqual(again.result.added, []);
  // The standing of a claim and the approval of an exception are not a document's to give.
  t.assert.ok(
    again.result.differs.every((fact) => /^(?:claim|exception) /.test(fact)),
    again.result.differs.join(),
  );
  t.assert.deepEqual(result.differs, []);
});

test('into an empty ledger purchases and approvals are left, and said', (t: TestContext) => {
  const { result } = importOscal(carried(richAssessment(), '1.2.2'))(contextAt(replay([], catalogue), AS_OF));
  t.assert.deepEqual(
    result.left.map(({ fact }) => fact.split(' ')[0] ?? '').toSorted((a, b) => a.localeCompare(b)),
    ['claim', 'entitlement', 'entitlement', 'not-applicable'],
  );
  t.assert.ok(result.added.includes('risk K-1'));
});

test('what is no OSCAL is said, by its name', (t: TestContext) => {
  const read = importOscal([{ file: 'letter.json', document: { dear: 'all' } }]);
  t.assert.throws(() => read(contextAt(replay([], catalogue), AS_OF)), {
    code: 'OSCAL_FILE_UNREADABLE',
    message: /letter\.json/,
  });
});

test('a dry run says the same and does nothing', (t: TestContext) => {
  const empty = contextAt(replay([], catalogue), AS_OF);
  const files = carried(richAssessment(), '1.2.2');
  const dry = importOscal(files, { dryRun: true })(empty);
  t.assert.deepEqual(dry.acts, []);
  t.assert.deepEqual(dry.result, importOscal(files)(empty).result);
});

test('what says something else is said to, and changes nothing', (t: TestContext) => {
  const changed = assessmentOf(
    richActs().map((each) =>
      each.name === 'risk-recorded' && each.payload.riskId === 'K-2'
        ? ({ ...each, payload: { ...each.payload, impact: 5 } } as Act)
        : each,
    ),
    richEvidence(),
  );
  const { acts, result } = importOscal(carried(richAssessment(), '1.2.2'))(
    contextAt(changed.standing, AS_OF),
  );
  t.assert.deepEqual(acts, []);
  t.assert.deepEqual(result.differs, ['risk K-2']);
});
