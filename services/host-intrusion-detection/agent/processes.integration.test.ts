/** The process sensor with the kernel: programs that start, and modules that are loaded. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { HostIntrusionDetectionPolicy } from '../policy.ts';
import { CONTROL } from './control.ts';
import type { ProcessMessage, ProcessTask } from './processes.worker.ts';
import type { Suspicion } from './suspicion.ts';

const skip = process.getuid?.() !== 0 ? 'needs root: only root is told of the programs of others' : false;
const MODULE = 'dummy';
const ATTEMPTS_MAX = 5;
/** Of ten, where other tests have both processors. */
const AGAIN_MAX = 5;
const directory = mkdtempSync(join(tmpdir(), 'demarc-processes-'));
const control = new Int32Array(new SharedArrayBuffer(8 * Int32Array.BYTES_PER_ELEMENT));
const suspicions: Suspicion[] = [];
let ready: Extract<ProcessMessage, { kind: 'ready' }> | undefined;
let worker: Worker | undefined;

before(async () => {
  if (skip !== false) return;
  const { processes } = HostIntrusionDetectionPolicy.parse({
    processes: { temporaryDirectories: [directory], inspectSeconds: 5 },
  });
  const data: ProcessTask = {
    policy: processes,
    canaryMark: '/demarc-canary-none-',
    host: testRoomContext({ stateDirectory: directory }).host,
    control: control.buffer as SharedArrayBuffer,
  };
  worker = new Worker(new URL('./processes.worker.ts', import.meta.url), { workerData: { data } });
  worker.on('message', (message: ProcessMessage) => {
    if (message.kind === 'ready') ready = message;
    if (message.kind !== 'suspicions') return;
    Atomics.sub(control, CONTROL.waiting, message.suspicions.length);
    suspicions.push(...message.suspicions);
  });
  await until(() => ready);
});

after(async () => {
  Atomics.store(control, CONTROL.stop, 1);
  if (worker !== undefined) await new Promise((resolve) => worker?.once('exit', resolve));
  rmSync(directory, { recursive: true });
});

test('a program that lives for a tenth of a second is seen, with who started it and who started that', {
  skip,
}, async (t: TestContext) => {
  if (ready?.isWhole !== true) return t.skip(`no process connector here: ${ready?.because}`);
  let again = 0;
  const programs = Array.from({ length: 10 }, (_, at) => join(directory, `miner-${at}`));
  for (const program of programs) copyFileSync('/bin/sleep', program);
  for (const program of programs) {
    const { seen, attempt } = await seenOf(program);
    again += attempt - 1;
    assert.equal(seen.kind, 'temporary-program');
    const [shell, test] = seen.ancestry;
    assert.match(shell?.commandLine ?? '', new RegExp(`^sh -c .*${program}$`));
    assert.equal(test?.pid, process.pid);
  }
  assert.ok(again <= AGAIN_MAX, `${again} of them went unseen`);
});

/** Where other tests have both processors, the sensor's turn may come after the program's end: it is run again then. */
async function seenOf(program: string): Promise<{ readonly seen: Suspicion; readonly attempt: number }> {
  for (let attempt = 1; ; attempt += 1) {
    spawnSync('sh', ['-c', `"$0" 0.1; true`, program]);
    try {
      return {
        seen: await until(() => suspicions.find((one) => one.process.exe === program), 2_000),
        attempt,
      };
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

test('a module that is loaded into the kernel is seen', { skip: cannotLoad() }, async () => {
  // What was there when the sensor first looked is none.
  await delay(1_000);
  execFileSync('modprobe', [MODULE]);
  try {
    const seen = await until(() => suspicions.find(({ module }) => module === MODULE));
    assert.equal(seen.technique, 'T1547.006');
  } finally {
    execFileSync('modprobe', ['-r', MODULE]);
  }
});

function cannotLoad(): string | false {
  if (skip !== false) return skip;
  if (!existsSync('/proc/modules')) return 'this kernel takes no modules (no /proc/modules): none was loaded';
  const tried = spawnSync('modprobe', ['--dry-run', MODULE]);
  return tried.status === 0 ? false : `no module ${MODULE} for this kernel: none was loaded`;
}

async function until<Found>(find: () => Found | undefined, timeoutMs = 40_000): Promise<Found> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(20)) {
    const found = find();
    if (found !== undefined) return found;
  }
  throw new Error(`gave up; suspicions: ${suspicions.map(({ because }) => because).join('; ')}`);
}
