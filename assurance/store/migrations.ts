import { protectTenantTable } from '@demarc/platform/stores';
import type { Migration } from 'kysely/migration';

/** Acts and evidence are only ever added: the tenant's role may not change or remove a row of either. */
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
};
