/**
 * What integration tests of the server share: the real stores, the road over them, and assurance with what rooms
 * observe, put together as the server does it. Nothing goes by itself: tests set the clock and ask for rounds.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Assurance, assuranceMigrations, loadCatalogue } from '@demarc/assurance';
import { type EvidenceSource, SourceSchedule } from '@demarc/assurance/sources';
import { managedServices } from '@demarc/platform/contract';
import type { PlatformStatus } from '@demarc/platform/contract/api';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import { openDelivery } from '@demarc/platform/delivery';
import { type EvidenceKey, openEvidenceKey } from '@demarc/platform/evidence';
import { migrate, openClickHouse, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { ensureEventTable, openSiem, type Siem, siemMigrations } from '@demarc/siem';
import { enrolledAsset, listAssets, sawAsset } from './link/assets.ts';
import { linkMigrations } from './link/migrations.ts';
import { serverMigrations } from './migrations.ts';
import { roomContexts } from './rooms/contexts.ts';
import { roomSources } from './rooms/observers.ts';
import { ensureFirstTenant, FIRST_TENANT } from './tenants.ts';

/** So long that no evidence of a rule grows old sooner than its catalogue says. */
const YEAR_SECONDS = 31_536_000;
const OS = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };

interface StoreOptions {
  readonly rooms?: readonly ServerRoom[];
  /** In force for every tenant; none unless given. */
  readonly rules?: Parameters<typeof openSiem>[0]['rules'];
  readonly retentionDays?: number;
  now(): number;
}

export interface TestStores extends AsyncDisposable {
  /** Of its own, mode 0700. */
  readonly directory: string;
  readonly postgres: TestPostgres;
  readonly clickhouse: TestClickHouse;
  readonly store: PostgresStore;
  readonly siem: Siem;
  /** The platform's. */
  readonly key: EvidenceKey;
}

/** Both engines with everything that the server and the rooms keep in them, and the road. */
export async function openTestStores(options: StoreOptions): Promise<TestStores> {
  const { rooms = [], rules = [], retentionDays = 90 } = options;
  await using opened = new AsyncDisposableStack();
  const directory = opened.adopt(mkdtempSync(join(tmpdir(), 'demarc-server-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  const engines = [startTestPostgres(), startTestClickHouse()] as const;
  // Also where one of them does not start: the other would hold the test's process for ever.
  opened.defer(async () => {
    const started = await Promise.allSettled(engines);
    const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(running.map((engine) => engine[Symbol.asyncDispose]()));
  });
  const [postgres, clickhouse] = await Promise.all(engines);
  await migrate(postgres.ownerConnection, {
    ...serverMigrations,
    ...linkMigrations,
    ...siemMigrations,
    ...assuranceMigrations,
    ...Object.assign({}, ...rooms.map(({ migrations }) => migrations)),
  });
  const store = opened.use(openPostgres({ connection: postgres.connection }));
  await ensureFirstTenant(store);
  const siem = openSiem({
    inTenant: store.inTenant,
    clickhouse: openClickHouse(clickhouse),
    reader: openClickHouse(clickhouse.reader),
    rules,
    retentionDays: async () => retentionDays,
    now: () => options.now(),
  });
  opened.defer(async () => {
    await Promise.all([siem.clickhouse.close(), siem.reader.close()]);
  });
  await ensureEventTable(siem.clickhouse);
  const key = openEvidenceKey(directory);
  const kept = opened.move();
  const dispose = (): Promise<void> => kept.disposeAsync();
  return { directory, postgres, clickhouse, store, siem, key, [Symbol.asyncDispose]: dispose };
}

interface ServerOptions extends StoreOptions {
  readonly rooms: readonly ServerRoom[];
  /** Beside what the rooms observe; asked before there is assurance. */
  readonly sources?: (stores: TestStores) => readonly EvidenceSource[];
  readonly freshSecondsMax?: number;
}

export interface TestMachine {
  readonly assetId: string;
  /** One exchange of its agent. @param aheadMs of its clock @param rooms as the header has them */
  seen(said?: { readonly aheadMs?: number; readonly rooms?: readonly object[] }): Promise<void>;
}

export interface TestServer extends TestStores {
  readonly assurance: Assurance;
  /** Of the first tenant. */
  readonly schedule: SourceSchedule;
  readonly contexts: ReadonlyMap<string, ServerRoomContext>;
  /** A machine of the first tenant. */
  enrolled(hostname: string): Promise<TestMachine>;
}

export async function openTestServer(options: ServerOptions): Promise<TestServer> {
  const { rooms, freshSecondsMax = YEAR_SECONDS } = options;
  const tenant = grantTenantScope(FIRST_TENANT.tenantId);
  const now = (): number => options.now();
  const log = (line: string, error?: unknown): void => console.error(line, error);
  await using opened = new AsyncDisposableStack();
  const stores = opened.use(await openTestStores(options));
  const { store, siem, key, directory } = stores;
  const running: { contexts?: ReadonlyMap<string, ServerRoomContext> } = {};
  const sources = [
    ...(options.sources?.(stores) ?? []),
    ...roomSources(rooms, (serviceId) => running.contexts?.get(serviceId)),
  ];
  const assurance = opened.use(
    new Assurance({
      inTenant: store.inTenant,
      catalogue: loadCatalogue(),
      services: managedServices(rooms.map(({ service }) => service)),
      sources,
      platformKey: key,
      freshSecondsMax,
      assets: async (of) =>
        (await listAssets(store, of, now())).map(({ assetId, name, type }) => ({ assetId, name, type })),
      onChange: () => undefined,
      now,
    }),
  );
  const contexts = roomContexts({
    store,
    siem,
    assurance,
    rooms,
    delivery: await openDelivery({ smtpUrl: undefined, from: 'demarc@example.org', now }),
    feedSources: 'off',
    directory: join(directory, 'rooms'),
    user: 'root',
    freshSecondsMax,
    now,
    log,
  });
  running.contexts = contexts;
  const schedule = opened.use(
    new SourceSchedule({
      sources,
      key,
      tenants: async () => [tenant],
      look: (of, at) => assurance.look(of, at),
      observed: (of, observed) => assurance.observed(of, observed),
      onError: log,
      now,
    }),
  );
  // Compiled here, before a source that has its time waits for it.
  await siem.rulesets.of(tenant);
  const kept = opened.move();
  return {
    ...stores,
    assurance,
    schedule,
    contexts,
    enrolled: (hostname) => enrolledMachine(store, hostname, now),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function enrolledMachine(
  store: PostgresStore,
  hostname: string,
  now: () => number,
): Promise<TestMachine> {
  const tenant = grantTenantScope(FIRST_TENANT.tenantId);
  const machineId = createHash('sha256').update(hostname).digest('hex').slice(0, 32);
  const request = { token: '', csr: '', hostname, machineId, os: OS };
  const assetId = await enrolledAsset(store, tenant, request, '127.0.0.1', now());
  return {
    assetId,
    async seen({ aheadMs = 0, rooms = [] } = {}) {
      const header = { hostname, agentVersion: '0', os: OS, sentAtMs: now() + aheadMs, dropped: [], rooms };
      await sawAsset(store, tenant, assetId, header as never, now());
    },
  };
}

/** What the supervisor would say of these parts: each is well, unless it is said why not. */
export function partsOf(
  names: readonly string[],
  unwell: ReadonlyMap<string, string> = new Map(),
): PlatformStatus['parts'] {
  return names.map((name) => {
    const because = unwell.get(name);
    const state = because === undefined ? 'healthy' : 'failed';
    return { name, pid: 1, restartCount: 0, health: { state, because: because ?? 'answers', sinceMs: 0 } };
  });
}
