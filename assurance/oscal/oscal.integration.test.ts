/** The documents before a second validator, and mistakes before the checker. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { REFERENTIAL_RULES, referentialProblems } from './check.ts';
import { DOCUMENTS } from './context.ts';
import { oscalBytes, oscalSet } from './export.ts';
import { MUTATIONS, mutable, without } from './mutants.ts';
import { schemaProblems } from './schema.ts';
import { emptyAssessment, richAssessment } from './testing.ts';
import { OSCAL_VERSIONS, type OscalVersion } from './words.ts';

const RULES_MIN = 20;
const MUTANTS_MIN = 40;
const REJECTED_MIN = 0.95;
/** Debian's, with Debian's packages: not whichever Python comes first. */
const PYTHON = '/usr/bin/python3';

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demarc-oscal-'));
});

after(() => rm(directory, { recursive: true, force: true }));

async function secondOpinion(
  version: OscalVersion,
  files: readonly string[],
): Promise<readonly { readonly file: string; readonly errors: readonly string[] }[]> {
  const schema = here(`schemas/oscal-complete-${version}.json.gz`);
  const { stdout } = await run(PYTHON, [here('second-validator.py'), schema, ...files], {
    maxBuffer: 16_777_216,
  });
  return stdout
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row) as { file: string; errors: string[] });
}

for (const version of OSCAL_VERSIONS)
  test(`a second validator agrees: OSCAL ${version}`, async (t: TestContext) => {
    const files: string[] = [];
    for (const [name, assessment] of [
      ['rich', richAssessment()],
      ['empty', emptyAssessment()],
    ] as const)
      for (const made of oscalSet(assessment, version)) {
        const file = join(directory, `${version}-${name}-${made.file}`);
        await writeFile(file, oscalBytes(made));
        files.push(file);
      }
    const answers = await secondOpinion(version, files);
    t.assert.equal(answers.length, files.length);
    for (const { file, errors } of answers) t.assert.deepEqual(errors, [], file);
  });

test('and it refuses what is not OSCAL', async (t: TestContext) => {
  const [catalog] = mutable(oscalSet(emptyAssessment(), '1.2.2'));
  const file = join(directory, 'wrong.json');
  const root = catalog?.document['catalog'] as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ catalog: { ...root, uuid: 'none' } }));
  const [answer] = await secondOpinion('1.2.2', [file]);
  t.assert.ok((answer?.errors.length ?? 0) > 0);
});

test('mistakes that the schema accepts are found', (t: TestContext) => {
  const set = oscalSet(richAssessment(), '1.2.2');
  const escaped: string[] = [];
  let schemaAccepts = 0;
  let count = 0;
  for (const [name, mutate] of Object.entries(MUTATIONS)) {
    const mutant = mutable(set);
    t.assert.ok(mutate(mutant), `“${name}” found nothing to change`);
    const changed = mutant.filter(({ document }, at) => !isDeepStrictEqual(document, set[at]?.document));
    t.assert.ok(changed.length > 0, `“${name}” changed nothing`);
    count += 1;
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
  t.assert.ok(REFERENTIAL_RULES.length >= RULES_MIN && count >= MUTANTS_MIN);
  t.assert.ok(rejected >= REJECTED_MIN, `escaped: ${escaped.join('; ')}`);
});
