/** One engine (or `JSON.parse`) in a thread of its own: says that it is ready, and when told, what it did in a while. */
import { parentPort, workerData } from 'node:worker_threads';
import { Engine, type Tables } from '../../platform/sigma/engine/engine.ts';

export interface WorkerTask {
  /** Undefined to parse only: what two threads of this machine can do at all. */
  readonly tables: Tables | undefined;
  readonly lines: Uint8Array;
  readonly seconds: number;
}

export interface WorkerDone {
  readonly events: number;
  readonly cpuSeconds: number;
}

const { tables, lines, seconds } = workerData as WorkerTask;
const run = tables === undefined ? parser() : matcher(tables);
run();

parentPort?.once('message', () => {
  const before = process.threadCpuUsage();
  const end = performance.now() + seconds * 1_000;
  let events = 0;
  while (performance.now() < end) events += run();
  const { user, system } = process.threadCpuUsage(before);
  parentPort?.postMessage({ events, cpuSeconds: (user + system) / 1e6 } satisfies WorkerDone);
});
parentPort?.postMessage('ready');

function matcher(from: Tables): () => number {
  const engine = Engine.fromTables(from);
  return () => engine.matchLines(lines).lineCount;
}

function parser(): () => number {
  const texts = Buffer.from(lines).toString('utf8').trim().split('\n');
  return () => {
    for (const text of texts) JSON.parse(text);
    return texts.length;
  };
}
