import { grantPlatformTable, protectTenantTable } from '@demarc/platform/stores';
import type { Migration } from 'kysely/migration';

export const linkMigrations: Readonly<Record<string, Migration>> = {
  link_0001_assets: {
    async up(db) {
      await db.schema
        .createTable('link_asset')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('machine_id', 'text', (column) => column.notNull())
        .addColumn('os', 'text', (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('enrolled_at_ms', 'int8', (column) => column.notNull())
        .addColumn('last_seen_at_ms', 'int8')
        .addColumn('revoked_at_ms', 'int8')
        .addColumn('certificate_expires_at_ms', 'int8')
        .addColumn('agent_version', 'text', (column) => column.notNull().defaultTo(''))
        .addColumn('clock_offset_ms', 'int8')
        .addColumn('rooms', 'jsonb', (column) => column.notNull().defaultTo('[]'))
        .addColumn('dropped_count', 'int8', (column) => column.notNull().defaultTo(0))
        .addUniqueConstraint('link_asset_machine', ['tenant_id', 'machine_id'])
        .execute();
      await protectTenantTable(db, 'link_asset', ['select', 'insert', 'update']);
    },
  },
  link_0002_certificates: {
    async up(db) {
      await db.schema
        .createTable('link_certificate')
        .addColumn('serial', 'text', (column) => column.primaryKey())
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('public_key_pem', 'text', (column) => column.notNull())
        .addColumn('issued_at_ms', 'int8', (column) => column.notNull())
        .addColumn('expires_at_ms', 'int8', (column) => column.notNull())
        .addColumn('revoked_at_ms', 'int8')
        .execute();
      await grantPlatformTable(db, 'link_certificate', ['select', 'insert', 'update']);
      await db.schema
        .createIndex('link_certificate_asset')
        .on('link_certificate')
        .columns(['tenant_id', 'asset_id'])
        .execute();
    },
  },
  link_0003_enrollment_tokens: {
    async up(db) {
      await db.schema
        .createTable('link_enrollment_token')
        .addColumn('token_hash', 'text', (column) => column.primaryKey())
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('expires_at_ms', 'int8', (column) => column.notNull())
        .addColumn('used_at_ms', 'int8')
        .execute();
      await grantPlatformTable(db, 'link_enrollment_token', ['select', 'insert', 'update', 'delete']);
    },
  },
  link_0004_os_family: {
    async up(db) {
      await db.schema
        .alterTable('link_asset')
        .addColumn('os_family', 'text', (column) => column.notNull().defaultTo('other'))
        .execute();
    },
  },
};
