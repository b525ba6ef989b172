/** The network sensor alone, in the namespace it is started in; tells its figures and what it took when asked to end. */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { NetworkDetectionPolicy } from '../../services/host-intrusion-detection/network/policy.ts';

/** As the agent bounds every thread of a room (apps/agent/rooms.ts): without it V8 lets garbage grow to four times what lives. */
const HEAP_MEBIBYTES_MAX = 192;
const control = new SharedArrayBuffer(16);
const words = new Int32Array(control);
const worker = new Worker(
  new URL('../../services/host-intrusion-detection/agent/network.worker.ts', import.meta.url),
  {
    workerData: { data: { policy: NetworkDetectionPolicy.parse({}), control } },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
  },
);
let figures: Readonly<Record<string, number>> = {};
let dropped: Readonly<Record<string, number>> = {};
let detections = 0;
let start = process.cpuUsage();
let startedRss = 0;
worker.on('message', (message: { readonly kind: string } & Readonly<Record<string, unknown>>) => {
  if (message.kind === 'ready') {
    start = process.cpuUsage();
    startedRss = process.memoryUsage.rss();
    console.log('ready');
  }
  if (message.kind === 'failed') {
    console.error(message['because']);
    process.exit(1);
  }
  if (message.kind === 'figures') {
    figures = message['figures'] as typeof figures;
    dropped = message['dropped'] as typeof dropped;
  }
  if (message.kind === 'detections') {
    const { length } = message['detections'] as readonly unknown[];
    detections += length;
    // As the room does once they are written down.
    Atomics.sub(words, 2, length);
  }
});
createInterface(process.stdin).once('line', () => {
  const { user, system } = process.cpuUsage(start);
  console.log(
    JSON.stringify({
      cpuSeconds: (user + system) / 1e6,
      rssBytes: process.memoryUsage.rss(),
      startedRssBytes: startedRss,
      figures,
      dropped,
      detections,
    }),
  );
  process.exit(0);
});
