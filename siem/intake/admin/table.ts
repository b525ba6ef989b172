/** Sources in PostgreSQL: what the tenant set, and by what a sender is recognised. */
import type { SourceLimits, SourceSettings } from '@demarc/platform/contract/intake';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';

export const SOURCES_MAX = 1_000;

export interface SourceRow {
  readonly source_id: string;
  readonly name: string;
  readonly settings: SourceSettings;
  readonly limits: SourceLimits;
  readonly enabled: boolean;
  readonly token_hash: string | null;
  readonly secret_number: number;
  readonly fingerprint: string | null;
  readonly created_at_ms: number;
  readonly created_by: string;
}

export async function readSources(inTenant: InTenant, tenant: TenantScope): Promise<readonly SourceRow[]> {
  return inTenant(tenant, async (db) => {
    const { rows } = await sql<SourceRow>`SELECT source_id, name, settings, limits, enabled, token_hash,
      secret_number, fingerprint, created_at_ms, created_by FROM siem_source
      ORDER BY name, source_id LIMIT ${SOURCES_MAX}`.execute(db);
    return rows;
  });
}

export async function insertSource(inTenant: InTenant, tenant: TenantScope, row: SourceRow): Promise<void> {
  await inTenant(tenant, (db) =>
    sql`INSERT INTO siem_source (tenant_id, source_id, name, settings, limits, enabled, token_hash, secret_number,
        fingerprint, created_at_ms, created_by)
      VALUES (${tenant.tenantId}, ${row.source_id}, ${row.name}, ${JSON.stringify(row.settings)}::jsonb,
        ${JSON.stringify(row.limits)}::jsonb, ${row.enabled}, ${row.token_hash}, ${row.secret_number},
        ${row.fingerprint}, ${row.created_at_ms}, ${row.created_by})`.execute(db),
  );
}

export async function updateSource(inTenant: InTenant, tenant: TenantScope, row: SourceRow): Promise<void> {
  await inTenant(tenant, (db) =>
    sql`UPDATE siem_source SET name = ${row.name}, limits = ${JSON.stringify(row.limits)}::jsonb,
        enabled = ${row.enabled}, token_hash = ${row.token_hash}, secret_number = ${row.secret_number},
        fingerprint = ${row.fingerprint}
      WHERE source_id = ${row.source_id}`.execute(db),
  );
}

export async function deleteSource(inTenant: InTenant, tenant: TenantScope, sourceId: string): Promise<void> {
  await inTenant(tenant, (db) => sql`DELETE FROM siem_source WHERE source_id = ${sourceId}`.execute(db));
}
