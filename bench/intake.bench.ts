/**
 * Intake: syslog lines of sshd, sudo, nginx and an application, from bytes on a socket's side through the whole
 * road into ClickHouse, its parts switched on one after the other.
 *
 * Interleaved: `JSON.parse` of as many flat events of 27 fields, which is the measure; a pipeline that reads them
 * from a file, finds the lines and parses them; framing and the durable spool; the same with the pump reading every
 * line back, parsing and normalising it, which is the parse-only pipeline of these lines; with the rules that ship
 * with the platform besides; the whole road, on disk in the event store. And the road of lines that nobody
 * understands, each such an event, without rules. Ratios are of processor time of this process, for the stores are
 * others; wall time is printed beside it.
 *
 * `node bench/intake.bench.ts [--smoke]`
 */
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Receipt } from '@demarc/platform/link';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { type Batch, type BatchEvent, carry, readRuleFiles, SIEM_DETECTIONS } from '@demarc/siem';
import { baseEvent, normaliseRecord } from '@demarc/siem/intake';
import { accept } from '../siem/accept.ts';
import { detect } from '../siem/detect/detect.ts';
import { enrich } from '../siem/enrich.ts';
import { newLoad } from '../siem/load.ts';
import { openTestRoad } from '../siem/testing.ts';
import { mixedLine } from './support/intake-lines.ts';
import { IntakeRoad } from './support/intake-road.ts';
import { interleaved, median, ratio, smoke, WARM_UPS } from './support/measure.ts';
import { flatEvents } from './support/records.ts';

const ROUNDS = smoke ? 1 : 7;
const LINES = smoke ? 5_000 : 100_000;
/** What a socket hands over at once. */
const CHUNK_BYTES = 65_536;
const MINUTE_MS = 60_000;
const MICROSECONDS = 1_000_000;
/** As many events as the road works on at once (`siem/carry.ts`). */
const EVENTS_PER_STEP = 250;

const tenant = grantTenantScope('bench');
const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-intake-'));
const events = flatEvents(LINES);
const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));
const jsonLines = bytesOf(events.map((event) => `<14>1 - web-1 app - - - ${event}`));
let linesUntilMs = Date.now() - MINUTE_MS;
/** From where those before ended until now, in order: made anew for each run, as time goes on. */
const freshLines = (): Buffer => {
  const fromMs = linesUntilMs;
  linesUntilMs = Date.now();
  const eachMs = (linesUntilMs - fromMs) / LINES;
  return bytesOf(Array.from({ length: LINES }, (_, at) => mixedLine(at, fromMs + at * eachMs)));
};
let mixedLines = freshLines();
const file = join(directory, 'events.json');
writeFileSync(file, bytesOf(events));

const cpuSeconds = new Map<string, number[]>();
/** Wall seconds; the processor's are noted beside. */
async function measured(name: string, work: () => Promise<void>): Promise<number> {
  mixedLines = freshLines();
  const from = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const { user, system } = process.cpuUsage(from);
  const seconds = cpuSeconds.get(name) ?? [];
  cpuSeconds.set(name, [...seconds, (user + system) / MICROSECONDS]);
  return (performance.now() - startedAt) / 1_000;
}

/** What the server starts with: the SIEM's own rules and those of every room. */
const services = new URL('../services/', import.meta.url);
const shipped = readdirSync(services)
  .filter((room) => readdirSync(new URL(`${room}/`, services)).includes('detections'))
  .map((room) => new URL(`${room}/detections/`, services));
const rules = [SIEM_DETECTIONS, ...shipped].flatMap(readRuleFiles);
const now = Date.now;
await using stores = await openTestRoad({ rules, now });
const { siem } = stores;
const withoutRules = stores.open({ rules: [], now });

const road = new IntakeRoad({ tenant, directory: join(directory, 'spools'), chunkBytes: CHUNK_BYTES });

/** Reads every record, as the road would, and does nothing with it. */
async function readOnly({ batchToken, events: records }: Batch): Promise<Receipt> {
  let acceptedCount = 0;
  for (const record of records) acceptedCount += 'event' in record ? 1 : 0;
  return { batchToken, acceptedCount, duplicateCount: 0, rejected: [] };
}

let findingCount = 0;
/** All of the road that needs no store, but for the rows. */
async function detectOnly(batch: Batch): Promise<Receipt> {
  const load = await newLoad(siem, tenant, batch, Date.now());
  const inForce = await siem.rulesets.of(tenant);
  const records = batch.events[Symbol.iterator]();
  for (let isDone = false; !isDone; ) {
    const some: BatchEvent[] = [];
    while (some.length < EVENTS_PER_STEP && !isDone) {
      const next = records.next();
      isDone = next.done === true;
      if (next.done !== true) some.push(next.value as BatchEvent);
    }
    const carried = enrich(tenant, batch.assetId, load.receivedAtMs, accept(some, load));
    findingCount += detect(siem, tenant, inForce, carried).findings.length;
  }
  return {
    batchToken: batch.batchToken,
    acceptedCount: load.counts.accepted,
    duplicateCount: 0,
    rejected: [],
  };
}

const never = (): Promise<Receipt> => new Promise(() => undefined);
const stored =
  (by: typeof siem) =>
  (batch: Batch): Promise<Receipt> =>
    carry(by, tenant, batch);

const PARSE = 'JSON.parse of flat events';
const PIPELINE = 'file in, lines, JSON.parse';
const SPOOLED = 'framed and on disk in the spool';
const NORMALISED = '+ read back, parsed, normalised';
const DETECTED = '+ shipped rules';
const ROAD = '+ on disk in the event store: the whole road';
const UNREAD = 'whole road, lines kept raw, no rules';
let parsedCount = 0;
async function pipeline(): Promise<void> {
  let rest = '';
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (typeof JSON.parse(line) === 'object') parsedCount += 1;
  }
}
const sides: readonly (readonly [string, () => Promise<void>])[] = [
  [PARSE, async () => void events.map((event) => JSON.parse(event) as unknown)],
  [PIPELINE, pipeline],
  // The pump waits for ever at its first batch; it is left behind with its directory.
  [SPOOLED, () => road.fill(mixedLines, normaliseRecord, never)],
  [NORMALISED, () => road.through(mixedLines, LINES, normaliseRecord, readOnly)],
  [DETECTED, () => road.through(mixedLines, LINES, normaliseRecord, detectOnly)],
  [ROAD, () => road.through(mixedLines, LINES, normaliseRecord, stored(siem))],
  [UNREAD, () => road.through(jsonLines, LINES, baseEvent, stored(withoutRules))],
];
const wall = await interleaved(
  sides.map(([name, work]) => ({ name, run: () => measured(name, work) })),
  ROUNDS,
);

rmSync(directory, { recursive: true, force: true });
console.log(
  `${LINES} lines of ${Math.round(mixedLines.length / LINES)} bytes (flat events: ${Math.round(jsonLines.length / LINES)}), ${rules.length} rule files; findings while stores were left out: ${findingCount}, incomplete: ${siem.figures.incomplete}`,
);
const cpu = (name: string): number => median((cpuSeconds.get(name) ?? []).slice(WARM_UPS));
for (const [name, seconds] of wall)
  console.log(
    `${name.padEnd(46)} cpu ${cpu(name).toFixed(3)} s (${Math.round(LINES / cpu(name))} lines/s/core, ${(cpu(name) / cpu(PARSE)).toFixed(2)} × JSON.parse)  wall ${median(seconds).toFixed(3)} s (${Math.round(LINES / median(seconds))} lines/s)`,
  );
ratio('framing and spool / JSON.parse of flat events', cpu(SPOOLED) / cpu(PARSE), '< 1');
ratio('parsed and normalised / JSON.parse of flat events', cpu(NORMALISED) / cpu(PARSE), 'recorded');
ratio('with shipped rules / JSON.parse of flat events', cpu(DETECTED) / cpu(PARSE), 'at most 7.5');
ratio('the whole road / its own part that parses alone', cpu(ROAD) / cpu(NORMALISED), 'at most 2.0');
ratio('the whole road / file in, lines, JSON.parse', cpu(ROAD) / cpu(PIPELINE), 'recorded');
ratio('lines kept raw, no rules / file in, lines, JSON.parse', cpu(UNREAD) / cpu(PIPELINE), 'at most 2.0');
if (parsedCount === 0) throw new Error('nothing was parsed');
// Sources that wait for ever are left behind, and would keep the process.
await stores[Symbol.asyncDispose]();
process.exit(0);
