/** Bounds of time and size, for real: of who works too long, will not go, stays on, or says too much. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyJob, parsePatchJob } from './run.ts';
import { jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';

const skip = NO_APT;

test('what is still at work when the window closes is ended, and settled', {
  skip,
}, async (t: TestContext) => {
  const slow = '#!/bin/sh\n[ -e /tmp/reached ] && exit 0\n: > /tmp/reached\nsleep 60\n';
  using tree = treeOf(
    [...plain('slow', '1'), { name: 'slow', version: '2', scripts: { postinst: slow } }],
    plain('later', '1', '2'),
  );
  const now = Date.now();
  const packages = ['slow', 'later'].map((name) => ({ name, from: '1', to: '2' }));
  const window = { opensAtMs: now - 60_000, closesAtMs: now + 15_000 };
  const job = parsePatchJob(jobFor(packages, { window, secondsPerSet: 1 }));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.ok(Date.now() < now + 50_000);
  t.assert.deepEqual(outcomes(result), ['slow done 2', 'later not-tried 1'], JSON.stringify(result));
  t.assert.match(result.settled.join(), /it was ended after \d+ s; dpkg .*all that was pending is done/);
});

test('a script that will not go when the window closes is ended before what it left is settled', {
  skip,
}, async (t: TestContext) => {
  // It says by a growing file that it is still there.
  const stubborn = `#!/bin/sh
[ -e /tmp/reached ] && { : > /tmp/settled; exit 0; }
: > /tmp/reached
trap '' TERM
while :; do sleep 0.2; [ -e /tmp/settled ] && : > /tmp/beside; done
`;
  using tree = treeOf([...plain('one', '1'), { name: 'one', version: '2', scripts: { postinst: stubborn } }]);
  const now = Date.now();
  const window = { opensAtMs: now - 60_000, closesAtMs: now + 12_000 };
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }], { window, secondsPerSet: 1 }));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one done 2'], JSON.stringify(result));
  t.assert.ok(existsSync(join(tree.root, 'tmp/settled')));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.assert.equal(existsSync(join(tree.root, 'tmp/beside')), false, 'nobody else was at work');
});

test('a package that names more kept files than a journal bears does not spoil it', {
  skip,
}, async (t: TestContext) => {
  const naming = `#!/bin/sh
count=0
while [ $count -lt 1200 ]; do
  echo "Configuration file '/etc/$count'"
  echo ' ==> Keeping old config file as default.'
  count=$((count + 1))
done
`;
  using tree = treeOf([...plain('one', '1'), { name: 'one', version: '2', scripts: { postinst: naming } }]);
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.equal(result.result, 'done', JSON.stringify(result.packages));
  t.assert.equal(result.keptFiles.length, 1_000);
  t.assert.match(result.notes.join(), /200 more configuration files were kept than are named/);
  t.assert.deepEqual(await applyJob(job, tree.optionsFor()), result);
});

test('a daemon that a package starts keeps neither the job nor its locks', {
  skip,
}, async (t: TestContext) => {
  const daemon = '#!/bin/sh\nsleep 20 &\n';
  using tree = treeOf([
    ...plain('daemon', '1'),
    { name: 'daemon', version: '2', scripts: { postinst: daemon } },
  ]);
  const began = Date.now();
  const result = await applyJob(
    parsePatchJob(jobFor([{ name: 'daemon', from: '1', to: '2' }])),
    tree.optionsFor(),
  );
  t.assert.equal(result.result, 'done');
  t.assert.ok(Date.now() - began < 19_000);
  execFileSync('dpkg', [`--root=${tree.root}`, '--configure', '-a'], { stdio: 'pipe' });
});
