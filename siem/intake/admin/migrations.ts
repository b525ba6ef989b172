import { protectTenantTable } from '@demarc/platform/stores';
import type { Migration } from 'kysely/migration';

/** Sources of the intake. What became of their records is with their spools, where it cannot be wrong. */
export const intakeMigrations: Readonly<Record<string, Migration>> = {
  siem_0010_sources: {
    async up(db) {
      await db.schema
        .createTable('siem_source')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('source_id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('settings', 'jsonb', (column) => column.notNull())
        .addColumn('limits', 'jsonb', (column) => column.notNull())
        .addColumn('enabled', 'boolean', (column) => column.notNull().defaultTo(true))
        .addColumn('token_hash', 'text')
        // Which of the signing secrets that follow from the platform's key is in use; the secret is nowhere.
        .addColumn('secret_number', 'int4', (column) => column.notNull().defaultTo(0))
        .addColumn('fingerprint', 'text')
        .addColumn('created_at_ms', 'int8', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .execute();
      await protectTenantTable(db, 'siem_source');
    },
  },
};
