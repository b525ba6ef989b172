/** What a migration calls after it made a table, so that no table is without its guard. */
import { type Kysely, sql } from 'kysely';
import type { AnyDatabase } from './postgres.ts';

export type TableGrant = 'select' | 'insert' | 'update' | 'delete';

/**
 * A table of tenants' rows (`tenant_id text not null`): row-level security enabled and forced, one policy,
 * granted to the tenant role only. Even the owner of the table sees nothing without a tenant.
 */
export async function protectTenantTable(
  db: Kysely<AnyDatabase>,
  table: string,
  grants: readonly TableGrant[] = ['select', 'insert', 'update', 'delete'],
): Promise<void> {
  const name = sql.table(table);
  await sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`.execute(db);
  await sql`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`.execute(db);
  await sql`CREATE POLICY tenant_rows ON ${name}
    USING (tenant_id = current_setting('demarc.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('demarc.tenant_id', true))`.execute(db);
  await grantTo(db, table, grants, 'demarc_tenant');
}

/** A table that is read before a tenant is known (sessions, certificates): the server's role only. */
export async function grantPlatformTable(
  db: Kysely<AnyDatabase>,
  table: string,
  grants: readonly TableGrant[] = ['select', 'insert', 'update', 'delete'],
): Promise<void> {
  await grantTo(db, table, grants, 'demarc_server');
}

const GRANTS = { select: sql`SELECT`, insert: sql`INSERT`, update: sql`UPDATE`, delete: sql`DELETE` };

async function grantTo(
  db: Kysely<AnyDatabase>,
  table: string,
  grants: readonly TableGrant[],
  role: string,
): Promise<void> {
  for (const grant of grants)
    await sql`GRANT ${GRANTS[grant]} ON ${sql.table(table)} TO ${sql.id(role)}`.execute(db);
}
