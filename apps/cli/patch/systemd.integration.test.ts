/**
 * Jobs on a system that systemd booted: what they may restart runs from the new files, the reboot that is owed happens, and
 * what the agent starts for one is not bound as the agent is.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PatchResult } from '@demarc/ams-patching/run';
import { AptTree, BootedSystem, jobFor, NO_APT, NO_SYSTEMD, outcomes } from '@demarc/ams-patching/testing';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Where the system has this checkout, and the repository: below what no inventory looks at. */
const [CHECKOUT, REPOSITORY] = ['/run/checkout', '/run/repository'];
const NODE = join(CHECKOUT, process.execPath.slice(ROOT.length));

const skip =
  NO_APT ||
  NO_SYSTEMD ||
  (!process.execPath.startsWith(ROOT) && 'NOT SHOWN: this Node is not of the checkout');

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
  skip,
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
  // The reboot may take the program along before it has said anything; afterwards the same job says it.
  const [told] = await Promise.allSettled([apply()]);
  if (told.status === 'fulfilled')
    t.assert.deepEqual([told.value.reboot.owed, told.value.reboot.ordered], [true, true]);
  await system.rebooted(before).catch((error: unknown) => {
    throw new AggregateError([error, told], 'it did not reboot');
  });
  const { pid } = system;
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
  t.assert.deepEqual([await programOf('ticker'), await programOf('keeper')], [ticker, keeper]);
  t.assert.deepEqual(
    [result.reboot.owed, result.reboot.ordered],
    [false, false],
    result.reboot.because.join(),
  );
  t.assert.deepEqual(await apply(), result, 'a job that ended is not carried out again');
  t.assert.equal(system.pid, pid);
});

/** In the place of the agent, in its unit: what it may not do, and what it hands over. */
const PROBE = `
import { writeFileSync } from 'node:fs';
import { commandOf, launch } from '${CHECKOUT}/services/ams-patching/agent/launch.ts';
let refused = 'nothing';
try {
  writeFileSync('/usr/share/by-the-agent', '');
} catch ({ code }) {
  refused = code;
}
const args = ['-c', 'sleep 5; echo "$@" > /usr/share/by-the-job', 'job', refused];
launch(commandOf({ file: '/bin/sh', args }, '/in/this/directory', 'abc', true), (because) => console.log(because));
setInterval(() => undefined, 1_000);
`;

test('what the agent’s unit starts for a job writes where the agent may not, and goes on without it', {
  skip,
}, async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-agent-package-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  execFileSync(process.execPath, ['tools/package-agent.ts', join(directory, 'agent.deb')], { cwd: ROOT });
  await using system = new BootedSystem();
  await system.boot({ [directory]: REPOSITORY, [ROOT]: CHECKOUT });
  await system.run(['dpkg', '--install', `${REPOSITORY}/agent.deb`]);
  // The unit is started on machines that are enrolled.
  await system.write('/var/lib/demarc-agent/identity.json', '{}');
  await system.write('/etc/probe.mjs', PROBE);
  await system.run(['mkdir', '/etc/systemd/system/demarc-agent.service.d']);
  await system.write(
    '/etc/systemd/system/demarc-agent.service.d/probe.conf',
    `[Service]\nExecStart=\nExecStart=${NODE} /etc/probe.mjs\n`,
  );
  await system.run(['systemctl', 'daemon-reload']);
  await system.run(['systemctl', 'start', 'demarc-agent.service']);
  await system.until('the job is at work', ['systemctl', 'is-active', 'demarc-patch-abc.service']);
  await system.run(['systemctl', 'stop', 'demarc-agent.service']);
  await system.run(['systemctl', 'is-active', 'demarc-patch-abc.service']);
  await system.until('the job has written', ['test', '-s', '/usr/share/by-the-job']);
  const { stdout } = await system.run(['cat', '/usr/share/by-the-job']);
  t.assert.equal(
    stdout,
    'EROFS /in/this/directory\n',
    'what kept the agent from writing, and where the job is',
  );
});
