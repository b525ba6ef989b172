import { protectTenantTable } from '@demarc/platform/stores';
import type { Migration } from 'kysely/migration';

/**
 * What a tenant has of rules. Nothing is overwritten: a change is the next version, and the highest one holds.
 * A file is what is imported and taken away, because a rule file may hold several rules that need each other.
 */
export const ruleTables: Migration = {
  async up(db) {
    await db.schema
      .createTable('siem_rule_file')
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('file', 'text', (column) => column.notNull())
      .addColumn('version', 'int4', (column) => column.notNull())
      // Null: taken away.
      .addColumn('text', 'text')
      .addColumn('account_id', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'int8', (column) => column.notNull())
      .addPrimaryKeyConstraint('siem_rule_file_pk', ['tenant_id', 'file', 'version'])
      .execute();
    await protectTenantTable(db, 'siem_rule_file');
    await db.schema
      .createTable('siem_rule_overlay')
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('rule_id', 'text', (column) => column.notNull())
      .addColumn('version', 'int4', (column) => column.notNull())
      .addColumn('overlay', 'jsonb', (column) => column.notNull())
      .addColumn('account_id', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'int8', (column) => column.notNull())
      .addPrimaryKeyConstraint('siem_rule_overlay_pk', ['tenant_id', 'rule_id', 'version'])
      .execute();
    await protectTenantTable(db, 'siem_rule_overlay');
    // What sources of the tenant have filled, by log source: a rule about anything else can never fire.
    await db.schema
      .createTable('siem_field_seen')
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('logsource', 'text', (column) => column.notNull())
      .addColumn('field', 'text', (column) => column.notNull())
      .addColumn('last_seen_ms', 'int8', (column) => column.notNull())
      .addPrimaryKeyConstraint('siem_field_seen_pk', ['tenant_id', 'logsource', 'field'])
      .execute();
    await protectTenantTable(db, 'siem_field_seen');
  },
};
