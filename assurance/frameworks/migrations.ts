import { protectTenantTable } from '@demarc/platform/stores';
import type { Migration } from 'kysely/migration';

export const frameworkMigrations: Readonly<Record<string, Migration>> = {
  asr_frameworks_0001: {
    async up(db) {
      await db.schema
        .createTable('asr_framework_control')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('framework_id', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('seq', 'int4', (column) => column.notNull())
        .addColumn('control_id', 'text', (column) => column.notNull())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('statement', 'text', (column) => column.notNull())
        .addColumn('group_title', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('asr_framework_control_pk', [
          'tenant_id',
          'framework_id',
          'digest',
          'control_id',
        ])
        .execute();
      await protectTenantTable(db, 'asr_framework_control', ['select', 'insert', 'delete']);
      await db.schema
        .createTable('asr_framework_mapping')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('source_framework_id', 'text', (column) => column.notNull())
        .addColumn('target_framework_id', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('source_id', 'text', (column) => column.notNull())
        .addColumn('target_id', 'text', (column) => column.notNull())
        .addColumn('relationship', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('asr_framework_mapping_pk', [
          'tenant_id',
          'source_framework_id',
          'target_framework_id',
          'digest',
          'source_id',
          'target_id',
        ])
        .execute();
      await protectTenantTable(db, 'asr_framework_mapping', ['select', 'insert', 'delete']);
    },
  },
};
