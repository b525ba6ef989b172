import { protectTenantTable } from '@demarc/platform/stores';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { correlationMigrations } from './correlate/migrations.ts';
import { intakeMigrations } from './intake/admin/migrations.ts';
import { ruleTables } from './rules/migration.ts';

/**
 * The ledger of batches: which token arrived when, and what was answered. Written before the events are
 * stored, so that a repeated batch is stored with the instant of its first arrival and gives the same rows.
 */
export const siemMigrations: Readonly<Record<string, Migration>> = {
  ...intakeMigrations,
  siem_0001_batches: {
    async up(db) {
      await db.schema
        .createTable('siem_batch')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('batch_token', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('received_at_ms', 'int8', (column) => column.notNull())
        // The latest time among its events: what is later than that of every batch of the asset is new.
        .addColumn('time_max_ms', 'int8', (column) => column.notNull())
        .addColumn('attempts', 'int4', (column) => column.notNull().defaultTo(1))
        .addColumn('receipt', 'jsonb')
        .addPrimaryKeyConstraint('siem_batch_pk', ['tenant_id', 'asset_id', 'batch_token'])
        .execute();
      await protectTenantTable(db, 'siem_batch');
      await db.schema.createIndex('siem_batch_age').on('siem_batch').column('received_at_ms').execute();
      await db.schema
        .createIndex('siem_batch_time')
        .on('siem_batch')
        .columns(['tenant_id', 'asset_id', 'time_max_ms'])
        .execute();
    },
  },
  siem_0002_counters: {
    async up(db) {
      await db.schema
        .createTable('siem_counter')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('day', 'date', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('count', 'int8', (column) => column.notNull().defaultTo(sql`0`))
        .addPrimaryKeyConstraint('siem_counter_pk', ['tenant_id', 'day', 'name'])
        .execute();
      await protectTenantTable(db, 'siem_counter');
    },
  },
  siem_0003_rules: ruleTables,
  ...correlationMigrations,
};
