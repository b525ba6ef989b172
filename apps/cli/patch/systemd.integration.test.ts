/** A job on a system that systemd booted: what it may restart runs from the new files, and the reboot that is owed happens. */
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PatchResult } from '@demarc/ams-patching/run';
import { AptTree, BootedSystem, jobFor, NO_APT, NO_SYSTEMD, outcomes } from '@demarc/ams-patching/testing';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Where the system has this checkout, and the repository: below what no inventory looks at. */
const [CHECKOUT, REPOSITORY] = ['/run/checkout', '/run/repository'];
const NODE = join(CHECKOUT, process.execPath.slice(ROOT.length));

/** Packages, each with a program that a unit runs; what the last has in its second version ends at once. */
const NAMES = ['ticker', 'keeper', 'crasher'];
const PROGRAMS: Readonly<Record<string, string>> = { 'crasher 2': '/bin/false' };
const serving = (name: string, version: string) => ({
  name,
  version,
  programs: { [`usr/lib/${name}/${name}d`]: PROGRAMS[`${name} ${version}`] ?? '/bin/sleep' },
});
const unitOf = (name: string): string =>
  `[Service]\nExecStart=/usr/lib/${name}/${name}d infinity\n[Install]\nWantedBy=multi-user.target\n`;

test('a service is restarted where the job allows it, another is owed, and the reboot happens', {
  skip: NO_APT || NO_SYSTEMD || (!process.execPath.startsWith(ROOT) && 'this Node is not of the checkout'),
}, async (t: TestContext) => {
  using tree = new AptTree();
  const archives = NAMES.flatMap((name) => [tree.build(serving(name, '1')), tree.build(serving(name, '2'))]);
  for (const version of ['1', '2']) archives.push(tree.build({ name: 'image', version }));
  tree.publish();
  await using system = new BootedSystem();
  await system.boot({ [tree.repository]: REPOSITORY, [ROOT]: CHECKOUT });
  await system.write('/etc/apt/sources.list', `deb [trusted=yes] file:${REPOSITORY} ./\n`);
  const first = archives
    .filter((path) => path.endsWith('_1_all.deb'))
    .map((path) => path.slice(dirname(path).length));
  await system.run(['dpkg', '--install', ...first.map((path) => REPOSITORY + path)]);
  for (const name of NAMES) await system.write(`/etc/systemd/system/${name}.service`, unitOf(name));
  await system.run(['systemctl', 'enable', '--now', ...NAMES.map((name) => `${name}.service`)]);

  const programOf = async (name: string): Promise<string> => {
    const { stdout } = await system.run([
      'sh',
      '-c',
      'readlink "/proc/$(systemctl show --property MainPID --value "$0")/exe"',
      `${name}.service`,
    ]);
    return stdout.trim();
  };
  const [ticker, keeper] = ['/usr/lib/ticker/tickerd', '/usr/lib/keeper/keeperd'];
  t.assert.deepEqual([await programOf('ticker'), await programOf('keeper')], [ticker, keeper]);

  const job = jobFor(
    [
      ...NAMES.map((name) => ({ name, from: '1', to: '2' })),
      { name: 'image', from: '1', to: '2', needsReboot: true } as never,
    ],
    { restart: { services: ['ticker.service', 'crasher.service'], reboot: 'allowed', rebootSeconds: 60 } },
  );
  await system.write('/root/job.json', JSON.stringify(job));
  const apply = async (): Promise<PatchResult> => {
    const { stdout } = await system.run([
      NODE,
      '--disable-warning=ExperimentalWarning',
      join(CHECKOUT, 'apps/cli/main.ts'),
      'patch',
      'apply',
      '--job',
      '/root/job.json',
      '--json',
    ]);
    return JSON.parse(stdout) as PatchResult;
  };
  const before = system.pid;
  const result = await apply();
  t.assert.deepEqual(outcomes(result), ['ticker done 2', 'keeper done 2', 'crasher done 2', 'image done 2']);
  const restarts = new Map(result.restarts.map(({ unit, ...rest }) => [unit, rest]));
  t.assert.deepEqual(
    ['ticker', 'keeper'].map((name) => restarts.get(`${name}.service`)),
    [
      { outcome: 'restarted', because: 'tickerd still runs from replaced files' },
      {
        outcome: 'owed',
        because: 'keeperd still runs from replaced files, and the job does not allow a restart',
      },
    ],
  );
  const crasher = restarts.get('crasher.service');
  t.assert.equal(crasher?.outcome, 'failed');
  t.assert.match(crasher?.because ?? '', /it is failed (a while )?after its restart/);
  t.assert.deepEqual(
    [result.reboot.owed, result.reboot.ordered],
    [true, true],
    JSON.stringify(result.reboot),
  );

  await system.rebooted(before);
  const { pid } = system;
  t.assert.deepEqual([await programOf('ticker'), await programOf('keeper')], [ticker, keeper]);
  const again = await apply();
  t.assert.deepEqual(again, { ...result, reboot: again.reboot }, 'a job that ended is not carried out again');
  t.assert.deepEqual([again.reboot.owed, again.reboot.ordered], [false, false], again.reboot.because.join());
  t.assert.equal(system.pid, pid);
});
