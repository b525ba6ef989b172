import { grantPlatformTable, protectTenantTable } from '@demarc/platform/stores';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const serverMigrations: Readonly<Record<string, Migration>> = {
  server_0001_tenants: {
    async up(db) {
      await db.schema
        .createTable('server_tenant')
        .addColumn('tenant_id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('retention_days', 'int4', (column) => column.notNull().defaultTo(90))
        .execute();
      await grantPlatformTable(db, 'server_tenant', ['select', 'insert', 'update']);
    },
  },
  server_0002_accounts: {
    async up(db) {
      await db.schema
        .createTable('server_account')
        .addColumn('account_id', 'text', (column) => column.primaryKey())
        .addColumn('email', 'text', (column) => column.notNull().unique())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('password_hash', 'text', (column) => column.notNull())
        .addColumn('failed_count', 'int4', (column) => column.notNull().defaultTo(0))
        .addColumn('locked_until_ms', 'int8', (column) => column.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createTable('server_grant')
        .addColumn('account_id', 'text', (column) =>
          column.notNull().references('server_account.account_id').onDelete('cascade'),
        )
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('tenant_id', 'text')
        .execute();
      await db.schema
        .createTable('server_session')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) =>
          column.notNull().references('server_account.account_id').onDelete('cascade'),
        )
        .addColumn('csrf_token', 'text', (column) => column.notNull())
        .addColumn('created_at_ms', 'int8', (column) => column.notNull())
        .addColumn('used_at_ms', 'int8', (column) => column.notNull())
        .execute();
      await grantPlatformTable(db, 'server_account', ['select', 'insert', 'update']);
      await grantPlatformTable(db, 'server_grant', ['select', 'insert']);
      await grantPlatformTable(db, 'server_session', ['select', 'insert', 'update', 'delete']);
    },
  },
  server_0003_policies: {
    async up(db) {
      await db.schema
        .createTable('server_policy')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('service_id', 'text', (column) => column.notNull())
        .addColumn('policy', 'jsonb', (column) => column.notNull())
        .addColumn('set_by', 'text', (column) => column.notNull())
        .addColumn('set_at_ms', 'int8', (column) => column.notNull())
        .addPrimaryKeyConstraint('server_policy_pk', ['tenant_id', 'asset_id', 'service_id'])
        .execute();
      await protectTenantTable(db, 'server_policy');
    },
  },
  server_0010_canary: {
    async up(db) {
      await db.schema
        .createTable('server_canary')
        .addColumn('tenant_id', 'text', (column) => column.primaryKey())
        .addColumn('token', 'text', (column) => column.notNull())
        .addColumn('written_at_ms', 'int8', (column) => column.notNull())
        .execute();
      await protectTenantTable(db, 'server_canary', ['select', 'insert', 'update']);
    },
  },
  server_0011_access: {
    async up(db) {
      await db.schema
        .createTable('server_access')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('minute_ms', 'int8', (column) => column.notNull())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('method', 'text', (column) => column.notNull())
        .addColumn('route', 'text', (column) => column.notNull())
        .addColumn('count', 'int8', (column) => column.notNull())
        .addColumn('refused', 'int8', (column) => column.notNull())
        .addPrimaryKeyConstraint('server_access_pk', [
          'tenant_id',
          'minute_ms',
          'account_id',
          'method',
          'route',
        ])
        .execute();
      await protectTenantTable(db, 'server_access', ['select', 'insert', 'update', 'delete']);
    },
  },
  server_0012_orders: {
    async up(db) {
      await db.schema
        .createTable('server_order')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('order_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('service_id', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('what', 'jsonb', (column) => column.notNull())
        .addColumn('by_account', 'text', (column) => column.notNull())
        .addColumn('by_name', 'text', (column) => column.notNull())
        .addColumn('by_party', 'text', (column) => column.notNull())
        .addColumn('because', 'text', (column) => column.notNull())
        .addColumn('given_at_ms', 'int8', (column) => column.notNull())
        .addColumn('until_ms', 'int8', (column) => column.notNull())
        .addColumn('taken_back_at_ms', 'int8')
        .addColumn('taken_back_by', 'text')
        .addColumn('taken_back_because', 'text')
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('state_because', 'text', (column) => column.notNull())
        .addColumn('state_at_ms', 'int8', (column) => column.notNull())
        .addPrimaryKeyConstraint('server_order_pk', ['tenant_id', 'order_id'])
        .execute();
      await db.schema
        .createIndex('server_order_of_asset')
        .on('server_order')
        .columns(['tenant_id', 'asset_id', 'until_ms'])
        .execute();
      // Who did what to whom is never deleted by the server.
      await protectTenantTable(db, 'server_order', ['select', 'insert', 'update']);
    },
  },
  server_0013_policy_scopes: {
    async up(db) {
      await db.schema
        .createTable('server_policy_scope')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('scope', 'text', (column) => column.notNull())
        .addColumn('service_id', 'text', (column) => column.notNull())
        .addColumn('policy', 'jsonb', (column) => column.notNull())
        .addColumn('set_by', 'text', (column) => column.notNull())
        .addColumn('set_at_ms', 'int8', (column) => column.notNull())
        .addPrimaryKeyConstraint('server_policy_scope_pk', ['tenant_id', 'scope', 'service_id'])
        .execute();
      // Rows of every tenant, before anybody is kept to their own.
      await sql`ALTER TABLE server_policy NO FORCE ROW LEVEL SECURITY`.execute(db);
      await sql`INSERT INTO server_policy_scope (tenant_id, scope, service_id, policy, set_by, set_at_ms)
        SELECT tenant_id, 'asset:' || asset_id, service_id, policy, set_by, set_at_ms FROM server_policy`.execute(
        db,
      );
      await protectTenantTable(db, 'server_policy_scope');
      await db.schema.dropTable('server_policy').execute();
    },
  },
};
