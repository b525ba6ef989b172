import { protectTenantTable } from '@demarc/platform/stores';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { frameworkMigrations } from '../frameworks/migrations.ts';
import { createRetention } from './retention.ts';

/** Acts and evidence are only ever added: the tenant's role may not change or remove a row of either, but what is old. */
export const assuranceMigrations: Readonly<Record<string, Migration>> = {
  asr_0001_ledger: {
    async up(db) {
      await db.schema
        .createTable('asr_ledger')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('seq', 'int8', (column) => column.notNull())
        .addColumn('act', 'text', (column) => column.notNull())
        .addColumn('valid_at_ms', 'int8', (column) => column.notNull())
        .addColumn('recorded_at_ms', 'int8', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('previous_hash', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('asr_ledger_pk', ['tenant_id', 'seq'])
        .execute();
      await protectTenantTable(db, 'asr_ledger', ['select', 'insert']);
    },
  },
  asr_0002_evidence: {
    async up(db) {
      await db.schema
        .createTable('asr_evidence')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('uid', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('rule', 'text', (column) => column.notNull())
        .addColumn('service', 'text', (column) => column.notNull())
        .addColumn('result', 'text', (column) => column.notNull())
        .addColumn('because', 'text', (column) => column.notNull())
        .addColumn('observed_at_ms', 'int8', (column) => column.notNull())
        .addColumn('received_at_ms', 'int8', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('raw', 'jsonb', (column) => column.notNull())
        .addColumn('signature', 'text')
        .addPrimaryKeyConstraint('asr_evidence_pk', ['tenant_id', 'uid'])
        .execute();
      await protectTenantTable(db, 'asr_evidence', ['select', 'insert']);
      await db.schema
        .createIndex('asr_evidence_latest')
        .on('asr_evidence')
        .columns(['tenant_id', 'asset_id', 'rule', 'observed_at_ms'])
        .execute();
    },
  },
  asr_0003_evidence_of_people: {
    async up(db) {
      await db.schema
        .alterTable('asr_evidence')
        .addColumn('effective_at_ms', 'int8')
        .addColumn('expires_at_ms', 'int8')
        .addColumn('operator', 'text')
        .execute();
      // The owner is no tenant: it sees its rows only while the guard is down, inside this transaction.
      await sql`ALTER TABLE asr_evidence NO FORCE ROW LEVEL SECURITY`.execute(db);
      await sql`UPDATE asr_evidence SET effective_at_ms = LEAST(observed_at_ms, received_at_ms)`.execute(db);
      await sql`ALTER TABLE asr_evidence FORCE ROW LEVEL SECURITY`.execute(db);
      await db.schema
        .alterTable('asr_evidence')
        .alterColumn('effective_at_ms', (column) => column.setNotNull())
        .execute();
      await db.schema.dropIndex('asr_evidence_latest').execute();
      await db.schema
        .createIndex('asr_evidence_newest')
        .on('asr_evidence')
        .columns(['tenant_id', 'asset_id', 'rule', 'effective_at_ms'])
        .execute();
    },
  },
  asr_0004_cells: {
    async up(db) {
      await db.schema
        .createTable('asr_cell')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('control_id', 'text', (column) => column.notNull())
        .addColumn('from_ms', 'int8', (column) => column.notNull())
        .addColumn('seq', 'int8', (column) => column.notNull().generatedAlwaysAsIdentity())
        .addColumn('own', 'text')
        .addColumn('effective', 'text')
        .addColumn('duties', 'jsonb')
        .addColumn('roots', 'jsonb')
        .addPrimaryKeyConstraint('asr_cell_pk', ['tenant_id', 'asset_id', 'control_id', 'from_ms', 'seq'])
        .execute();
      await protectTenantTable(db, 'asr_cell', ['select', 'insert']);
    },
  },
  asr_0010_evidence_known: {
    async up(db) {
      // A raw record that comes again under another date is found by its digest.
      await db.schema
        .createIndex('asr_evidence_digest')
        .on('asr_evidence')
        .columns(['tenant_id', 'digest'])
        .execute();
      await sql`CREATE INDEX asr_evidence_error ON asr_evidence (tenant_id, asset_id, rule, effective_at_ms)
        WHERE result = 'error'`.execute(db);
    },
  },
  asr_0011_retention: {
    async up(db) {
      await db.schema
        .createTable('asr_horizon')
        .addColumn('tenant_id', 'text', (column) => column.primaryKey())
        .addColumn('before_ms', 'int8', (column) => column.notNull())
        .execute();
      await protectTenantTable(db, 'asr_horizon', ['select', 'insert', 'update']);
      await createRetention(db);
    },
  },
  ...frameworkMigrations,
};
