/** Jobs from the command line, on a system in a directory, with the inventory having a say in what is done. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PatchManifest } from '@demarc/ams-patching/manifest';
import type { PatchResult } from '@demarc/ams-patching/run';
import { jobFor, NO_APT, outcomes, plain, treeOf } from '@demarc/ams-patching/testing';
import { AnnouncedChanges, CHANGES_DIRECTORY } from '@demarc/platform/changes';

const CLI = fileURLToPath(new URL('../main.ts', import.meta.url));
const run = promisify(execFile);

async function demarc(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', CLI, 'patch', ...args],
      { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp' }, timeout: 120_000 },
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('manifest, dry run, apply and rollback', { skip: NO_APT }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2', '3'));
  const job = join(tree.directory, 'job.json');
  writeFileSync(job, JSON.stringify(jobFor([{ name: 'one', from: '1', to: '2' }])));
  const on = ['--job', job, '--root', tree.root];

  const manifest = await demarc('manifest', ...on, '--json');
  const { entries } = JSON.parse(manifest.stdout) as PatchManifest;
  t.assert.deepEqual(
    entries.map(({ path, change }) => `${change} ${path}`),
    ['changed /usr/share/one/text'],
    manifest.stderr,
  );
  const dry = await demarc('apply', ...on, '--dry-run');
  t.assert.equal(dry.code, 0, dry.stdout + dry.stderr);
  t.assert.match(dry.stdout, /job-1: dry-run, ready/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
  const applied = await demarc('apply', ...on, '--json');
  t.assert.equal(applied.code, 0, applied.stdout + applied.stderr);
  const result = JSON.parse(applied.stdout) as PatchResult;
  t.assert.deepEqual(outcomes(result), ['one done 2']);
  // Told where the integrity monitoring of that system looks, and that it is over.
  const [told] = new AnnouncedChanges(
    (name, because) => t.assert.fail(`${name}: ${because}`),
    join(tree.root, CHANGES_DIRECTORY),
  ).manifests();
  t.assert.deepEqual(told?.files, [
    { path: '/usr/share/one/text', type: 'file', sha256: entries[0]?.sha256, isRemoved: false },
  ]);
  const untilMs = told?.untilMs ?? 0;
  t.assert.ok(untilMs >= result.startedAtMs && untilMs <= result.endedAtMs);
  const back = await demarc('rollback', ...on);
  t.assert.equal(back.code, 0, back.stdout + back.stderr);
  t.assert.match(back.stdout, /one:all +1 +2 +rolled-back +1/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
});

test('what failed or was refused has exit status 1, and what is no job says why', {
  skip: NO_APT,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = join(tree.directory, 'job.json');
  const packages = [{ name: 'one', from: '1', to: '9' }];
  writeFileSync(job, JSON.stringify(jobFor(packages)));
  const refused = await demarc('apply', '--job', job, '--root', tree.root);
  t.assert.equal(refused.code, 1);
  t.assert.match(
    refused.stdout,
    /simulation +FAILED +exit status 100: E: Version '9' for 'one' was not found/,
  );
  writeFileSync(job, '{"id": "x"}');
  const none = await demarc('apply', '--job', job, '--root', tree.root);
  t.assert.equal(none.code, 2);
  t.assert.match(none.stderr, /This is no patch job: manager/);
});
