import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildPrograms } from './builds.ts';
import { checkout, currentBundles, LATEST, PROGRAMS, PROGRAMS_DIRECTORY, program } from './programs.ts';

test('programs start from bundles, and from their sources once one of those changed', async () => {
  // Two at once, as two platforms of one checkout do.
  rmSync(join(PROGRAMS_DIRECTORY, LATEST), { force: true });
  assert.deepEqual(await Promise.all([buildPrograms(), buildPrograms()]), [undefined, undefined]);
  for (const path of PROGRAMS) {
    const file = program(path);
    assert.ok(file.startsWith(PROGRAMS_DIRECTORY), path);
    assert.ok(existsSync(file), file);
  }
  assert.equal(program('apps/cli/main.ts'), checkout('apps/cli/main.ts'), 'commands are sources');
  assert.deepEqual(
    readdirSync(PROGRAMS_DIRECTORY).filter((name) => name.startsWith('new-')),
    [],
    'nothing half made is left',
  );
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

test('what was compiled of bundles that nobody runs any more is forgotten', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-compiled-'));
  const before = process.env['NODE_COMPILE_CACHE'];
  process.env['NODE_COMPILE_CACHE'] = directory;
  try {
    const [old, used] = [join(directory, 'v24', 'old'), join(directory, 'v24', 'used')];
    mkdirSync(join(directory, 'v24'));
    for (const file of [old, used]) writeFileSync(file, '');
    const longAgo = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(old, longAgo, longAgo);
    utimesSync(used, new Date(), longAgo);
    rmSync(join(PROGRAMS_DIRECTORY, LATEST), { force: true });
    assert.equal(await buildPrograms(), undefined);
    assert.deepEqual([existsSync(old), existsSync(used)], [false, true]);
  } finally {
    if (before === undefined) delete process.env['NODE_COMPILE_CACHE'];
    else process.env['NODE_COMPILE_CACHE'] = before;
    rmSync(directory, { recursive: true, force: true });
  }
});
