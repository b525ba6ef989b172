import { protectTenantTable } from '@demarc/platform/stores';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What correlations need to know again after a crash: the matches that some window still reaches, how far the
 * clock was, and which findings were made.
 */
export const correlationMigrations: Readonly<Record<string, Migration>> = {
  siem_0003_correlation: {
    async up(db) {
      await db.schema
        .createTable('siem_correlation_match')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('rule_id', 'text', (column) => column.notNull())
        .addColumn('event_uid', 'text', (column) => column.notNull())
        // Identity, not serial: the tenant's role may use it without a grant of its own.
        .addColumn('seq', 'int8', (column) => column.notNull().generatedAlwaysAsIdentity())
        .addColumn('time_ms', 'int8', (column) => column.notNull())
        // How far the engine's clock was: whether the match was late is decided by it, then and again.
        .addColumn('clock_ms', 'int8', (column) => column.notNull())
        .addColumn('fields', 'jsonb', (column) => column.notNull())
        .addPrimaryKeyConstraint('siem_correlation_match_pk', ['tenant_id', 'rule_id', 'event_uid'])
        .execute();
      await protectTenantTable(db, 'siem_correlation_match');
      for (const column of ['seq', 'clock_ms'])
        await db.schema
          .createIndex(`siem_correlation_match_${column}`)
          .on('siem_correlation_match')
          .columns(['tenant_id', column])
          .execute();
      await db.schema
        .createTable('siem_correlation_clock')
        .addColumn('tenant_id', 'text', (column) => column.primaryKey())
        .addColumn('clock_ms', 'int8', (column) => column.notNull())
        .execute();
      await protectTenantTable(db, 'siem_correlation_clock');
      await db.schema
        .createTable('siem_correlation_finding')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('uid', 'text', (column) => column.notNull())
        // The match that decided it; null where the clock did.
        .addColumn('cause_uid', 'text')
        .addColumn('found_at_ms', 'int8', (column) => column.notNull())
        .addColumn('delivered', 'boolean', (column) => column.notNull().defaultTo(false))
        .addColumn('finding', 'jsonb', (column) => column.notNull())
        .addPrimaryKeyConstraint('siem_correlation_finding_pk', ['tenant_id', 'uid'])
        .execute();
      await protectTenantTable(db, 'siem_correlation_finding');
      await db.schema
        .createIndex('siem_correlation_finding_cause')
        .on('siem_correlation_finding')
        .columns(['tenant_id', 'cause_uid'])
        .execute();
      await sql`CREATE INDEX siem_correlation_finding_waiting ON siem_correlation_finding (tenant_id)
        WHERE NOT delivered`.execute(db);
    },
  },
};
