/** Every built-in rule is what it says it is, fires on its matching samples and passes the others. */
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SigmaEvent } from '@demarc/platform/sigma';
import { CorrelationEngine, linkCorrelations } from '@demarc/platform/sigma/correlation';
import { eventView } from '../detect/view.ts';
import { normalise } from '../normalise/normalise.ts';
import { compileHere } from '../rules/compile.ts';
import { readRuleFiles, SIEM_DETECTIONS } from '../rules/files.ts';
import { RECEIVED_MS, readSamples, recordsOf, type Sample } from './samples.ts';

const folder = fileURLToPath(SIEM_DETECTIONS);
const files = readRuleFiles(SIEM_DETECTIONS);
const view = eventView();
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

for (const { file } of files) {
  const samples = readSamples(`${folder}${file.replace(/\.yml$/, '.samples.jsonl')}`);
  test(`${file}: fires on what it is for, and on nothing that is nearly so`, (t: TestContext) => {
    t.assert.ok(
      samples.some(({ match }) => match),
      'a sample that matches',
    );
    t.assert.ok(
      samples.some(({ match }) => !match),
      'a sample that passes',
    );
    for (const sample of samples) t.assert.equal(fires(file, sample), sample.match, sample.says);
  });
}

/** Whether the file's correlation fires on the records together, or its detection where there is none. */
function fires(file: string, sample: Sample): boolean {
  const fired = new Set<string>();
  const correlator = new CorrelationEngine(linked.correlations);
  let at = 0;
  for (const record of recordsOf(sample)) {
    at += 1;
    const eventUid = `${file}-${at}`;
    const event = isOcsf(record)
      ? record
      : normalise(record, { uid: eventUid, receivedAtMs: RECEIVED_MS, peer: undefined }).event;
    const seen: SigmaEvent = view.ofOcsf(event);
    for (const index of pack.engine.match(seen).rules) {
      const ruleId = pack.detections[index]?.id ?? '';
      fired.add(ruleId);
      const timeMs = Number(event['time']);
      for (const found of correlator.add({ ruleId, eventUid, timeMs, fields: seen.fields }))
        fired.add(found.ruleId);
    }
  }
  for (const found of correlator.advance(Number.MAX_SAFE_INTEGER)) fired.add(found.ruleId);
  const own = pack.correlations.filter((rule) => rule.file === file);
  return (own.length > 0 ? own : pack.detections.filter((rule) => rule.file === file)).some(({ id }) =>
    fired.has(id),
  );
}

/** The platform's own sensors send it so. */
function isOcsf(record: unknown): record is Readonly<Record<string, unknown>> {
  return typeof record === 'object' && record !== null && 'class_uid' in record;
}
