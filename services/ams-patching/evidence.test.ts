import { type TestContext, test } from 'node:test';
import { type RepositoryFacts, repositoryEvidence } from './evidence.ts';

const REACHED: RepositoryFacts = {
  manager: 'apt',
  notAskedBecause: null,
  isReached: true,
  because: 'reached, its lists are new',
  listCount: 2,
  newestListAtMs: 1,
  tookMs: 5,
};

test('repositories that answer pass, with their figures', (t: TestContext) => {
  const { rule, result, raw } = repositoryEvidence(REACHED);
  t.assert.deepEqual([rule, result, raw['listCount']], ['MGT-08.1', 'pass', 2]);
});

test('those that do not answer fail, and so does a machine without any', (t: TestContext) => {
  t.assert.equal(repositoryEvidence({ ...REACHED, isReached: false, because: 'Err:1' }).result, 'fail');
  t.assert.equal(repositoryEvidence({ ...REACHED, listCount: 0 }).result, 'fail');
  t.assert.equal(repositoryEvidence({ ...REACHED, listCount: null }).result, 'pass');
});

test('what could not be asked is an error, neither good nor bad', (t: TestContext) => {
  const { result, because } = repositoryEvidence({ ...REACHED, notAskedBecause: 'it is busy' });
  t.assert.equal(result, 'error');
  t.assert.match(because, /could not be asked: it is busy/);
});
