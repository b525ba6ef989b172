import { type TestContext, test } from 'node:test';
import { DOCUMENTS, documentsOf } from './context.ts';
import { oscalBytes, oscalSet } from './export.ts';
import { schemaProblems } from './schema.ts';
import { emptyAssessment, richAssessment } from './testing.ts';
import { OSCAL_VERSIONS } from './words.ts';

for (const version of OSCAL_VERSIONS)
  for (const [name, assessment] of [
    ['a rich tenant', richAssessment()],
    ['an empty one', emptyAssessment()],
  ] as const)
    test(`OSCAL ${version} of ${name} is as the schema wants it`, (t: TestContext) => {
      const set = oscalSet(assessment, version);
      t.assert.deepEqual(
        set.map((file) => file.name),
        documentsOf(version),
      );
      for (const { name: document, document: made } of set)
        t.assert.deepEqual(schemaProblems(version, made), [], document);
    });

test('the schema refuses what is not OSCAL', (t: TestContext) => {
  t.assert.ok(schemaProblems('1.2.2', { catalog: { uuid: 'x' } }).length > 0);
  t.assert.ok(schemaProblems('1.1.2', { 'mapping-collection': {} }).length > 0);
});

test('the same assessment gives the same bytes, another instant gives others', (t: TestContext) => {
  const once = oscalSet(richAssessment(), '1.2.2').map((file) => oscalBytes(file));
  const again = oscalSet(richAssessment(), '1.2.2').map((file) => oscalBytes(file));
  t.assert.equal(once.length, DOCUMENTS.length);
  for (const [index, bytes] of once.entries()) t.assert.ok(bytes.equals(again[index] ?? Buffer.alloc(0)));
});
