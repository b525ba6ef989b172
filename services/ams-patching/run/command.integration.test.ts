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

test('what is not there, and what has no time left, is said', async (t: TestContext) => {
  t.assert.match((await execute({ argv: ['/no/such/program'] }, 1_000)).because ?? '', /ENOENT/);
  t.assert.match((await execute({ argv: ['/bin/true'] }, 0)).because ?? '', /no time was left/);
  t.assert.equal(
    complaintOf({ code: 100, stdout: '', stderr: 'W: x\nE: that is why\nnoise\n' }),
    'exit status 100: E: that is why',
  );
});
