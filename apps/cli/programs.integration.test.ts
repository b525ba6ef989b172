import assert from 'node:assert/strict';
import { existsSync, statSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { buildPrograms } from './builds.ts';
import { checkout, currentBundles, PROGRAMS, PROGRAMS_DIRECTORY, program } from './programs.ts';

test('programs start from bundles, and from their sources once one of those changed', async () => {
  await buildPrograms();
  for (const path of PROGRAMS) {
    const file = program(path);
    assert.ok(file.startsWith(PROGRAMS_DIRECTORY), path);
    assert.ok(existsSync(file), file);
  }
  assert.equal(program('apps/cli/main.ts'), checkout('apps/cli/main.ts'), 'commands are sources');
  const before = currentBundles()?.directory;
  await buildPrograms();
  assert.equal(currentBundles()?.directory, before, 'nothing changed, nothing is built');

  const source = checkout('apps/server/status.ts');
  const { atime, mtime } = statSync(source);
  try {
    utimesSync(source, atime, new Date(mtime.getTime() + 1_000));
    assert.equal(program('apps/server/main.ts'), checkout('apps/server/main.ts'));
  } finally {
    utimesSync(source, atime, mtime);
  }
});
