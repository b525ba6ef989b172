/** What systemd is asked; that it does it is looked at where it runs (`apps/cli/patch/systemd.integration.test.ts`). */
import { type TestContext, test } from 'node:test';
import type { Call } from './command.ts';
import { parsePatchJob } from './job.ts';
import { type Inspected, orderReboot, rebootOwed, restartStale } from './restart.ts';
import { jobFor } from './testing-job.ts';

const job = (restart = {}, more = {}) =>
  parsePatchJob(jobFor([{ name: 'libssl3', from: '1', to: '2', ...more } as never], { restart }));
const stale = (...units: readonly (string | undefined)[]): Inspected => ({
  packages: [],
  staleProcesses: units.map((unit, index) => ({
    pid: index + 10,
    name: `p${index}`,
    unit,
    files: ['/usr/lib/x'],
  })),
  reboot: { needed: false, because: [] },
});

test('only units that the job allows are restarted, and looked at afterwards', async (t: TestContext) => {
  const calls: string[] = [];
  const inspected = stale('web.service', 'ssh.service', undefined, 'stuck.service', 'broken.service');
  const restarts = await restartStale({
    job: job({ services: ['web.service', 'stuck.service', 'broken.service'] }),
    inspected,
    hasSystemd: true,
    notNow: () => undefined,
    onRestart: (unit) => calls.push(`noted ${unit}`),
    onRestarted: () => undefined,
    inspect: () => stale('stuck.service', 'ssh.service'),
    run: async ({ argv }: Call) => {
      calls.push(argv.join(' '));
      const fails = argv.includes('broken.service') && argv.includes('is-active');
      return { code: fails ? 3 : 0, stdout: fails ? 'failed\n' : '', stderr: '' };
    },
  });
  t.assert.deepEqual(
    restarts.map(({ unit, outcome }) => `${unit} ${outcome}`),
    [
      'web.service restarted',
      'ssh.service owed',
      'process 12 owed',
      'stuck.service failed',
      'broken.service failed',
    ],
  );
  t.assert.match(restarts[4]?.because ?? '', /it is failed after its restart/);
  t.assert.deepEqual(calls.slice(0, 3), [
    'noted web.service',
    'systemctl restart -- web.service',
    'systemctl is-active -- web.service',
  ]);
});

test('a service that dies a while after its restart did not come through it', async (t: TestContext) => {
  let asked = 0;
  const [restart] = await restartStale({
    job: job({ services: ['web.service'] }),
    inspected: stale('web.service'),
    hasSystemd: true,
    notNow: () => undefined,
    onRestart: () => undefined,
    onRestarted: () => undefined,
    inspect: () => stale(),
    run: async ({ argv }: Call) => {
      if (argv.includes('is-active')) asked += 1;
      return asked === 2 ? { code: 3, stdout: 'failed\n', stderr: '' } : { code: 0, stdout: '', stderr: '' };
    },
  });
  t.assert.deepEqual(
    [restart?.outcome, restart?.because],
    ['failed', 'it is failed a while after its restart'],
  );
});

test('once its time is over a restart is owed, also of what was next', async (t: TestContext) => {
  let restarted = 0;
  const restarts = await restartStale({
    job: job({ services: ['web.service', 'mail.service'] }),
    inspected: stale('web.service', 'mail.service'),
    hasSystemd: true,
    notNow: () => (restarted === 0 ? undefined : 'the window closed'),
    onRestart: () => (restarted += 1),
    onRestarted: () => undefined,
    inspect: () => stale('mail.service'),
    run: async () => ({ code: 0, stdout: '', stderr: '' }),
  });
  t.assert.deepEqual(
    restarts.map(({ unit, outcome }) => `${unit} ${outcome}`),
    ['web.service restarted', 'mail.service owed'],
  );
  t.assert.match(restarts[1]?.because ?? '', /, and the window closed$/);
});

test('without systemd a restart is owed', async (t: TestContext) => {
  const [restart] = await restartStale({
    job: job({ services: ['web.service'] }),
    inspected: stale('web.service'),
    hasSystemd: false,
    notNow: () => undefined,
    onRestart: () => undefined,
    onRestarted: () => undefined,
    inspect: () => stale('web.service'),
    run: () => Promise.reject(new Error('nothing is to be run')),
  });
  t.assert.equal(restart?.outcome, 'owed');
  t.assert.match(restart?.because ?? '', /there is no systemd here/);
});

test('a reboot is owed by what was changed, or because the system says so', async (t: TestContext) => {
  const kernel = job({}, { needsReboot: true });
  const changed = new Map([['libssl3:all', '2']]);
  t.assert.deepEqual(rebootOwed(kernel, changed, stale()), {
    owed: true,
    because: ['libssl3 2 is in use only after a reboot'],
  });
  t.assert.equal(rebootOwed(kernel, new Map(), stale()).owed, false);
  t.assert.equal(
    rebootOwed(job(), changed, { ...stale(), reboot: { needed: true, because: ['x'] } }).owed,
    true,
  );
  t.assert.equal(rebootOwed(job(), changed, undefined).owed, null);
  const asked: string[] = [];
  await orderReboot(async ({ argv }) => {
    asked.push(argv.join(' '));
    return { code: 0, stdout: '', stderr: '' };
  });
  t.assert.deepEqual(asked, ['systemctl --no-block reboot']);
});
