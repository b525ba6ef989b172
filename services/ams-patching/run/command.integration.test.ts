import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { complaintOf, execute } from './command.ts';

test('a program has our environment and no other, and no shell', async (t: TestContext) => {
  process.env['DEMARC_SECRET_OF_A_TEST'] = 'x';
  const { stdout } = await execute({ argv: ['/usr/bin/env'] }, 5_000);
  t.assert.match(stdout, /^LC_ALL=C$/m);
  t.assert.doesNotMatch(stdout, /DEMARC_SECRET/);
  const { stdout: said } = await execute({ argv: ['/bin/echo', '$HOME; ls'] }, 5_000);
  t.assert.equal(said, '$HOME; ls\n');
});

test('time and output are bounded', async (t: TestContext) => {
  const slow = await execute({ argv: ['/bin/sleep', '30'] }, 100);
  t.assert.equal(slow.code, null);
  t.assert.match(slow.because ?? '', /ended after/);
  const much = await execute({ argv: ['/usr/bin/head', '-c', '25000000', '/dev/zero'] }, 10_000);
  t.assert.ok(much.isCut === true && much.stdout.length < 17_000_000);
  t.assert.match(much.stdout, /\[\d+ bytes left out\]/);
});

test('a limit that no timer has room for is none that ends at once', async (t: TestContext) => {
  const ran = await execute({ argv: ['/bin/sleep', '0.3'] }, 2 ** 31 + 10);
  t.assert.deepEqual([ran.code, ran.because], [0, undefined]);
});

test('who leads goes at once, and whoever will not go is ended before it is said that all have', async (t: TestContext) => {
  const stubborn = "trap '' TERM; echo $$; while :; do sleep 0.2; done";
  const began = performance.now();
  const { stdout, because } = await execute({ argv: ['/bin/sh', '-c', 'sh -c "$0" & wait', stubborn] }, 500);
  t.assert.match(because ?? '', /it was ended after/);
  t.assert.ok(performance.now() - began > 9_000, 'it had its time to go by itself');
  const pid = Number(stdout.trim());
  t.assert.ok(pid > 1, stdout);
  t.assert.equal(isAtWork(pid), false);
});

/** One that nobody has collected yet works no more. */
function isAtWork(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('what is not there, and what has no time left, is said', async (t: TestContext) => {
  t.assert.match((await execute({ argv: ['/no/such/program'] }, 1_000)).because ?? '', /ENOENT/);
  t.assert.match((await execute({ argv: ['/bin/true'] }, 0)).because ?? '', /no time was left/);
  t.assert.equal(
    complaintOf({ code: 100, stdout: '', stderr: 'W: x\nE: that is why\nnoise\n' }),
    'exit status 100: E: that is why',
  );
});
