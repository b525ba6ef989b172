/** Every built-in rule is what it says it is, fires on its matching samples and passes the others. */
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { linkCorrelations } from '@demarc/platform/sigma/correlation';
import { compileHere } from '../rules/compile.ts';
import { readRuleFiles, SIEM_DETECTIONS } from '../rules/files.ts';
import { sampleRunner } from '../rules/samples.ts';

const folder = fileURLToPath(SIEM_DETECTIONS);
const files = readRuleFiles(SIEM_DETECTIONS);
const pack = await compileHere(files, undefined);
const linked = linkCorrelations(pack.correlations, pack.detections);
const rules = [...pack.detections, ...pack.correlations];

const FILES_MIN = 80;
const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
/** Of ATT&CK 19, as Sigma writes tags. */
const TACTIC =
  /^attack\.(?:reconnaissance|resource-development|initial-access|execution|persistence|privilege-escalation|stealth|defense-impairment|credential-access|discovery|lateral-movement|collection|command-and-control|exfiltration|impact)$/;
const TECHNIQUE = /^attack\.t\d{4}(?:\.\d{3})?$/;
const OTHER_TAG = /^cve\.\d{4}-\d{4,}$/;

test('every rule is in force', (t: TestContext) => {
  t.assert.deepEqual(pack.refused, []);
  t.assert.deepEqual(linked.refused, []);
  t.assert.ok(files.length >= FILES_MIN, `${files.length} files`);
});

for (const rule of rules) {
  const { title, id, description = '', falsepositives, tags, status, text } = rule;
  test(`${rule.file}: ${title}: says what it is`, (t: TestContext) => {
    t.assert.match(id, UUID_V4);
    t.assert.ok(title.length <= 100 && description.length >= 40, 'title and description');
    t.assert.ok(falsepositives.length > 0, 'when it is wrong');
    t.assert.equal(status, 'stable');
    t.assert.match(text, /^author: Demarc$/m);
    t.assert.match(text, /^date: \d{4}-\d\d-\d\d$/m);
    for (const tag of tags) t.assert.ok(TACTIC.test(tag) || TECHNIQUE.test(tag) || OTHER_TAG.test(tag), tag);
    t.assert.ok(tags.some((tag) => TACTIC.test(tag)) && tags.some((tag) => TECHNIQUE.test(tag)));
  });
}

const run = sampleRunner(pack);
for (const { file } of files) {
  test(`${file}: fires on what it is for, and on nothing that is nearly so`, (t: TestContext) => {
    const results = run(file, `${folder}${file.replace(/\.yml$/, '.samples.jsonl')}`);
    t.assert.ok(
      results.some(({ expected }) => expected),
      'a sample that matches',
    );
    t.assert.ok(
      results.some(({ expected }) => !expected),
      'a sample that passes',
    );
    for (const { line, outcome, because } of results)
      t.assert.equal(outcome, 'passed', `${line}: ${because}`);
  });
}
