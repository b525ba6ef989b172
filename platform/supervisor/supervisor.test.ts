import { type TestContext, test } from 'node:test';
import { DemarcError } from '../errors/errors.ts';
import { Supervisor } from './supervisor.ts';

interface FakeProcess {
  readonly pid: number;
  die(): void;
}

function part(name: string, log: string[], processes: FakeProcess[]) {
  return {
    name,
    restart: true,
    async start() {
      log.push(`start ${name}`);
      let die: () => void = () => undefined;
      const exited = new Promise<{ code: number | null; signal: null }>((resolve) => {
        die = () => resolve({ code: 1, signal: null });
      });
      processes.push({ pid: processes.length + 1, die });
      return {
        pid: processes.length,
        exited,
        async stop() {
          log.push(`stop ${name}`);
          die();
        },
      };
    },
  };
}

test('parts start in order and stop in reverse', async (t: TestContext) => {
  const log: string[] = [];
  const supervisor = new Supervisor([part('a', log, []), part('b', log, [])]);
  await supervisor.start();
  await supervisor.stop();
  t.assert.deepEqual(log, ['start a', 'start b', 'stop b', 'stop a']);
});

test('parts that do not need each other start together, and one that fails leaves the other to be stopped', async (t: TestContext) => {
  const log: string[] = [];
  const slow = part('slow', log, []);
  const started = Promise.withResolvers<void>();
  const supervisor = new Supervisor([
    {
      ...slow,
      async start() {
        await started.promise;
        return slow.start();
      },
    },
    {
      name: 'failing',
      restart: true,
      isBeside: true,
      async start() {
        // Reached while the one before it has not started yet.
        setTimeout(() => started.resolve(), 20);
        throw new Error('no');
      },
    },
    part('after', log, []),
  ]);
  await t.assert.rejects(supervisor.start(), /no/);
  t.assert.deepEqual(
    supervisor.parts().map(({ health }) => health.state),
    ['healthy', 'failed', 'stopped'],
  );
  await supervisor.stop();
  t.assert.deepEqual(log, ['start slow', 'stop slow']);
});

test('a part that dies is started again, and counted', async (t: TestContext) => {
  const log: string[] = [];
  const processes: FakeProcess[] = [];
  const healthy = Promise.withResolvers<void>();
  const supervisor = new Supervisor([part('a', log, processes)], {
    random: () => 0,
    onChange: (state) => {
      if (state.restartCount === 1 && state.health.state === 'healthy') healthy.resolve();
    },
  });
  await supervisor.start();
  processes[0]?.die();
  await healthy.promise;
  t.assert.equal(supervisor.parts()[0]?.restartCount, 1);
  await supervisor.stop();
});

test('a part that cannot start ends the start and says why', async (t: TestContext) => {
  const supervisor = new Supervisor([
    {
      name: 'a',
      restart: true,
      start: async () => {
        throw new Error('no disk');
      },
    },
  ]);
  await t.assert.rejects(supervisor.start(), /no disk/);
  t.assert.equal(supervisor.parts()[0]?.health.because, 'no disk');
});

test('a part that runs without something it lost is degraded, with the reason', async (t: TestContext) => {
  const degraded = new DemarcError({
    code: 'A_LOST',
    message: 'Some of it is lost.',
    fix: 'Restore it.',
    status: 503,
    retryable: false,
    details: {},
  });
  const whole = part('a', [], []);
  const supervisor = new Supervisor([
    { ...whole, start: async () => ({ ...(await whole.start()), degraded }) },
  ]);
  await supervisor.start();
  const [state] = supervisor.parts();
  t.assert.deepEqual(
    [state?.health.state, state?.health.because, state?.error],
    ['degraded', 'Some of it is lost. Restore it.', { code: 'A_LOST', fix: 'Restore it.' }],
  );
  await supervisor.stop();
});
