/** One engine in a thread of its own: says that it is ready, and when told, how many events it did in a while. */
import { parentPort, workerData } from 'node:worker_threads';
import { Engine, type Tables } from '../../platform/sigma/engine/engine.ts';

const { tables, lines, seconds } = workerData as { tables: Tables; lines: Uint8Array; seconds: number };
const engine = Engine.fromTables(tables);
engine.matchLines(lines);
parentPort?.once('message', () => {
  const end = performance.now() + seconds * 1_000;
  let events = 0;
  while (performance.now() < end) events += engine.matchLines(lines).lineCount;
  parentPort?.postMessage(events);
});
parentPort?.postMessage('ready');
