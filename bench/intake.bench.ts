/**
 * Intake: syslog lines that carry flat JSON, from bytes on a socket's side to the spool, out of it again, and
 * through the whole road into ClickHouse.
 *
 * Interleaved, on the same lines: `JSON.parse` of each, which is what anybody who looks at them has to pay; a
 * pipeline that reads the file, finds the lines and parses them; framing and the durable spool; the same with the
 * pump reading every record back; the whole road, on disk in the event store. Ratios are of processor time of this
 * process, for the stores are others; wall time is printed beside it.
 *
 * `node bench/intake.bench.ts [--smoke]`
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Receipt } from '@demarc/platform/link';
import { migrate, openClickHouse, openPostgres } from '@demarc/platform/stores';
import { startTestClickHouse, startTestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { type Batch, type BatchEvent, carry, ensureEventTable, openSiem, siemMigrations } from '@demarc/siem';
import { baseEvent, RunningSource, SyslogFramer } from '@demarc/siem/intake';
import { interleaved, median, ratio, smoke } from './support/measure.ts';

const ROUNDS = smoke ? 1 : 7;
const LINES = smoke ? 5_000 : 100_000;
/** What a socket hands over at once. */
const CHUNK_BYTES = 65_536;
/** Between the listener and the disk, as in `siem/intake/syslog/streams.ts`. */
const PENDING_BYTES_MAX = 1_048_576;
const MICROSECONDS = 1_000_000;

const tenant = grantTenantScope('bench');
const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-intake-'));

function flatEvent(index: number): string {
  return JSON.stringify({
    ts: `2026-11-20T12:00:${String(index % 60).padStart(2, '0')}.000Z`,
    host: `web-${index % 40}`,
    user: ['root', 'www-data', 'deploy'][index % 3],
    pid: 1_000 + (index % 30_000),
    process: '/usr/sbin/nginx',
    method: 'GET',
    path: `/api/v1/items/${index}`,
    status: index % 50 === 0 ? 500 : 200,
    bytes: 512 + (index % 8_192),
    source_ip: `198.51.100.${index % 255}`,
    agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    duration_ms: (index % 997) / 10,
  });
}

const events = Array.from({ length: LINES }, (_, index) => flatEvent(index));
const stream = Buffer.from(events.map((event) => `<14>1 - web-1 app - - - ${event}\n`).join(''));
const file = join(directory, 'events.json');
writeFileSync(file, `${events.join('\n')}\n`);

const cpuSeconds = new Map<string, number[]>();
/** Wall seconds; the processor's are noted beside. */
async function measured(name: string, work: () => Promise<void>): Promise<number> {
  const from = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const { user, system } = process.cpuUsage(from);
  const seconds = cpuSeconds.get(name) ?? [];
  cpuSeconds.set(name, [...seconds, (user + system) / MICROSECONDS]);
  return (performance.now() - startedAt) / 1_000;
}

function openSource(take: (batch: Batch) => Promise<Receipt>): RunningSource {
  return new RunningSource(
    {
      tenant,
      sourceId: randomUUID(),
      name: 'bench',
      settings: { kind: 'syslog-tcp', port: null, peers: [] },
      limits: { eventsPerSecond: 10_000_000, bytesPerSecond: 10_000_000_000 },
      enabled: true,
      tokenHash: undefined,
      signingSecret: undefined,
      fingerprint: undefined,
    },
    {
      directory: join(directory, 'spools'),
      normalise: baseEvent,
      carry: (_tenant, batch) => take(batch),
      spoolBytesMax: 1_073_741_824,
      freeBytesMin: 0,
      lingerMs: 5,
      now: Date.now,
      monotonic: () => performance.now(),
      log: console.error,
    },
  );
}

/** As a connection does it: frame, hand over, wait only when too much is not on disk yet. */
async function send(source: RunningSource): Promise<void> {
  const framer = new SyslogFramer(() => undefined);
  let last: Promise<void> = Promise.resolve();
  for (let at = 0; at < stream.length; at += CHUNK_BYTES) {
    const framed = framer.push(stream.subarray(at, at + CHUNK_BYTES));
    if (framed === undefined) continue;
    last = source.append([
      { format: 'syslog', receivedAtMs: Date.now(), peer: '192.0.2.1', about: {}, ...framed },
    ]);
    if (source.spool.pendingBytes > PENDING_BYTES_MAX) await last;
  }
  await last;
}

async function drained(source: RunningSource): Promise<void> {
  while (source.accounting.stored < LINES) await pause(2);
}

async function through(take: (batch: Batch) => Promise<Receipt>, isDrained: boolean): Promise<void> {
  const source = openSource(take);
  await send(source);
  if (isDrained) await drained(source);
  await source[Symbol.asyncDispose]();
  source.remove();
}

/** Reads every record, as the road would, and does nothing with it. */
async function readOnly({ batchToken, events: records }: Batch): Promise<Receipt> {
  let acceptedCount = 0;
  for (const record of records as Iterable<BatchEvent>)
    acceptedCount += record.event.metadata.uid === '' ? 0 : 1;
  return { batchToken, acceptedCount, duplicateCount: 0, rejected: [] };
}

const never = (): Promise<Receipt> => new Promise(() => undefined);

await using postgres = await startTestPostgres();
await using clickhouse = await startTestClickHouse();
await migrate(postgres.ownerConnection, siemMigrations);
await using store = openPostgres({ connection: postgres.connection });
const writer = openClickHouse(clickhouse);
const reader = openClickHouse(clickhouse.reader);
await ensureEventTable(writer);
const siem = openSiem({
  inTenant: store.inTenant,
  clickhouse: writer,
  reader,
  rules: [],
  retentionDays: async () => 90,
  now: Date.now,
});

const SPOOLED = 'framed and on disk in the spool';
const READ = 'framed, spooled, read back as records';
const ROAD = 'the whole road, on disk in the event store';
const PARSE = 'JSON.parse of the events';
const PIPELINE = 'file in, lines, JSON.parse';
let parsedCount = 0;
const wall = await interleaved(
  [
    {
      name: PARSE,
      run: () => measured(PARSE, async () => void events.map((event) => JSON.parse(event) as unknown)),
    },
    {
      name: PIPELINE,
      run: () =>
        measured(PIPELINE, async () => {
          let rest = '';
          for await (const chunk of createReadStream(file, {
            highWaterMark: CHUNK_BYTES,
            encoding: 'utf8',
          })) {
            const lines = (rest + String(chunk)).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) if (typeof JSON.parse(line) === 'object') parsedCount += 1;
          }
        }),
    },
    { name: SPOOLED, run: () => measured(SPOOLED, () => spooledOnly()) },
    { name: READ, run: () => measured(READ, () => through(readOnly, true)) },
    { name: ROAD, run: () => measured(ROAD, () => through((batch) => carry(siem, tenant, batch), true)) },
  ],
  ROUNDS,
);

/** The pump waits for ever at its first batch; it is left behind with its directory. */
async function spooledOnly(): Promise<void> {
  const source = openSource(never);
  await send(source);
}

await Promise.all([writer.close(), reader.close()]);
rmSync(directory, { recursive: true, force: true });
console.log(
  `${LINES} lines of ${Math.round(stream.length / LINES)} bytes, ${parsedCount} parsed in the pipeline`,
);
const cpu = (name: string): number => median((cpuSeconds.get(name) ?? []).slice(1));
for (const [name, seconds] of wall)
  console.log(
    `${name.padEnd(44)} cpu ${cpu(name).toFixed(3)} s (${Math.round(LINES / cpu(name))} lines/s/core)  wall ${median(seconds).toFixed(3)} s (${Math.round(LINES / median(seconds))} lines/s)`,
  );
ratio('framing and spool / JSON.parse of the events', cpu(SPOOLED) / cpu(PARSE), '< 1');
ratio('framing, spool and reading back / JSON.parse of the events', cpu(READ) / cpu(PARSE), 'recorded');
ratio('the whole road / file in, lines, JSON.parse', cpu(ROAD) / cpu(PIPELINE), 'at most 2.0');
process.exit(0);
