import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { anyTimeline, stepsOf } from '../live/testing.ts';
import { REFERENTIAL_RULES, referentialProblems } from './check.ts';
import { DOCUMENTS } from './context.ts';
import { oscalSet } from './export.ts';
import { MUTATIONS, mutable, without } from './mutants.ts';
import { schemaProblems } from './schema.ts';
import { assessmentOf, emptyAssessment, richAssessment } from './testing.ts';
import { OSCAL_VERSIONS } from './words.ts';

const RULES_MIN = 20;
const MUTANTS_MIN = 40;
const REJECTED_MIN = 0.95;

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
    { numRuns: 8 },
  );
});

test('mistakes that the schema accepts are found', (t: TestContext) => {
  const set = oscalSet(richAssessment(), '1.2.2');
  const escaped: string[] = [];
  let schemaAccepts = 0;
  let count = 0;
  for (const [name, mutate] of Object.entries(MUTATIONS)) {
    const mutant = mutable(set);
    t.assert.ok(mutate(mutant), `“${name}” found nothing to change`);
    count += 1;
    const changed = mutant.filter(({ document }, at) => !isDeepStrictEqual(document, set[at]?.document));
    t.assert.ok(changed.length > 0, `“${name}” changed nothing`);
    if (changed.every(({ document }) => schemaProblems('1.2.2', document).length === 0)) schemaAccepts += 1;
    if (referentialProblems(mutant).length === 0) escaped.push(name);
  }
  for (const name of DOCUMENTS) {
    count += 1;
    schemaAccepts += 1;
    if (referentialProblems(without(mutable(set), name)).length === 0) escaped.push(`without ${name}`);
  }
  const rejected = (count - escaped.length) / count;
  t.diagnostic(
    `${REFERENTIAL_RULES.length} rules reject ${count - escaped.length} of ${count} mutants (${(rejected * 100).toFixed(1)} %); the schema accepts ${schemaAccepts} of them`,
  );
  t.assert.ok(count >= MUTANTS_MIN);
  t.assert.ok(rejected >= REJECTED_MIN, `escaped: ${escaped.join('; ')}`);
});

test('a document alone is not blamed for what is not beside it', (t: TestContext) => {
  for (const file of oscalSet(richAssessment(), '1.2.2'))
    t.assert.deepEqual(referentialProblems([file], { alone: true }), [], file.file);
});
