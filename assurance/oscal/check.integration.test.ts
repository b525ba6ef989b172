import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { anyTimeline, stepsOf } from '../live/testing.ts';
import { REFERENTIAL_RULES, referentialProblems } from './check.ts';
import { oscalSet } from './export.ts';
import { schemaProblems } from './schema.ts';
import { assessmentOf, emptyAssessment, richAssessment } from './testing.ts';
import { OSCAL_VERSIONS } from './words.ts';

const RULES_MIN = 20;

test('our own exports pass every rule', (t: TestContext) => {
  t.assert.ok(REFERENTIAL_RULES.length >= RULES_MIN, `${REFERENTIAL_RULES.length} rules`);
  t.assert.equal(new Set(REFERENTIAL_RULES.map(({ id }) => id)).size, REFERENTIAL_RULES.length);
  for (const version of OSCAL_VERSIONS)
    for (const assessment of [richAssessment(), emptyAssessment()])
      t.assert.deepEqual(referentialProblems(oscalSet(assessment, version)), []);
});

test('and so does what any timeline leads to, at any instant', (t: TestContext) => {
  const catalogue = loadCatalogue();
  fc.assert(
    fc.property(anyTimeline(catalogue, { assets: 2, steps: 25 }), fc.boolean(), (timeline, old) => {
      const steps = stepsOf(timeline);
      const assessment = assessmentOf(
        steps.flatMap((step) => (step.kind === 'act' ? [step.act] : [])),
        steps.flatMap((step) =>
          step.kind === 'evidence' && step.evidence.result !== 'error' ? [step.evidence] : [],
        ),
        { t: 400_000 },
      );
      const version = old ? '1.1.2' : '1.2.2';
      const set = oscalSet(assessment, version);
      t.assert.deepEqual(referentialProblems(set), []);
      for (const { document } of set) t.assert.deepEqual(schemaProblems(version, document), []);
    }),
    { numRuns: 4 },
  );
});

test('a document alone is not blamed for what is not beside it', (t: TestContext) => {
  for (const file of oscalSet(richAssessment(), '1.2.2'))
    t.assert.deepEqual(referentialProblems([file], { alone: true }), [], file.file);
});
