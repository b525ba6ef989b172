/** Tenants of this platform; the first one is made at first start. */
import type { Tenant } from '@demarc/platform/contract/api';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';

export const FIRST_TENANT = { tenantId: 'local', name: 'This organisation' } as const;
const RETENTION_DAYS_DEFAULT = 90;
const TENANTS_MAX = 10_000;
const CACHE_MS = 60_000;

export async function ensureFirstTenant(store: PostgresStore): Promise<void> {
  await sql`INSERT INTO server_tenant (tenant_id, name) VALUES (${FIRST_TENANT.tenantId}, ${FIRST_TENANT.name})
    ON CONFLICT (tenant_id) DO NOTHING`.execute(store.db);
}

export async function listTenants(store: PostgresStore): Promise<readonly Tenant[]> {
  const { rows } = await sql<{ readonly tenant_id: string; readonly name: string }>`
    SELECT tenant_id, name FROM server_tenant ORDER BY tenant_id LIMIT ${TENANTS_MAX}`.execute(store.db);
  return rows.map((row) => ({ tenantId: row.tenant_id, name: row.name }));
}

/** Days that events are kept, cached: it is asked for every batch. */
export function retentionOf(
  store: PostgresStore,
  now: () => number,
): (tenant: TenantScope) => Promise<number> {
  const known = new Map<string, { readonly days: number; readonly untilMs: number }>();
  return async ({ tenantId }) => {
    const cached = known.get(tenantId);
    if (cached !== undefined && cached.untilMs > now()) return cached.days;
    const { rows } = await sql<{ readonly retention_days: number }>`
      SELECT retention_days FROM server_tenant WHERE tenant_id = ${tenantId}`.execute(store.db);
    const days = rows[0]?.retention_days ?? RETENTION_DAYS_DEFAULT;
    known.set(tenantId, { days, untilMs: now() + CACHE_MS });
    return days;
  };
}
