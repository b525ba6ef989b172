/**
 * Ingest: file changes as agents send them, through the whole road, until ClickHouse has them on disk.
 *
 * Five sides in one run, interleaved, on the same events: `JSON.parse` of the record lines and nothing else; the
 * same from a file, the parse-only pipeline, which is compared with the road in this process's own time too;
 * ClickHouse inserting the road's own rows, made beforehand, as NDJSON and as the road sends them; the road
 * (parse, validate, ledger, de-duplicate, enrich, detect, store, receipt). The engines are real, and every
 * insert is on disk before it is answered.
 *
 * `node bench/ingest.bench.ts [--smoke]`
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, readRecords, readRuleFiles } from '@demarc/siem';
import { openTestRoad } from '../siem/testing.ts';
import { interleaved, median, ratio, show, smoke, WARM_UPS } from './support/measure.ts';

const ROUNDS = smoke ? 1 : 9;
const BATCHES_PER_ROUND = smoke ? 4 : 16;
/** What an agent that has much to say puts into one request. */
const EVENTS_PER_BATCH = smoke ? 200 : 5_000;
/** Agents that send at once, one batch at a time each. */
const AGENTS = 4;

const ROAD = 'the whole road, durable';
const PIPELINE = 'file in, lines, JSON.parse';
const LINE_FEED = Buffer.from('\n');
const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-ingest-'));
const file = join(directory, 'events.jsonl');
const agents = Array.from({ length: AGENTS }, () => randomUUID());
const tenant = grantTenantScope('bench');
let sequence = 0;

function recordLine(assetId: string): string {
  sequence += 1;
  const name = `config-${sequence % 997}.conf`;
  const pid = 1_000 + (sequence % 30_000);
  const user = { name: 'root', uid: '0' };
  const event = {
    class_uid: 1_001,
    category_uid: 1,
    activity_id: 3,
    type_uid: 100_103,
    severity_id: 1,
    time: Date.now() - 5_000,
    message: `/etc/app/${name} was changed by vi`,
    actor: {
      process: {
        pid,
        name: 'vi',
        cmd_line: `vi /etc/app/${name}`,
        created_time: Date.now() - 9_000,
        file: { name: 'vim.basic', path: '/usr/bin/vim.basic', type_id: 1 },
        user,
        parent_process: {
          pid: 900,
          name: 'bash',
          cmd_line: '-bash',
          file: { name: 'bash', path: '/bin/bash', type_id: 1 },
        },
      },
      user,
    },
    device: {
      hostname: 'db-1',
      type_id: 1,
      uid: assetId,
      os: { name: 'Debian GNU/Linux', type_id: 200, version: '12' },
    },
    file: {
      name,
      type_id: 1,
      path: `/etc/app/${name}`,
      size: 4_096 + sequence,
      owner: user,
      modified_time: Date.now() - 5_000,
      hashes: [{ algorithm_id: 3, value: createHash('sha256').update(String(sequence)).digest('hex') }],
    },
    file_diff: `--- a\n+++ b\n@@ -1,3 +1,3 @@\n-port=8080\n+port=${sequence}\n`,
    metadata: {
      uid: randomUUID(),
      version: '1.8.0',
      product: {
        name: 'Demarc',
        vendor_name: 'Demarc',
        version: '0.1.0',
        feature: { name: 'file-integrity-monitoring' },
      },
      profiles: ['host'],
      sequence,
    },
  };
  return JSON.stringify({ kind: 'event', event });
}

interface Prepared {
  readonly assetId: string;
  readonly token: string;
  readonly body: Buffer;
}

function prepare(): readonly Prepared[] {
  return Array.from({ length: BATCHES_PER_ROUND }, (_, index) => {
    const assetId = agents[index % AGENTS] ?? '';
    const body = Buffer.from(Array.from({ length: EVENTS_PER_BATCH }, () => recordLine(assetId)).join('\n'));
    return { assetId, token: createHash('sha256').update(body).digest('hex'), body };
  });
}

function parseLines(body: Buffer): unknown[] {
  return body
    .toString('utf8')
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Each agent sends its batches one after the other; the agents all at once. */
async function byAgent(
  batches: readonly Prepared[],
  work: (batch: Prepared) => Promise<void>,
): Promise<void> {
  await Promise.all(
    agents.map(async (agent) => {
      for (const batch of batches) if (batch.assetId === agent) await work(batch);
    }),
  );
}

/** What parsing alone costs: file in, lines, `JSON.parse`. */
async function pipeline(): Promise<void> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) JSON.parse(line);
  }
}

const processorSeconds = new Map<string, number[]>();
/** Of this process, noted beside the wall time of the same run; the first round does not count. */
async function noted(name: string, work: () => Promise<void>): Promise<number> {
  const from = process.cpuUsage();
  const seconds = await secondsOf(work);
  const { user, system } = process.cpuUsage(from);
  processorSeconds.set(name, [...(processorSeconds.get(name) ?? []), (user + system) / 1e6]);
  return seconds;
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

await using stores = await openTestRoad({
  rules: readRuleFiles(new URL('../services/file-integrity-monitoring/detections/', import.meta.url)),
  now: Date.now,
});
const { siem } = stores;
const writer = siem.clickhouse;
await writer.command({ query: 'CREATE TABLE rows_only AS events' });

async function theRoad(batches: readonly Prepared[]): Promise<void> {
  await byAgent(batches, async ({ assetId, token, body }) => {
    const { events, malformed, bytesHint } = readRecords(body);
    const receipt = await carry(siem, tenant, { batchToken: token, assetId, events, malformed, bytesHint });
    if (receipt.acceptedCount !== EVENTS_PER_BATCH) throw new Error(JSON.stringify(receipt).slice(0, 1_000));
  });
}

async function rowsOnly(format: 'JSONEachRow' | 'RowBinary', rows: readonly Prepared[]): Promise<void> {
  await byAgent(rows, async ({ token, body }) => {
    const { stream } = await writer.exec({
      query: `INSERT INTO rows_only FORMAT ${format}`,
      values: Readable.from([body], { objectMode: false }),
      clickhouse_settings: { insert_deduplication_token: `${format} ${token}`, async_insert: 0 },
    });
    await finished(stream.resume());
  });
}

/** The rows that the road made of a batch, as the store gives them back. */
async function rowsOf(format: 'JSONEachRow' | 'RowBinary', batch: Prepared): Promise<Prepared> {
  const { stream } = await writer.exec({
    query: `SELECT * FROM events WHERE batch = {token:String} FORMAT ${format}`,
    query_params: { token: batch.token },
    clickhouse_settings: { date_time_output_format: 'simple' },
  });
  return { ...batch, body: await buffer(stream) };
}

/** Fresh events for every round: a repeated batch would be recognised and cost nothing. */
let batches = prepare();
const seconds = await interleaved(
  [
    {
      name: ROAD,
      run() {
        batches = prepare();
        writeFileSync(file, Buffer.concat(batches.flatMap(({ body }) => [body, LINE_FEED])));
        return noted(ROAD, () => theRoad(batches));
      },
    },
    {
      name: 'JSON.parse of the record lines',
      run: () =>
        secondsOf(async () => {
          for (const { body } of batches) parseLines(body);
        }),
    },
    { name: PIPELINE, run: () => noted(PIPELINE, pipeline) },
    ...(['JSONEachRow', 'RowBinary'] as const).map((format) => ({
      name: `ClickHouse, the same rows as ${format}`,
      async run() {
        const rows: Prepared[] = [];
        for (const batch of batches) rows.push(await rowsOf(format, batch));
        return secondsOf(() => rowsOnly(format, rows));
      },
    })),
  ],
  ROUNDS,
);
rmSync(directory, { recursive: true, force: true });

const total = BATCHES_PER_ROUND * EVENTS_PER_BATCH;
const of = (name: string): number => median(seconds.get(name) ?? []);
console.log(
  `${BATCHES_PER_ROUND} batches of ${EVENTS_PER_BATCH} file changes of ${Buffer.byteLength(recordLine(''))} bytes, ${AGENTS} agents at once`,
);
for (const [name, values] of seconds) show(name, values, `${Math.round(total / of(name))} events/s`);
const road = of(ROAD);
const processor = (name: string): number => median((processorSeconds.get(name) ?? []).slice(WARM_UPS));
ratio(
  'road / file in, lines, JSON.parse, processor time',
  processor(ROAD) / processor(PIPELINE),
  'at most 2.0',
);
// Of times: how many times as long the road takes.
ratio('road / JSON.parse', road / of('JSON.parse of the record lines'), 'recorded');
ratio(
  'road / insert of the same rows as JSONEachRow',
  road / of('ClickHouse, the same rows as JSONEachRow'),
  'recorded',
);
ratio(
  'road / insert of the same rows as RowBinary',
  road / of('ClickHouse, the same rows as RowBinary'),
  'recorded',
);
console.log(`queries for uids that might be stored already: ${siem.figures.uidLookups}`);
