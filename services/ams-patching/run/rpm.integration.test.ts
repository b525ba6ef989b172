/** Jobs carried out for real by dnf and by zypper, on a system in a directory. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyJob, dryRun, parsePatchJob, rollBack } from './run.ts';
import { checkOf, jobFor, outcomes } from './testing.ts';
import { type MadeRpm, noRpm, RpmTree } from './testing-rpm.ts';

const LONG = 'a-package-with-a-name-that-is-longer-than-a-table-for-a-terminal-is-wide-and-then-some';
const BROKEN = "%pre -p <lua>\nerror('it does not want to')\n";

function treeOf(...made: readonly (readonly MadeRpm[])[]): RpmTree {
  const tree = new RpmTree();
  const first = made.flatMap((versions) => versions.map((one) => tree.build(one)).slice(0, 1));
  tree.publish();
  tree.install(...first);
  return tree;
}
const plain = (name: string, ...versions: readonly string[]): readonly MadeRpm[] =>
  versions.map((version) => ({ name, version }));

for (const manager of ['dnf', 'zypper'] as const) {
  const skip = noRpm(manager);
  const jobOf = (names: readonly string[], more = {}) =>
    parsePatchJob({
      ...jobFor([]),
      manager,
      packages: names.map((name) => ({ name, arch: 'noarch', from: '0:1-1.el9', to: '0:2-1.el9' })),
      ...more,
    });

  test(`${manager} installs exactly the planned versions, and takes them back`, {
    skip,
  }, async (t: TestContext) => {
    using tree = treeOf(plain('one', '1', '2', '3'), plain(LONG, '1', '2'), plain('other', '1', '2'));
    writeFileSync(join(tree.root, 'etc/one.conf'), 'mine\n');
    const job = jobOf(['one', LONG]);
    t.assert.equal((await dryRun(job, tree.optionsFor())).result, 'ready');
    const result = await applyJob(job, tree.optionsFor());
    t.assert.deepEqual(
      outcomes(result),
      ['one done 0:2-1.el9', `${LONG} done 0:2-1.el9`],
      JSON.stringify(result),
    );
    t.assert.deepEqual(tree.installed(), [`${LONG} 2`, 'one 2', 'other 1']);
    t.assert.deepEqual(result.keptFiles, ['/etc/one.conf']);
    t.assert.equal(readFileSync(join(tree.root, 'etc/one.conf'), 'utf8'), 'mine\n');
    t.assert.match(result.notes.join(), /no manifest of changes/);
    const back = await rollBack(job, tree.optionsFor());
    t.assert.equal(back.result, 'done', JSON.stringify(back));
    t.assert.deepEqual(tree.installed(), [`${LONG} 1`, 'one 1', 'other 1']);
  });

  test(`${manager}: a package that fails does not hide the rest`, { skip }, async (t: TestContext) => {
    using tree = treeOf(
      plain('one', '1', '2'),
      [...plain('broken', '1'), { name: 'broken', version: '2', sections: BROKEN }],
      plain('two', '1', '2'),
    );
    const result = await applyJob(jobOf(['one', 'broken', 'two']), tree.optionsFor());
    t.assert.deepEqual(
      outcomes(result),
      ['one done 0:2-1.el9', 'broken failed 0:1-1.el9', 'two done 0:2-1.el9'],
      JSON.stringify(result),
    );
    t.assert.match(result.packages[1]?.because ?? '', /installed as before; .*broken-2-1/);
  });

  test(`${manager}: what is planned beyond the job is refused, and nothing is applied`, {
    skip,
  }, async (t: TestContext) => {
    using tree = treeOf(
      [...plain('one', '1'), { name: 'one', version: '2', header: 'Requires: helper' }],
      [...plain('two', '1'), { name: 'two', version: '2', header: 'Obsoletes: victim < 5' }],
      plain('victim', '1'),
    );
    tree.build({ name: 'helper', version: '1' });
    tree.publish();
    const more = await applyJob(jobOf(['one']), tree.optionsFor());
    t.assert.equal(checkOf(more, 'simulation'), 'failed: installs helper:noarch 0:1-1.el9 anew');
    const less = await applyJob(jobOf(['two']), tree.optionsFor());
    t.assert.match(checkOf(less, 'simulation'), /^failed: removes victim:noarch/);
    t.assert.deepEqual(tree.installed(), ['one 1', 'two 1', 'victim 1']);
  });

  test(`${manager}: versions and repositories that are not there are reasons`, {
    skip,
  }, async (t: TestContext) => {
    using tree = treeOf(plain('one', '1', '2'));
    const none = jobOf(['one'], {
      packages: [{ name: 'one', arch: 'noarch', from: '0:1-1.el9', to: '0:9-1.el9' }],
    });
    t.assert.match(
      checkOf(await applyJob(none, tree.optionsFor()), 'simulation'),
      /^failed: exit status \d+: .*one.*0:9-1/,
    );
    rmSync(tree.repository, { recursive: true });
    t.assert.match(checkOf(await applyJob(jobOf(['one']), tree.optionsFor()), 'repository'), /^failed: /);
    t.assert.deepEqual(tree.installed(), ['one 1']);
  });
}
