import { spawn } from 'node:child_process';
import { getPriority } from 'node:os';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';

const MODULE = JSON.stringify(new URL('./give-way.ts', import.meta.url).href);
/** Alone beside one other that never rests it would have a half. */
const SHARE_MAX = 0.4;

test('a thread that gives way leaves the others as they were', async (t: TestContext) => {
  const before = getPriority();
  const code = `import(${MODULE}).then(({ giveWay }) => {
    giveWay();
    giveWay();
    require('node:worker_threads').parentPort.postMessage(require('node:os').getPriority());
  });`;
  const worker = new Worker(code, { eval: true });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.once('message', resolve).once('error', reject);
  t.assert.equal(await promise, 19);
  await worker.terminate();
  t.assert.equal(getPriority(), before);
});

test('work in turns rests while another wants its processor', async (t: TestContext) => {
  const other = spawn('taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' });
  try {
    const code = `const { Turns } = await import(${MODULE});
      const turns = new Turns();
      const from = performance.now();
      const used = process.cpuUsage();
      while (performance.now() - from < 2_000) {
        const end = performance.now() + 4;
        while (performance.now() < end);
        await turns.next();
      }
      const { user, system } = process.cpuUsage(used);
      console.log((user + system) / 1_000 / (performance.now() - from));`;
    const working = spawn('taskset', ['-c', '0', process.execPath, '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let share = '';
    for await (const chunk of working.stdout) share += String(chunk);
    t.assert.ok(Number(share) > 0 && Number(share) < SHARE_MAX, `it had ${share} of the processor`);
    t.diagnostic(`${share.trim()} of the processor`);
  } finally {
    other.kill('SIGKILL');
  }
});
