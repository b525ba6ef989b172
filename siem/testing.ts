/** What the tests of this folder share: the real stores, a road over them, and events to send along it. */
import { createHash, randomUUID } from 'node:crypto';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { migrate, openClickHouse, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '@demarc/platform/stores/testing';
import {
  type Batch,
  type BatchEvent,
  ensureEventTable,
  openSiem,
  type Siem,
  type SiemOptions,
  siemMigrations,
} from './siem.ts';

export const NOW = Date.parse('2026-11-20T12:00:00.000Z');
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export const shadowRule = {
  file: 'shadow.yml',
  text: `
title: Shadow file changed
id: 0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d
logsource: { product: linux, category: file_activity }
level: high
tags: [attack.credential-access, attack.t1003.008]
detection:
  selection: { file.path: /etc/shadow }
  condition: selection`,
};

const DEFAULTS = { rules: [shadowRule], retentionDays: async () => 3_650, now: () => NOW };

type Options = Partial<Pick<SiemOptions, 'rules' | 'retentionDays' | 'now'>>;

export interface TestRoad extends AsyncDisposable {
  readonly siem: Siem;
  /** Another one over the same stores. */
  readonly open: (options: Options) => Siem;
  readonly postgres: TestPostgres;
  readonly clickhouse: TestClickHouse;
}

export async function openTestRoad(options: Options = {}): Promise<TestRoad> {
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  await migrate(postgres.ownerConnection, siemMigrations);
  const store = openPostgres({ connection: postgres.connection });
  const siem = openTestSiem(store, clickhouse, options);
  await ensureEventTable(siem.clickhouse);
  return {
    siem,
    open: (others) =>
      openSiem({
        ...DEFAULTS,
        inTenant: store.inTenant,
        clickhouse: siem.clickhouse,
        reader: siem.reader,
        ...others,
      }),
    postgres,
    clickhouse,
    async [Symbol.asyncDispose]() {
      await siem.clickhouse.close();
      await siem.reader.close();
      await store[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      await clickhouse[Symbol.asyncDispose]();
    },
  };
}

export function openTestSiem(
  store: PostgresStore,
  clickhouse: Pick<TestClickHouse, 'url' | 'username' | 'password' | 'database' | 'reader'>,
  options: Options = {},
): Siem {
  return openSiem({
    ...DEFAULTS,
    inTenant: store.inTenant,
    clickhouse: openClickHouse(clickhouse),
    reader: openClickHouse(clickhouse.reader),
    ...options,
  });
}

/** A file change that happened at `time`, told by the uid. */
export function change(path: string, time = NOW - 1_000, uid: string = randomUUID()): OcsfEvent {
  return {
    class_uid: 1_001,
    category_uid: 1,
    activity_id: 3,
    type_uid: 100_103,
    severity_id: 1,
    time,
    message: `${path} changed`,
    actor: { process: { pid: 7, name: 'vi', user: { name: 'root' } } },
    device: { hostname: 'db-1', type_id: 1, uid: 'as the agent says' },
    file: { name: path.split('/').at(-1), path, type_id: 1 },
    metadata: {
      uid,
      version: '1.8.0',
      product: { name: 'Demarc', vendor_name: 'Demarc' },
      profiles: ['host'],
    },
  };
}

export function batchOf(
  events: readonly OcsfEvent[],
  assetId: string,
): Batch & { readonly events: readonly BatchEvent[] } {
  const batchToken = createHash('sha256').update(JSON.stringify(events)).digest('hex');
  return { batchToken, assetId, events: events.map((event, index) => ({ index, event })) };
}

/** The lines of an exchange, as an agent writes them. */
export function linesOf(events: readonly unknown[]): Buffer {
  return Buffer.from(events.map((event) => JSON.stringify({ kind: 'event', event })).join('\n'));
}

export const allTime = {
  from: new Date(NOW - 300 * DAY_MS).toISOString(),
  to: new Date(NOW + DAY_MS).toISOString(),
};
