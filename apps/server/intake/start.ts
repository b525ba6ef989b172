/** The intake as this server runs it: its listeners, its directory, and what its sources are administered with. */
import { randomBytes, X509Certificate } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Layout, Listen, Settings } from '@demarc/platform/config';
import { type CertificateAuthority, makeRequest, type ServerCertificate } from '@demarc/platform/identity';
import type { PostgresStore } from '@demarc/platform/stores';
import { engineUser } from '@demarc/platform/stores/engines';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, type Siem } from '@demarc/siem';
import { type Administration, administration, baseEvent, Intake } from '@demarc/siem/intake';
import { listTenants } from '../tenants.ts';

const KEY_BYTES = 32;
/** A sender's certificate is renewed by hand. */
const CERTIFICATE_SECONDS = 397 * 86_400;
/** What the stores need to take over what waits. */
const FREE_BYTES_MIN = 134_217_728; // 128 MiB

export interface IntakeDeps {
  readonly settings: Settings;
  readonly paths: Layout;
  readonly store: PostgresStore;
  readonly siem: Siem;
  readonly authority: CertificateAuthority;
  readonly server: ServerCertificate;
  /** Who the server is once it has given up root's rights. */
  readonly user: string;
  now(): number;
  log(line: string, error?: unknown): void;
}

export interface ServerIntake {
  readonly intake: Intake;
  readonly sources: Administration;
  /** Last, and as the user that the server stays: what it makes must be its own. */
  start(): Promise<void>;
}

/** Takes the ports; sources are started afterwards. */
export async function openServerIntake(deps: IntakeDeps): Promise<ServerIntake> {
  const { settings, paths, store, siem, authority, now, log } = deps;
  const user = engineUser(deps.user);
  mkdirSync(paths.intake, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(paths.intake, user.uid, user.gid);
  const intake = new Intake({
    directory: paths.intake,
    listen: {
      http: on(settings.DEMARC_INTAKE_HTTP),
      https: on(settings.DEMARC_INTAKE_HTTPS),
      syslogUdp: on(settings.DEMARC_INTAKE_SYSLOG_UDP),
      syslogTcp: on(settings.DEMARC_INTAKE_SYSLOG_TCP),
      syslogTls: on(settings.DEMARC_INTAKE_SYSLOG_TLS),
      ports: settings.DEMARC_INTAKE_PORTS === 'off' ? undefined : settings.DEMARC_INTAKE_PORTS,
    },
    server: deps.server,
    authorityPem: authority.certificatePem,
    filesRoot: settings.DEMARC_INTAKE_FILES,
    normalise: baseEvent,
    carry: (tenant, batch) => carry(siem, tenant, batch),
    spoolBytesMax: settings.DEMARC_INTAKE_SPOOL_BYTES_MAX,
    freeBytesMin: FREE_BYTES_MIN,
    now,
    monotonic: () => performance.now(),
    log,
  });
  await intake.listen();
  const sources = administration({
    intake,
    inTenant: store.inTenant,
    secretKey: secretKey(paths.intakeKey),
    publicHost: settings.DEMARC_LINK_NAMES[0] ?? '127.0.0.1',
    async issue({ tenantId }, sourceId) {
      const { key: privateKey, csr } = await makeRequest();
      const identity = { tenantId, assetId: sourceId };
      const { pem: certificate } = await authority.signClient(csr, identity, CERTIFICATE_SECONDS, now());
      const { fingerprint256 } = new X509Certificate(certificate);
      return { certificate, privateKey, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
    },
    now,
  });
  return {
    intake,
    sources,
    async start() {
      for (const { tenantId } of await listTenants(store))
        await sources.start(grantTenantScope(tenantId), (sourceId, error) =>
          log(`intake: source ${sourceId} of ${tenantId} could not be started`, error),
        );
    },
  };
}

const on = (setting: Listen | 'off'): Listen | undefined => (setting === 'off' ? undefined : setting);

/** Made once; backups of the keys hold it, backups of the database do not. */
function secretKey(file: string): Buffer {
  try {
    writeFileSync(file, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file);
}
