/**
 * The whole road, from the record lines of a batch to rows on disk with a receipt, against JSON.parse of the
 * same lines and against a raw ClickHouse insert of the same rows, in turn.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { migrate, openClickHouse, openPostgres } from '@demarc/platform/stores';
import { startTestClickHouse, startTestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, ensureEventTable, loadRules, openSiem, siemMigrations } from '@demarc/siem';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const BATCH = 5_000;
const BATCHES = smoke ? 2 : 8;
const ROUNDS = smoke ? 1 : 5;
const TOTAL = BATCH * BATCHES;

await using postgres = await startTestPostgres();
await using clickhouse = await startTestClickHouse();
await migrate(postgres.ownerConnection, siemMigrations);
await using store = openPostgres({ connection: postgres.connection });
const client = openClickHouse(clickhouse);
const siem = openSiem({
  inTenant: store.inTenant,
  clickhouse: client,
  reader: openClickHouse(clickhouse.reader),
  rules: loadRules(new URL('../services/file-integrity-monitoring/detections/', import.meta.url)),
  retentionDays: async () => 90,
  now: () => Date.now(),
});
await ensureEventTable(client);
const tenant = grantTenantScope('bench');
const assetId = randomUUID();

/** Fresh uids for every round: a repeated batch would be recognised and cost nothing. */
function batchLines(): string[] {
  const time = Date.now();
  return Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: BATCH }, (__, index) =>
      JSON.stringify({ kind: 'event', event: event(time + batch, index) }),
    ).join('\n'),
  );
}

function event(time: number, index: number): OcsfEvent {
  const path = `/etc/service-${index % 97}/conf.d/file-${index % 1_013}.conf`;
  return {
    class_uid: 1_001,
    category_uid: 1,
    activity_id: 3,
    type_uid: 100_103,
    severity_id: 1,
    time,
    message: `${path} changed (content) by process-${index % 31} (user-${index % 11})`,
    actor: {
      process: {
        pid: index,
        name: `process-${index % 31}`,
        cmd_line: `/usr/sbin/process-${index % 31} --config ${path}`,
        user: { uid: String(index % 11), name: `user-${index % 11}` },
        file: { name: 'x', path: '/usr/sbin/x', type_id: 1 },
        parent_process: { pid: 1, name: 'systemd' },
      },
    },
    device: {
      hostname: 'bench-1',
      type_id: 1,
      uid: assetId,
      os: { name: 'Debian', type_id: 200, version: '12' },
    },
    file: {
      name: path.split('/').at(-1),
      path,
      type_id: 1,
      size: index,
      hashes: [
        { algorithm_id: 3, algorithm: 'SHA-256', value: createHash('sha256').update(path).digest('hex') },
      ],
      owner: { uid: '0', name: 'root' },
    },
    metadata: {
      uid: randomUUID(),
      version: '1.8.0',
      product: { name: 'Demarc', vendor_name: 'Demarc' },
      profiles: ['host'],
    },
    unmapped: { aspects: ['content'], seen_by: 'real-time' },
  };
}

let lines = batchLines();
const seconds = await interleaved(
  [
    {
      name: 'road',
      async run() {
        lines = batchLines();
        const startedAt = performance.now();
        for (const batch of lines) {
          const events = batch
            .split('\n')
            .map((line, index) => ({ index, event: (JSON.parse(line) as { event: OcsfEvent }).event }));
          const batchToken = createHash('sha256').update(batch).digest('hex');
          const receipt = await carry(siem, tenant, { batchToken, assetId, events });
          if (receipt.acceptedCount !== BATCH)
            throw new Error(`only ${receipt.acceptedCount} of ${BATCH} were accepted`);
        }
        return (performance.now() - startedAt) / 1_000;
      },
    },
    {
      name: 'parse',
      async run() {
        const startedAt = performance.now();
        let count = 0;
        for (const batch of lines)
          for (const line of batch.split('\n')) count += (JSON.parse(line) as { kind: string }).kind.length;
        if (count === 0) throw new Error('nothing was parsed');
        return (performance.now() - startedAt) / 1_000;
      },
    },
    {
      name: 'insert',
      async run() {
        // The same rows, taken from what the road stored, made ready outside the measurement.
        const bodies = lines.map((batch) => {
          const rows = batch.split('\n').map((line) => {
            const { event: found } = JSON.parse(line) as {
              event: OcsfEvent & { message: string; file: { path: string } };
            };
            return JSON.stringify({
              tenant_id: 'raw',
              time: found.time,
              uid: found.metadata.uid,
              batch: 'a'.repeat(64),
              asset_id: assetId,
              class_uid: 1_001,
              activity_id: 3,
              severity_id: 1,
              message: found.message,
              file_path: found.file.path,
              process_name: 'p',
              process_path: '/usr/sbin/x',
              user_name: 'u',
              hostname: 'bench-1',
              rule_uid: '',
              received_at: found.time,
              original_time: null,
              retention_days: 90,
              raw: JSON.stringify(found),
            });
          });
          return Buffer.from(rows.join('\n'));
        });
        const startedAt = performance.now();
        for (const body of bodies) {
          const { stream } = await client.exec({
            query: 'INSERT INTO events FORMAT JSONEachRow',
            values: Readable.from([body], { objectMode: false }),
          });
          for await (const _ of stream) {
            // Read to its end.
          }
        }
        return (performance.now() - startedAt) / 1_000;
      },
    },
  ],
  ROUNDS,
);
await siem.reader.close();
await client.close();

const of = (name: string): number => median(seconds.get(name) ?? []);
for (const name of ['road', 'parse', 'insert'])
  show(`${name} of ${TOTAL} events`, seconds.get(name) ?? [], `${Math.round(TOTAL / of(name))} events/s`);
ratio('road / JSON.parse', of('road') / of('parse'), 'recorded');
ratio('road / raw ClickHouse insert', of('road') / of('insert'), 'recorded');
