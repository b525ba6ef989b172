/** The server: stores, road, assurance, link and API in one process, without root's rights once it runs. */
import { chownSync, createReadStream, existsSync, statSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Assurance, assuranceMigrations, CATALOGUE_FILE, loadCatalogue } from '@demarc/assurance';
import { RECORD_SOURCES, SourceSchedule } from '@demarc/assurance/sources';
import { managedServiceOf, managedServices } from '@demarc/platform/contract';
import type { LiveMessage } from '@demarc/platform/contract/api';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { openDelivery } from '@demarc/platform/delivery';
import { DemarcError } from '@demarc/platform/errors';
import { openEvidenceKey } from '@demarc/platform/evidence';
import { hashToken, openAuthority } from '@demarc/platform/identity';
import { openLog } from '@demarc/platform/log';
import {
  migrate,
  openClickHouse,
  openPostgres,
  prepareExternalClickHouse,
  prepareExternalPostgres,
} from '@demarc/platform/stores';
import { engineUser } from '@demarc/platform/stores/engines';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, ensureEventTable, openSiem, siemMigrations, startSiemWork } from '@demarc/siem';
import type { Intake } from '@demarc/siem/intake';
import { CompileWorker, ProviderDirectory } from '@demarc/siem/rules';
import { AccessLog } from './access-log.ts';
import { FirstAdministrator } from './accounts.ts';
import { buildApi } from './api/api.ts';
import { readConsole } from './api/console-files.ts';
import { readConfig, type ServerConfig } from './config.ts';
import { serverErrors } from './errors.ts';
import { RuleFiles } from './evidence/record.ts';
import { FOREIGN_EVIDENCE, ownerOf, platformSources, TENANCY_SOURCE } from './evidence/sources.ts';
import type { Exporter } from './exports/exporter.ts';
import { openServerIntake } from './intake/start.ts';
import { createEnrollmentToken, listAssets } from './link/assets.ts';
import { linkCertificate, pinOf, renewedCertificate } from './link/certificate.ts';
import { linkErrors } from './link/errors.ts';
import { installerScript } from './link/installer.ts';
import { startLink } from './link/listener.ts';
import { linkMigrations } from './link/migrations.ts';
import { serverMigrations } from './migrations.ts';
import { ordersInForce, tellOrders } from './orders/orders.ts';
import { policiesFor } from './policies/policies.ts';
import { policySources } from './policies/sources.ts';
import { roomContexts } from './rooms/contexts.ts';
import { roomSources } from './rooms/observers.ts';
import { RoomWorkSchedule } from './rooms/work.ts';
import { ROOMS } from './services.ts';
import { DETECTIONS, shippedRules } from './shipped-rules.ts';
import { platformStatus } from './status.ts';
import { ensureFirstTenant, listTenants, retentionOf } from './tenants.ts';

const SERVER_USER = 'demarc';
const RENEWAL_CHECK_MS = 3_600_000;
const DAY_MS = 86_400_000;
const FORGET_EVERY_MS = DAY_MS / 4;
const now = (): number => Date.now();
const say = openLog();
const log = (line: string, error?: unknown): void => {
  const cause =
    error instanceof Error ? (error.stack ?? error.message) : error === undefined ? '' : String(error);
  say(`${line}${cause === '' ? '' : ` ${cause}`}`);
};

export async function serve(exporter: Exporter): Promise<void> {
  try {
    await main(readConfig(), exporter);
  } catch (error) {
    if (error instanceof DemarcError)
      console.error(`${error.code}: ${error.message} Next step: ${error.fix}`);
    else log('the server could not start', error);
    process.exit(1);
  }
}

async function main(config: ServerConfig, exporter: Exporter): Promise<void> {
  const { settings, paths, stores } = config;
  const rooms = ROOMS;
  if (settings.DEMARC_POSTGRES_URL !== undefined)
    await prepareExternalPostgres(settings.DEMARC_POSTGRES_URL, config.serverPassword);
  if (settings.DEMARC_CLICKHOUSE_URL !== undefined) await prepareExternalClickHouse(stores.eventWriter);
  await migrate(stores.owner, {
    ...serverMigrations,
    ...linkMigrations,
    ...siemMigrations,
    ...assuranceMigrations,
    ...Object.assign({}, ...rooms.map((room) => room.migrations)),
  });
  const store = openPostgres({ connection: stores.server });
  await ensureFirstTenant(store);
  const clickhouse = openClickHouse(stores.eventWriter);
  await ensureEventTable(clickhouse);
  const compiler = new CompileWorker();
  const siem = openSiem({
    inTenant: store.inTenant,
    clickhouse,
    reader: openClickHouse(stores.eventReader),
    rules: shippedRules(),
    compiler,
    onError: log,
    retentionDays: retentionOf(store, now),
    now,
  });
  const allTenants = async (): Promise<readonly TenantScope[]> =>
    (await listTenants(store)).map(({ tenantId }) => grantTenantScope(tenantId));
  const publish = (tenant: TenantScope, message: LiveMessage): void => siem.watchers.publish(tenant, message);
  const key = openEvidenceKey(paths.keys);
  const running: { intake?: Intake; contexts?: ReadonlyMap<string, ServerRoomContext> } = {};
  const observers = platformSources({
    store,
    siem,
    freshSecondsMax: settings.DEMARC_EVIDENCE_FRESH_SECONDS_MAX,
    status: () => platformStatus(paths, siem, assurance, schedule, running.intake),
    rules: new RuleFiles([CATALOGUE_FILE, ...DETECTIONS], now),
    integrity: (...query) => assurance.integrity(...query),
    platformKeyPem: key.publicKeyPem,
    history: (...query) => assurance.evidenceHistory(...query),
  });
  const observed = roomSources(rooms, (serviceId) => running.contexts?.get(serviceId));
  const sources = [...observers, ...RECORD_SOURCES, ...observed];
  const assurance: Assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: managedServices(rooms.map(({ service }) => service)),
    freshSecondsMax: settings.DEMARC_EVIDENCE_FRESH_SECONDS_MAX,
    assets: async (tenant) =>
      (await listAssets(store, tenant, now())).map(({ assetId, name, type }) => ({ assetId, name, type })),
    sources,
    platformKey: key,
    ownerOf: (evidence) => ownerOf(store, evidence),
    onChange: (tenant, reason) => publish(tenant, { kind: 'matrix', reason }),
    onActs: (tenant) => schedule.acted(tenant),
    onForeignEvidence: (tenant, assetId, evidence) => {
      log(`assurance: ${assetId} of ${tenant.tenantId} sent evidence that another tenant's asset signed`);
      const finding = {
        rule: 'PLT-07.1',
        assetId: 'tenant',
        result: 'fail',
        because: `${assetId} sent evidence for ${evidence.rule} that an asset of another tenant had signed; it was refused.`,
        raw: { incident: FOREIGN_EVIDENCE, from: assetId, uid: evidence.uid, digest: evidence.digest },
      } as const;
      schedule
        .report(tenant, TENANCY_SOURCE, finding)
        .catch((error: unknown) => log('assurance: PLT-07 could not be told', error));
    },
    onError: ({ tenantId }, error) => log(`assurance: the matrix of ${tenantId} could not be kept`, error),
    now,
    monotonic: () => performance.now(),
  });
  const schedule: SourceSchedule = new SourceSchedule({
    sources,
    key,
    tenants: allTenants,
    look: (tenant, at) => assurance.look(tenant, at),
    observed: (tenant, observed) => assurance.observed(tenant, observed),
    onError: (line, error) => log(`assurance: ${line}`, error),
    now,
  });

  const forgets = setInterval(() => void forget(), FORGET_EVERY_MS);
  forgets.unref();
  async function forget(): Promise<void> {
    const beforeMs = now() - settings.DEMARC_EVIDENCE_DAYS * DAY_MS;
    try {
      for (const { tenantId } of await listTenants(store)) {
        const count = await assurance.forgetEvidence(grantTenantScope(tenantId), beforeMs);
        if (count > 0) log(`assurance: ${count} pieces of old evidence of ${tenantId} were forgotten`);
      }
    } catch (error) {
      log('assurance: old evidence could not be forgotten', error);
    }
  }

  const work = startSiemWork(siem, {
    tenants: allTenants,
    onError: log,
  });
  const providerRules =
    settings.DEMARC_RULES_DIR === undefined
      ? undefined
      : new ProviderDirectory({
          path: settings.DEMARC_RULES_DIR,
          onFiles: (files) => siem.rulesets.setProviderFiles(files),
          onError: log,
        });
  await providerRules?.read();

  const authority = await openAuthority(paths.keys, now());
  const certificate = await linkCertificate(authority, paths.keys, settings.DEMARC_LINK_NAMES, now());
  const linkUrl = `https://${settings.DEMARC_LINK_NAMES[0] ?? hostOf(settings.DEMARC_LINK_LISTEN.host)}:${settings.DEMARC_LINK_LISTEN.port}`;
  const apiUrl = `http://${hostOf(settings.DEMARC_API_LISTEN.host)}:${settings.DEMARC_API_LISTEN.port}`;
  const first = new FirstAdministrator(store, paths.firstAdministrator, now);
  await first.offer(apiUrl);
  const consoleFiles = readConsole();
  const enrollment = async (tenant: TenantScope, createdBy: string) => {
    const { secret, expiresAtMs } = await createEnrollmentToken(store, tenant, createdBy, now());
    const token = `${secret}.${authority.fingerprint}`;
    return {
      token,
      expiresAtMs,
      // The pinned key makes up for the authority that this machine does not know yet.
      command: `curl -fsS --insecure --pinnedpubkey 'sha256//${pinOf(certificate)}' ${linkUrl}/link/v1/install.sh | sh -s -- ${token}`,
      enrollCommand: `demarc-agent enroll --server ${linkUrl}`,
    };
  };

  const link = await listening('DEMARC_LINK_LISTEN', settings.DEMARC_LINK_LISTEN, () =>
    startLink({
      listen: settings.DEMARC_LINK_LISTEN,
      server: certificate,
      authority,
      store,
      certificateSeconds: settings.DEMARC_CERTIFICATE_SECONDS,
      async carry(tenant, assetId, exchange, publicKeysPem) {
        const { header, events, evidence, rejected, bytesHint } = exchange;
        if (header.batchToken === undefined || header.recordCount === 0) return undefined;
        // Both halves are idempotent: a crash between them repeats work and no row.
        const taken = await assurance.intake(
          tenant,
          assetId,
          evidence.map((item) => item.evidence),
          { receivedAtMs: now(), publicKeysPem },
        );
        const receipt = await carry(siem, tenant, {
          batchToken: header.batchToken,
          assetId,
          events,
          malformed: rejected,
          bytesHint,
        });
        const refused = taken.refused.map(({ uid, because }) => ({
          index: evidence.find((item) => item.evidence.uid === uid)?.index ?? 0,
          code: 'ASSURANCE_EVIDENCE_REFUSED',
          detail: because,
        }));
        return {
          ...receipt,
          acceptedCount: receipt.acceptedCount + taken.accepted,
          duplicateCount: receipt.duplicateCount + taken.duplicates,
          rejected: [...receipt.rejected, ...refused],
        };
      },
      async policiesFor(tenant, assetId) {
        const entitled = await assurance.entitledServices(tenant, assetId);
        const bought = rooms
          .map(({ service }) => service)
          .filter((service) => entitled.includes(managedServiceOf(service)));
        const sources = policySources({ assurance, rooms, store, now }, tenant);
        const policies = await policiesFor(store, tenant, assetId, bought, sources);
        const orders = await ordersInForce(store, tenant, assetId, now());
        return policies.map(({ serviceId, policyVersion, policy }) => ({
          serviceId,
          policyVersion,
          policy,
          orders: [...(orders.get(serviceId) ?? [])],
        }));
      },
      async onSeen(tenant, assetId, { header, evidence }) {
        await tellOrders(
          store,
          tenant,
          assetId,
          header.rooms.flatMap(({ orders }) => orders),
        );
        publish(tenant, { kind: 'asset', assetId, state: 'online' });
        for (const { evidence: item } of evidence)
          publish(tenant, { kind: 'evidence', assetId, rule: item.rule, result: item.result });
      },
      onEnrolled: async (tenant) => assurance.sync(tenant),
      installer: async () => installerScript({ linkUrl, pin: pinOf(certificate) }),
      agentPackage: async () => {
        const file = `${paths.packages}/demarc-agent.deb`;
        const found = statSync(file, { throwIfNoEntry: false });
        if (found === undefined)
          throw linkErrors.make('LINK_PACKAGE_UNAVAILABLE', { because: 'it is still being built' });
        return { bytes: found.size, open: () => createReadStream(file, { end: found.size - 1 }) };
      },
      log,
      now,
    }),
  );
  const {
    intake,
    sources: intakeSources,
    start: startIntake,
  } = await openServerIntake({
    settings,
    paths,
    store,
    siem,
    authority,
    server: certificate,
    user: SERVER_USER,
    now,
    log,
  }).catch((error: unknown) => {
    throw intakeCannotListen(settings, error);
  });
  running.intake = intake;
  const contexts = roomContexts({
    store,
    siem,
    assurance,
    rooms,
    delivery: await openDelivery({ smtpUrl: settings.DEMARC_SMTP_URL, from: settings.DEMARC_SMTP_FROM, now }),
    feedSources: settings.DEMARC_FEEDS_FILE,
    directory: paths.rooms,
    user: SERVER_USER,
    freshSecondsMax: settings.DEMARC_EVIDENCE_FRESH_SECONDS_MAX,
    now,
    log,
  });
  running.contexts = contexts;
  const roomWork = new RoomWorkSchedule({ rooms, contexts, tenants: allTenants, now, log });
  const access = new AccessLog(store, now, (error) => log('the access log could not be written', error));
  const api = await buildApi({
    access,
    exporter,
    platformKeyPem: key.publicKeyPem,
    store,
    siem,
    assurance,
    sources: intakeSources,
    rooms,
    roomContexts: contexts,
    first,
    cliTokenHash: hashToken(config.cliToken),
    hostNames: ['localhost', '127.0.0.1', '::1', settings.DEMARC_API_LISTEN.host.toLowerCase()],
    enrollment,
    status: () => platformStatus(paths, siem, assurance, schedule, running.intake),
    publish,
    console: consoleFiles,
    now,
    log,
  });
  await listening('DEMARC_API_LISTEN', settings.DEMARC_API_LISTEN, () =>
    api.listen({ host: settings.DEMARC_API_LISTEN.host, port: settings.DEMARC_API_LISTEN.port }),
  );
  // Afterwards nothing may be written where the program lies.
  flushCompileCache();
  // Workers read their programs by themselves, and in a closed checkout only as long as this is root.
  await Promise.all([compiler.ready, exporter.start().catch(() => undefined)]);
  for (const room of rooms) {
    const context = contexts.get(room.service.id);
    if (context !== undefined) await room.prepare?.(context);
  }
  dropPrivileges(paths.firstAdministrator);
  await startIntake();
  schedule.start();
  roomWork.start();
  log(`server ready: ${apiUrl}, link ${linkUrl}`);
  siem.rulesets.warm();

  let presented = certificate;
  const renewal = setInterval(() => {
    void renewedCertificate(authority, presented, settings.DEMARC_LINK_NAMES, now()).then(
      (renewed) => {
        if (renewed === undefined) return;
        presented = renewed;
        link.present(renewed);
        intake.present(renewed);
        log('the link’s certificate was renewed');
      },
      (error: unknown) => log('the link’s certificate could not be renewed', error),
    );
  }, RENEWAL_CHECK_MS);

  await stopRequested();
  clearInterval(renewal);
  clearInterval(forgets);
  log('server stopping');
  schedule[Symbol.dispose]();
  await roomWork[Symbol.asyncDispose]();
  assurance[Symbol.dispose]();
  await link[Symbol.asyncDispose]();
  await intake[Symbol.asyncDispose]();
  // Live streams never end by themselves.
  api.server.closeAllConnections();
  await api.close();
  await access[Symbol.asyncDispose]();
  providerRules?.[Symbol.dispose]();
  await work[Symbol.asyncDispose]();
  await compiler[Symbol.asyncDispose]();
  await Promise.all([siem.clickhouse.close(), siem.reader.close(), store[Symbol.asyncDispose]()]);
  process.exit(0);
}

/** The intake says which of its listeners it was. */
function intakeCannotListen(settings: ServerConfig['settings'], error: unknown): unknown {
  const { setting } = error as { readonly setting?: IntakeListenSetting };
  const at = setting === undefined ? 'off' : settings[setting];
  return setting === undefined || at === 'off' ? error : cannotListen(setting, at, error);
}

type IntakeListenSetting = Extract<
  keyof ServerConfig['settings'],
  `DEMARC_INTAKE_${'HTTP' | 'SYSLOG'}${string}`
>;

/** @throws SERVER_CANNOT_LISTEN */
async function listening<T>(
  setting: string,
  at: { readonly host: string; readonly port: number },
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw cannotListen(setting, at, error);
  }
}

function cannotListen(
  setting: string,
  { host, port }: { readonly host: string; readonly port: number },
  error: unknown,
): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const because =
    code === 'EADDRINUSE'
      ? 'the port is taken.'
      : code === 'EADDRNOTAVAIL'
        ? 'this machine does not have that address.'
        : code === 'EACCES'
          ? 'ports below 1024 are for root.'
          : undefined;
  if (because === undefined) return error;
  const at = `${host}:${port}`;
  return serverErrors.make('SERVER_CANNOT_LISTEN', { at, setting, because }, { cause: message });
}

/** Last: everything that only root may read or open is read and open by now. */
function dropPrivileges(firstAdministratorFile: string): void {
  const user = engineUser(SERVER_USER);
  if (user === undefined) return;
  if (existsSync(firstAdministratorFile)) chownSync(firstAdministratorFile, user.uid, user.gid);
  process.setgroups?.([user.gid]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
}

function hostOf(host: string): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}

/** Under the supervisor, standard input is a pipe whose end says that the parent is gone. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    process.stdin
      .once('end', resolve)
      .once('error', () => resolve())
      .resume();
  });
}
