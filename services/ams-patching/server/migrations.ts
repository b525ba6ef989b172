/** The room's tables: windows and freezes, plans, jobs, and who did what with any of them. */
import { type AnyDatabase, protectTenantTable } from '@demarc/platform/stores';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const patchingMigrations: Readonly<Record<string, Migration>> = {
  amp_0001_tables: {
    async up(db: Kysely<AnyDatabase>) {
      // Settings, windows and freezes as they are now; what they were before is in amp_act.
      await db.schema
        .createTable('amp_set')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('value', 'jsonb', (column) => column.notNull())
        .addColumn('by_name', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'int8', (column) => column.notNull())
        .addColumn('removed', 'jsonb')
        .addColumn('removed_at_ms', 'int8')
        .addPrimaryKeyConstraint('amp_set_pk', ['tenant_id', 'kind', 'id'])
        .execute();
      await db.schema
        .createTable('amp_act')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('number', 'int8', (column) => column.notNull().generatedAlwaysAsIdentity())
        .addColumn('at_ms', 'int8', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('by_account', 'text', (column) => column.notNull())
        .addColumn('by_name', 'text', (column) => column.notNull())
        .addColumn('because', 'text', (column) => column.notNull())
        .addColumn('value', 'jsonb', (column) => column.notNull())
        .addPrimaryKeyConstraint('amp_act_pk', ['tenant_id', 'number'])
        .execute();
      await db.schema
        .createTable('amp_plan')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('plan_id', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('made_at_ms', 'int8', (column) => column.notNull())
        // Of what it was made of: the same input is the same digest.
        .addColumn('input_digest', 'text', (column) => column.notNull())
        .addColumn('summary', 'jsonb', (column) => column.notNull())
        .addColumn('plan', 'jsonb', (column) => column.notNull())
        .addColumn('published', 'jsonb')
        // Jobs that failed before are not counted again: whoever approves after that knows of them.
        .addColumn('held_at_ms', 'int8', (column) => column.notNull().defaultTo(0))
        .addPrimaryKeyConstraint('amp_plan_pk', ['tenant_id', 'plan_id'])
        .execute();
      await db.schema
        .createTable('amp_job')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('job_id', 'text', (column) => column.notNull())
        .addColumn('plan_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('opens_at_ms', 'int8', (column) => column.notNull())
        .addColumn('closes_at_ms', 'int8', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('state_because', 'text', (column) => column.notNull())
        .addColumn('state_at_ms', 'int8', (column) => column.notNull())
        .addColumn('verification', 'text', (column) => column.notNull().defaultTo('none'))
        // What was planned; nothing of it changes afterwards.
        .addColumn('planned', 'jsonb', (column) => column.notNull())
        .addColumn('resolution', 'jsonb')
        .addColumn('approval', 'jsonb')
        // As the machine has it: the same one is taken back later.
        .addColumn('document', 'jsonb')
        .addColumn('progress', 'jsonb')
        .addColumn('outcome', 'jsonb')
        .addColumn('taken_back', 'jsonb')
        .addColumn('result', 'text')
        .addColumn('ended_at_ms', 'int8')
        .addColumn('took_ms', 'int8')
        // Findings that it should have closed were told to whoever scans.
        .addColumn('told_done_at_ms', 'int8')
        // The order that stands behind its state, until it was given; and one that is not to be carried out any more.
        .addColumn('order_kind', 'text')
        .addColumn('order_id', 'text')
        .addColumn('order_given_at_ms', 'int8')
        .addColumn('giving_until_ms', 'int8', (column) => column.notNull().defaultTo(0))
        .addColumn('undo_order_id', 'text')
        .addPrimaryKeyConstraint('amp_job_pk', ['tenant_id', 'job_id'])
        .execute();
      await db.schema
        .createTable('amp_history')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('job_id', 'text', (column) => column.notNull())
        .addColumn('number', 'int8', (column) => column.notNull().generatedAlwaysAsIdentity())
        .addColumn('at_ms', 'int8', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('by_name', 'text', (column) => column.notNull())
        .addColumn('by_account', 'text')
        .addColumn('because', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('amp_history_pk', ['tenant_id', 'job_id', 'number'])
        .execute();
      for (const [name, table, columns] of [
        ['amp_job_by_window', 'amp_job', ['tenant_id', 'opens_at_ms', 'job_id']],
        ['amp_job_by_state', 'amp_job', ['tenant_id', 'state', 'closes_at_ms']],
        ['amp_job_of_asset', 'amp_job', ['tenant_id', 'asset_id', 'state']],
        ['amp_job_of_plan', 'amp_job', ['tenant_id', 'plan_id', 'state']],
        ['amp_plan_by_time', 'amp_plan', ['tenant_id', 'made_at_ms']],
      ] as const)
        await db.schema
          .createIndex(name)
          .on(table)
          .columns([...columns])
          .execute();
      for (const table of ['amp_set', 'amp_job'])
        await protectTenantTable(db, table, ['select', 'insert', 'update']);
      for (const table of ['amp_act', 'amp_history'])
        await protectTenantTable(db, table, ['select', 'insert']);
      await protectTenantTable(db, 'amp_plan', ['select', 'insert', 'update', 'delete']);
    },
  },
  amp_0002_turns: {
    async up(db: Kysely<AnyDatabase>) {
      // Until then its order is not given: others come first.
      await db.schema
        .alterTable('amp_job')
        .addColumn('not_before_ms', 'int8', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
};
