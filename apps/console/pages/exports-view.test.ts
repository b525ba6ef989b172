import { type TestContext, test } from 'node:test';
import { EXPORT_FILES } from '@demarc/platform/contract/assurance/exports';
import { OSCAL_ARCHIVE, OSCAL_VERSIONS } from '@demarc/platform/contract/assurance/oscal';
import { EXPORTS, nameOf, sha256Of, sizeOf } from './exports-view.ts';

test('every file that the server makes is on the page, once', (t: TestContext) => {
  const shown = EXPORTS.flatMap(({ files }) => files.map(([file]) => file));
  const oscal = OSCAL_VERSIONS.map((version) => `oscal/${version}/${OSCAL_ARCHIVE}`);
  t.assert.deepEqual([...shown].sort(), [...EXPORT_FILES, ...oscal].sort());
});

test('the digest of what came is read off its header', (t: TestContext) => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  t.assert.equal(sha256Of('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'), empty);
  t.assert.equal(sha256Of('sha-256=:short:'), undefined);
  t.assert.equal(sha256Of(null), undefined);
});

test('a name that could lead elsewhere is not taken', (t: TestContext) => {
  t.assert.equal(
    nameOf('attachment; filename="demarc-local-crm-20261120T120000Z.pdf"', 'crm.pdf'),
    'demarc-local-crm-20261120T120000Z.pdf',
  );
  t.assert.equal(nameOf('attachment; filename="../x"', 'crm.pdf'), 'demarc-crm.pdf');
  t.assert.equal(nameOf(null, 'bundle.zip'), 'demarc-bundle.zip');
  t.assert.deepEqual([sizeOf(12), sizeOf(12_345), sizeOf(3_404_571)], ['12 B', '12.3 kB', '3.4 MB']);
});
