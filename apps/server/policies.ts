/** Which policy a room runs by on an asset: what the tenant set, or the room's safe defaults. */
import { createHash } from 'node:crypto';
import type { OsFamily, ServiceSpec } from '@demarc/platform/contract';
import type { ExchangeReply } from '@demarc/platform/link';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { AnyDatabase, PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import * as z from 'zod';
import { serverErrors } from './errors.ts';

interface PolicyRow {
  readonly service_id: string;
  readonly policy: Readonly<Record<string, unknown>>;
}

export async function policiesFor(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  services: readonly ServiceSpec[],
): Promise<ExchangeReply['policies']> {
  if (services.length === 0) return [];
  const { rows, family } = await store.inTenant(tenant, async (db) => ({
    family: await familyOf(db, assetId),
    rows: (
      await sql<PolicyRow>`SELECT service_id, policy FROM server_policy WHERE asset_id = ${assetId}`.execute(
        db,
      )
    ).rows,
  }));
  return services.map((service) => {
    const set = rows.find((row) => row.service_id === service.id)?.policy ?? {};
    const policy = service.policy.parse({ ...service.defaultsFor?.(family), ...set });
    return { serviceId: service.id, policyVersion: versionOf(policy), policy, orders: [] };
  });
}

/** @throws API_REQUEST_INVALID; then the policy before stays in force */
export async function setPolicy(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  service: ServiceSpec,
  given: Readonly<Record<string, unknown>>,
  actor: string,
  nowMs: number,
): Promise<{ readonly policyVersion: string; readonly policy: unknown }> {
  const family = await store.inTenant(tenant, (db) => familyOf(db, assetId));
  const parsed = service.policy.safeParse({ ...service.defaultsFor?.(family), ...given });
  if (!parsed.success)
    throw serverErrors.make('API_REQUEST_INVALID', { because: z.prettifyError(parsed.error) });
  // What was set is kept, not what it expands to: better defaults of a later version reach it.
  await store.inTenant(tenant, (db) =>
    sql`INSERT INTO server_policy (tenant_id, asset_id, service_id, policy, set_by, set_at_ms)
      VALUES (${tenant.tenantId}, ${assetId}, ${service.id}, ${JSON.stringify(given)}::jsonb, ${actor}, ${nowMs})
      ON CONFLICT (tenant_id, asset_id, service_id)
      DO UPDATE SET policy = excluded.policy, set_by = excluded.set_by, set_at_ms = excluded.set_at_ms`.execute(
      db,
    ),
  );
  return { policyVersion: versionOf(parsed.data), policy: parsed.data };
}

async function familyOf(db: Kysely<AnyDatabase>, assetId: string): Promise<OsFamily> {
  const { rows } = await sql<{
    readonly os_family: OsFamily;
  }>`SELECT os_family FROM link_asset WHERE asset_id = ${assetId}`.execute(db);
  return rows[0]?.os_family ?? 'other';
}

function versionOf(policy: unknown): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 16);
}
