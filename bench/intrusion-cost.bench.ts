/**
 * What looking costs: processor time of the network sensor for a thousand packets that the kernel logs, beside tcpdump
 * that only copies them to nowhere; and what it holds and says it dropped under a flood from forged addresses. Across
 * namespaces, in turn; needs root, hping3 and tcpdump.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPair, type Pair } from '../services/host-firewall/testing/namespace.ts';
import { median, ratio, smoke } from './support/measure.ts';

const SENSOR = fileURLToPath(new URL('./support/network-sensor.ts', import.meta.url));
const ROUNDS = smoke ? 1 : 5;
const SECONDS = smoke ? 2 : 5;
/** Beyond the pace at which the sensor looks at packets. */
const FLOOD_SECONDS = smoke ? 3 : 20;
/** Figures are told every two seconds. */
const SETTLE_MS = 2_500;
/** Microseconds between packets: 10,000 a second, half of what is looked at. */
const PACE = 'u100';
const CLOCK_TICKS_PER_SECOND = 100;

interface Told {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly startedRssBytes: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  readonly detections: number;
}

async function attacked(pair: Pair, seconds: number, ...args: readonly string[]): Promise<void> {
  const attack = pair.start('peer', ['hping3', '-q', '-S', ...args, '-p', '80', pair.hostAddress]);
  await sleep(seconds * 1_000);
  attack.kill('SIGINT');
  await once(attack, 'exit');
}

async function sensed(seconds: number, ...args: readonly string[]): Promise<Told> {
  using pair = openPair();
  pair.inside('host', ['ip', 'route', 'add', 'default', 'via', pair.peerAddress]);
  const sensor = pair.start('host', [process.execPath, SENSOR], 'pipe');
  const lines = linesOf(sensor);
  await lines.next();
  await attacked(pair, seconds, ...args);
  await sleep(SETTLE_MS);
  sensor.stdin?.write('end\n');
  return JSON.parse((await lines.next()).value as string) as Told;
}

function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('a pipe was asked for');
  return createInterface(child.stdout)[Symbol.asyncIterator]();
}

/** @returns milliseconds of processor time for a thousand packets */
async function copied(seconds: number): Promise<number> {
  using pair = openPair();
  pair.inside('host', ['ip', 'route', 'add', 'default', 'via', pair.peerAddress]);
  const before = packetsOf(pair);
  const tcpdump = pair.start('host', [
    'tcpdump',
    '-n',
    '-q',
    '-i',
    pair.hostInterface,
    '-B',
    '16384',
    '-w',
    '/dev/null',
  ]);
  await sleep(1_000);
  await attacked(pair, seconds, '-i', PACE);
  // `ip netns exec` becomes the program: the pid is tcpdump's own.
  const [, , , , , , , , , , , , , user = '0', system = '0'] = readFileSync(
    `/proc/${tcpdump.pid}/stat`,
    'utf8',
  ).split(' ');
  const cpu = ((Number(user) + Number(system)) / CLOCK_TICKS_PER_SECOND) * 1_000;
  tcpdump.kill('SIGINT');
  await once(tcpdump, 'exit');
  return (cpu / (packetsOf(pair) - before)) * 1_000;
}

function packetsOf(pair: Pair): number {
  const read = (name: string): number =>
    Number(pair.inside('host', ['cat', `/sys/class/net/${pair.hostInterface}/statistics/${name}`]));
  return read('rx_packets') + read('tx_packets');
}

const ours: number[] = [];
const plain: number[] = [];
for (let round = 0; round <= ROUNDS; round += 1) {
  const told = await sensed(SECONDS, '-i', PACE);
  const copy = await copied(SECONDS);
  // The first round warms up and does not count.
  if (round === 0 && !smoke) continue;
  ours.push((told.cpuSeconds * 1e6) / Math.max(1, told.figures['packetsJudged'] ?? 0));
  plain.push(copy);
  if (smoke) break;
}
console.log(
  `  the sensor: ${median(ours).toFixed(1)} ms for 1,000 logged packets (median of ${ours.length})`,
);
console.log(`  tcpdump to /dev/null: ${median(plain).toFixed(1)} ms for 1,000 packets`);
ratio('processor time, the sensor to tcpdump', median(ours) / median(plain), 'recorded');

const flood = await sensed(FLOOD_SECONDS, '--flood', '--rand-source');
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
console.log(
  `  flood from forged addresses, ${FLOOD_SECONDS} s: ${flood.figures['packetsLogged'] ?? 0} packets looked at, ${flood.detections} detections, ` +
    `memory ${megabytes(flood.startedRssBytes)} → ${megabytes(flood.rssBytes)} MB, processor ${((flood.cpuSeconds / FLOOD_SECONDS) * 100).toFixed(0)} % of one`,
);
for (const [what, count] of Object.entries(flood.dropped)) if (count > 0) console.log(`    ${count} ${what}`);
