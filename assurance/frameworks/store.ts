/** The texts themselves: kept by the digest of the file that they came in, which the ledger names. */
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { FrameworkControl, Relation } from './model.ts';

export interface FrameworkKey {
  readonly frameworkId: string;
  readonly digest: string;
}
export interface MappingKey {
  readonly sourceFrameworkId: string;
  readonly targetFrameworkId: string;
  readonly digest: string;
}

/** A file that is brought again adds nothing. */
export async function insertControls(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  { frameworkId, digest }: FrameworkKey,
  controls: readonly FrameworkControl[],
): Promise<void> {
  const records = controls.map(({ controlId, title, statement, group }, seq) => ({
    seq,
    control_id: controlId,
    title,
    statement,
    group_title: group,
  }));
  await sql`
    INSERT INTO asr_framework_control (tenant_id, framework_id, digest, seq, control_id, title, statement, group_title)
    SELECT ${tenant.tenantId}, ${frameworkId}, ${digest}, seq, control_id, title, statement, group_title
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb)
      AS given(seq int, control_id text, title text, statement text, group_title text)
    ON CONFLICT (tenant_id, framework_id, digest, control_id) DO NOTHING`.execute(db);
}

export async function readFrameworkControls(
  db: Kysely<AnyDatabase>,
  { frameworkId, digest }: FrameworkKey,
): Promise<readonly FrameworkControl[]> {
  const { rows } = await sql<{ control_id: string; title: string; statement: string; group_title: string }>`
    SELECT control_id, title, statement, group_title FROM asr_framework_control
    WHERE framework_id = ${frameworkId} AND digest = ${digest} ORDER BY seq`.execute(db);
  return rows.map(({ control_id: controlId, title, statement, group_title: group }) => ({
    controlId,
    title,
    statement,
    group,
  }));
}

export async function insertRelations(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  { sourceFrameworkId, targetFrameworkId, digest }: MappingKey,
  relations: readonly Relation[],
): Promise<void> {
  const records = relations.map(({ sourceId, targetId, relationship }) => ({
    source_id: sourceId,
    target_id: targetId,
    relationship,
  }));
  await sql`
    INSERT INTO asr_framework_mapping
      (tenant_id, source_framework_id, target_framework_id, digest, source_id, target_id, relationship)
    SELECT ${tenant.tenantId}, ${sourceFrameworkId}, ${targetFrameworkId}, ${digest}, source_id, target_id, relationship
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb)
      AS given(source_id text, target_id text, relationship text)
    ON CONFLICT (tenant_id, source_framework_id, target_framework_id, digest, source_id, target_id)
      DO NOTHING`.execute(db);
}

export async function readRelations(
  db: Kysely<AnyDatabase>,
  { sourceFrameworkId, targetFrameworkId, digest }: MappingKey,
): Promise<readonly Relation[]> {
  const { rows } = await sql<{
    source_id: string;
    target_id: string;
    relationship: Relation['relationship'];
  }>`
    SELECT source_id, target_id, relationship FROM asr_framework_mapping
    WHERE source_framework_id = ${sourceFrameworkId} AND target_framework_id = ${targetFrameworkId}
      AND digest = ${digest} ORDER BY source_id, target_id`.execute(db);
  return rows.map(({ source_id: sourceId, target_id: targetId, relationship }) => ({
    sourceId,
    targetId,
    relationship,
  }));
}

/** Whose licence has ended may keep no copy: texts and mappings go, and the ledger keeps that they were there. */
export async function deleteFramework(db: Kysely<AnyDatabase>, frameworkId: string): Promise<void> {
  await sql`DELETE FROM asr_framework_control WHERE framework_id = ${frameworkId}`.execute(db);
  await sql`DELETE FROM asr_framework_mapping
    WHERE source_framework_id = ${frameworkId} OR target_framework_id = ${frameworkId}`.execute(db);
}
