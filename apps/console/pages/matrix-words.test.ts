import { type TestContext, test } from 'node:test';
import type { MatrixCell } from '@demarc/platform/contract/api';
import { flagWords, overlayText, ownershipWords, statusReasons } from './matrix-words.ts';

const cell: MatrixCell = {
  controlId: 'VMS-09',
  title: 'Files',
  area: 'virtual machines',
  layer: 'operating-system',
  worth: 3,
  assetId: 'a',
  assetName: 'db-1',
  ownStatus: 'satisfied',
  status: 'stale-evidence',
  since: null,
  accountable: 'provider+customer',
  duties: [],
  ownership: 'shared-dependent',
  rootCauses: ['MGT-13'],
  warnings: ['GOV-01 is not-assessed'],
  exception: null,
  notApplicableBecause: null,
};

test('flags, overlays and reasons are sentences', (t: TestContext) => {
  t.assert.deepEqual(flagWords(['pending:provider', 'observed:ams']), [
    '→ Provider, waits',
    'AMS team at work',
  ]);
  t.assert.equal(overlayText(cell), undefined);
  const exception = { exceptionId: 'x', reason: 'old', approver: 'Bob', until: '2027-01-01T00:00:00.000Z' };
  t.assert.match(overlayText({ ...cell, exception }) ?? '', /^Accepted until 2027.* by Bob: old$/);
  t.assert.deepEqual(statusReasons(cell), [
    'Its own evidence is fresh and passes.',
    'It is held down by what it leans on: MGT-13.',
    'A warning, without effect on the status: GOV-01 is not-assessed.',
  ]);
  t.assert.equal(
    ownershipWords(cell),
    'Shared: one party’s part needs the other’s. Provider + Customer is accountable.',
  );
});
