/**
 * Processor time of the agent on a machine on which little happens: everything of the default policy watched,
 * heartbeats and canaries as they come, against the same wall time of one core.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BenchAgent } from './support/agent.ts';
import { ratio, smoke } from './support/measure.ts';

const SECONDS = smoke ? 5 : 60;

await using agent = await BenchAgent.start({});
await agent.settled();
const before = agent.cpuSeconds();
const startedAt = performance.now();
await pause(SECONDS * 1_000);
const used = agent.cpuSeconds() - before;
const elapsed = (performance.now() - startedAt) / 1_000;
const rss = agent.state()?.figures['memoryBytes'] ?? 0;
console.log(
  `${used.toFixed(2)} s of processor time in ${elapsed.toFixed(0)} s; resident ${Math.round(rss / 1_048_576)} MiB`,
);
ratio('processor time / wall time, in percent of one core', (100 * used) / elapsed, 'below 1');
