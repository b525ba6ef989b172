/** A thread of its own that posts one finding after the other, and somebody who cannot write them down. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { DropRecord } from '@demarc/platform/contract';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { CONTROL, type CommonMessage } from './control.ts';
import { Sensor } from './sensor.ts';

type Found = CommonMessage | { readonly kind: 'found'; readonly n: number };

/** Posts a finding, counts it as waiting, and goes on until it is to end. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const control = new Int32Array(workerData.data.control);
  parentPort.postMessage({ kind: 'ready', because: 'it is a test', isWhole: true });
  for (let n = 1; n <= 3; n += 1) {
    Atomics.add(control, ${CONTROL.waiting}, 1);
    parentPort.postMessage({ kind: 'found', n });
  }
  Atomics.wait(control, ${CONTROL.stop}, 0);
`;

function sensorOf(t: TestContext, write: (n: number) => Promise<void>, findsAgain?: true) {
  const dropped: DropRecord[] = [];
  const threads: Worker[] = [];
  const stateDirectory = mkdtempSync(join(tmpdir(), 'demarc-sensor-'));
  const sensor = new Sensor<Found>({
    family: 'network',
    revision: 'r1',
    restartMs: 100,
    context: testRoomContext({
      stateDirectory,
      dropped: (record) => dropped.push(record),
      spawnWorker: (_name, data) => {
        const thread = new Worker(THREAD, { eval: true, workerData: { data } });
        threads.push(thread);
        return thread;
      },
    }),
    task: (control) => ({ control }),
    countOf: () => 1,
    onMessage: ({ n }) => write(n),
    ...(findsAgain === undefined ? {} : { findsAgain }),
  });
  t.after(async () => {
    await sensor.stop();
    rmSync(stateDirectory, { recursive: true });
  });
  return { sensor, dropped, threads };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 2_000) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what cannot be written down is counted, and does not wait for ever', async (t) => {
  const { sensor, dropped } = sensorOf(t, async (n) => {
    if (n === 2) throw new Error('the disk is full');
  });
  await sensor.start();
  await until(() => sensor.dropped > 0 && sensor.facts.waiting === 0);
  assert.equal(sensor.facts.isAlive, true);
  assert.equal(sensor.inForce, 'r1');
  assert.deepEqual(
    dropped.map(({ stage, count, meant }) => ({ stage, count, meant })),
    [{ stage: 'network', count: 1, meant: false }],
  );
});

test('where it is found again, the thread begins anew, and meanwhile nothing is said to be in force', async (t) => {
  let isFull = true;
  const written: number[] = [];
  const { sensor, dropped, threads } = sensorOf(
    t,
    async (n) => {
      if (isFull) throw new Error('the disk is full');
      written.push(n);
    },
    true,
  );
  await sensor.start();
  const [first] = threads;
  assert.ok(first);
  await once(first, 'exit');
  assert.equal(sensor.facts.isAlive, false);
  assert.match(sensor.facts.because, /could not be written down: the disk is full/);
  assert.equal(sensor.inForce, undefined);
  isFull = false;
  await until(() => written.length === 3);
  assert.equal(threads.length, 2);
  assert.deepEqual(written, [1, 2, 3]);
  assert.deepEqual(dropped, []);
});

test('a sensor that was stopped says so and has no thread', async (t) => {
  const { sensor, threads } = sensorOf(t, async () => undefined);
  await sensor.start();
  await sensor.stop();
  assert.equal(sensor.facts.isAlive, false);
  assert.equal(sensor.inForce, undefined);
  assert.equal(threads.length, 1);
});
