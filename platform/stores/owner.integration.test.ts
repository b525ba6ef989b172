import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { privateDirectory, systemUser } from './owner.ts';

const isRoot = process.getuid?.() === 0;
const AS_ROOT = { skip: isRoot ? false : 'SKIPPED: only root gives directories away' };

test('a directory becomes its owner’s; a link in its place is not followed', AS_ROOT, (t: TestContext) => {
  const scratch = mkdtempSync(join(tmpdir(), 'demarc-owner-'));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const nobody = systemUser('nobody');
  const own = join(scratch, 'room');
  privateDirectory(own, nobody);
  t.assert.deepEqual([statSync(own).uid, statSync(own).mode & 0o777], [nobody.uid, 0o700]);

  const roots = join(scratch, 'of-root');
  mkdirSync(roots);
  symlinkSync(roots, join(own, 'state'));
  t.assert.throws(() => privateDirectory(join(own, 'state'), nobody), { code: 'STORES_DIRECTORY_IS_LINK' });
  t.assert.equal(statSync(roots).uid, 0);
});
