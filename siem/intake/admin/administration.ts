/** What a tenant does with its sources: add, look at, change, give a new secret, remove. */
import { createHmac, randomUUID } from 'node:crypto';
import type {
  ChangeSource,
  MadeSource,
  NewSource,
  Source,
  SourceDetail,
  SourceSecret,
} from '@demarc/platform/contract/intake';
import { hashToken, newToken } from '@demarc/platform/identity';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { intakeErrors } from '../errors.ts';
import type { Intake } from '../intake.ts';
import type { RunningSource, SourceDefinition } from '../source.ts';
import { endpointOf, type PublicNames } from './endpoint.ts';
import {
  deleteSource,
  insertSource,
  readSources,
  SOURCES_MAX,
  type SourceRow,
  updateSource,
} from './table.ts';

export interface AdministrationDeps extends PublicNames {
  readonly intake: Intake;
  readonly inTenant: InTenant;
  /** What signing secrets follow from; whoever has the database alone has none of them. */
  readonly secretKey: Uint8Array;
  /** A certificate of the platform's authority for a sender that has none. */
  issue(
    tenant: TenantScope,
    sourceId: string,
  ): Promise<{ readonly certificate: string; readonly privateKey: string; readonly fingerprint: string }>;
  now(): number;
}

export type Administration = ReturnType<typeof administration>;

export function administration(deps: AdministrationDeps) {
  const { intake, inTenant } = deps;

  /** @throws INTAKE_SOURCE_UNKNOWN */
  async function rowOf(tenant: TenantScope, sourceId: string): Promise<SourceRow> {
    const row = (await readSources(inTenant, tenant)).find(({ source_id: id }) => id === sourceId);
    if (row === undefined) throw intakeErrors.make('INTAKE_SOURCE_UNKNOWN', { sourceId });
    return row;
  }

  /** @throws INTAKE_SOURCE_UNKNOWN when another server has it, or it could not be started */
  function runningOf({ source_id: sourceId }: SourceRow): RunningSource {
    const source = intake.sources.byId(sourceId);
    if (source === undefined) throw intakeErrors.make('INTAKE_SOURCE_UNKNOWN', { sourceId });
    return source;
  }

  function made(row: SourceRow, secret: SourceSecret): MadeSource {
    return {
      source: sourceOf(row, runningOf(row)),
      secret,
      endpoint: endpointOf(deps, intake, row),
      certificateAuthority: intake.options.authorityPem,
    };
  }

  return {
    /** At the start: those of one tenant. What cannot be started is said and does not stop the others. */
    async start(tenant: TenantScope, onError: (sourceId: string, error: unknown) => void): Promise<void> {
      for (const row of await readSources(inTenant, tenant)) {
        try {
          await intake.add(definitionOf(deps, tenant, row));
        } catch (error) {
          onError(row.source_id, error);
        }
      }
    },

    async list(tenant: TenantScope): Promise<readonly Source[]> {
      const rows = await readSources(inTenant, tenant);
      return rows.map((row) => sourceOf(row, intake.sources.byId(row.source_id)));
    },

    /** @throws INTAKE_SOURCE_UNKNOWN */
    async show(tenant: TenantScope, sourceId: string): Promise<SourceDetail> {
      const row = await rowOf(tenant, sourceId);
      const source = intake.sources.byId(sourceId);
      const refusals = [...(source?.refusals ?? [])];
      return { ...sourceOf(row, source), refusals, endpoint: endpointOf(deps, intake, row) };
    },

    /**
     * @throws INTAKE_SOURCES_TOO_MANY, INTAKE_SOURCE_CLASH, INTAKE_LISTENER_OFF, INTAKE_PORT_REFUSED,
     *   INTAKE_PATH_REFUSED
     */
    async create(tenant: TenantScope, wanted: NewSource, createdBy: string): Promise<MadeSource> {
      const rows = await readSources(inTenant, tenant);
      if (rows.length >= SOURCES_MAX)
        throw intakeErrors.make('INTAKE_SOURCES_TOO_MANY', { sourcesMax: SOURCES_MAX });
      const blank: SourceRow = {
        source_id: randomUUID(),
        ...wanted,
        enabled: true,
        token_hash: null,
        secret_number: 0,
        fingerprint: null,
        created_at_ms: deps.now(),
        created_by: createdBy,
      };
      const { row, secret } = await withSecret(deps, tenant, blank);
      const definition = definitionOf(deps, tenant, row);
      intake.refuse(definition);
      // First where it is kept: a source that runs and that nobody remembers would be worse than the reverse.
      await insertSource(inTenant, tenant, row);
      try {
        await intake.add(definition);
      } catch (error) {
        await deleteSource(inTenant, tenant, row.source_id);
        throw error;
      }
      return made(row, secret);
    },

    /** The old secret is worth nothing from now on. @throws INTAKE_SOURCE_UNKNOWN */
    async rotate(tenant: TenantScope, sourceId: string): Promise<MadeSource> {
      const before = await rowOf(tenant, sourceId);
      const source = runningOf(before);
      const { row, secret } = await withSecret(deps, tenant, {
        ...before,
        secret_number: before.secret_number + 1,
      });
      await updateSource(inTenant, tenant, row);
      intake.change(source, definitionOf(deps, tenant, row));
      return made(row, secret);
    },

    /** @throws INTAKE_SOURCE_UNKNOWN */
    async change(
      tenant: TenantScope,
      sourceId: string,
      { name, limits, enabled }: ChangeSource,
    ): Promise<Source> {
      const before = await rowOf(tenant, sourceId);
      const row: SourceRow = {
        ...before,
        name: name ?? before.name,
        limits: limits ?? before.limits,
        enabled: enabled ?? before.enabled,
      };
      await updateSource(inTenant, tenant, row);
      const source = runningOf(row);
      intake.change(source, definitionOf(deps, tenant, row));
      return sourceOf(row, source);
    },

    /** @param discard also what is not in the store yet. @throws INTAKE_SOURCE_UNKNOWN, INTAKE_SOURCE_NOT_DRAINED */
    async remove(tenant: TenantScope, sourceId: string, discard: boolean): Promise<void> {
      const row = await rowOf(tenant, sourceId);
      const source = intake.sources.byId(sourceId);
      const waiting = source?.spool.waiting ?? 0;
      if (waiting > 0 && !discard) throw intakeErrors.make('INTAKE_SOURCE_NOT_DRAINED', { waiting });
      await deleteSource(inTenant, tenant, row.source_id);
      if (source !== undefined) await intake.remove(source);
    },
  };
}

/** A new secret of the kind that the source is known by. */
async function withSecret(
  deps: AdministrationDeps,
  tenant: TenantScope,
  row: SourceRow,
): Promise<{ readonly row: SourceRow; readonly secret: SourceSecret }> {
  switch (row.settings.kind) {
    case 'http': {
      const token = newToken();
      return { row: { ...row, token_hash: hashToken(token) }, secret: { token } };
    }
    case 'webhook':
      return { row, secret: { signingSecret: signingSecretOf(deps, row) } };
    case 'syslog-tls': {
      const given = row.settings.certificateFingerprint;
      if (given !== undefined) return { row: { ...row, fingerprint: given }, secret: {} };
      const { fingerprint, ...secret } = await deps.issue(tenant, row.source_id);
      return { row: { ...row, fingerprint }, secret };
    }
    case 'syslog-udp':
    case 'syslog-tcp':
    case 'file':
      return { row, secret: {} };
  }
}

function signingSecretOf({ secretKey }: AdministrationDeps, row: SourceRow): string {
  return createHmac('sha256', secretKey)
    .update(JSON.stringify(['webhook', row.source_id, row.secret_number]))
    .digest('base64url');
}

function definitionOf(deps: AdministrationDeps, tenant: TenantScope, row: SourceRow): SourceDefinition {
  const { source_id: sourceId, name, settings, limits, enabled } = row;
  return {
    tenant,
    sourceId,
    name,
    settings,
    limits,
    enabled,
    tokenHash: row.token_hash ?? undefined,
    signingSecret: settings.kind === 'webhook' ? signingSecretOf(deps, row) : undefined,
    fingerprint: row.fingerprint ?? undefined,
  };
}

const NOTHING = {
  received: 0,
  refused: {},
  dropped: {},
  waiting: 0,
  parsed: 0,
  unparsed: 0,
  stored: 0,
  duplicates: 0,
  quarantined: {},
  waitingBytes: 0,
  spoolBytesMax: 0,
};

function sourceOf(row: SourceRow, source: RunningSource | undefined): Source {
  const last = source?.lastReceivedAtMs;
  return {
    sourceId: row.source_id,
    name: row.name,
    settings: row.settings,
    limits: row.limits,
    enabled: row.enabled,
    createdAt: new Date(row.created_at_ms).toISOString(),
    createdBy: row.created_by,
    ...(source?.state ?? { state: 'failed', because: 'it could not be started; the server’s log says why' }),
    lastReceivedAt: last === undefined ? null : new Date(last).toISOString(),
    accounting: source?.accounting ?? NOTHING,
  };
}
