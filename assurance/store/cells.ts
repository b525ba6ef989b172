/** The stored matrix: each cell, from the instant at which it became what it is. Rows are only ever added. */
import type { ControlStatus } from '@demarc/platform/contract/api';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { CellChange } from '../live/live-matrix.ts';
import type { Ownership } from '../rules/ownership.ts';

export interface StoredCell {
  readonly assetId: string;
  readonly controlId: string;
  readonly fromMs: number;
  /** Null: from then on the control did not apply there. */
  readonly own: ControlStatus | null;
  readonly effective: ControlStatus | null;
  readonly duties: readonly Ownership[];
  readonly roots: readonly string[];
}

interface Row {
  readonly asset_id: string;
  readonly control_id: string;
  readonly from_ms: number;
  readonly own: ControlStatus | null;
  readonly effective: ControlStatus | null;
  readonly duties: readonly Ownership[] | null;
  readonly roots: readonly string[] | null;
}

/** Rows of one statement; a statement's text may not grow without bound. */
const ROWS_PER_INSERT = 1_000;

export async function storeCells(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  changes: readonly CellChange[],
): Promise<void> {
  for (let at = 0; at < changes.length; at += ROWS_PER_INSERT) {
    const rows = changes.slice(at, at + ROWS_PER_INSERT).map(({ assetId, controlId, fromMs, state }) => ({
      asset_id: assetId,
      control_id: controlId,
      from_ms: fromMs,
      own: state?.own ?? null,
      effective: state?.effective ?? null,
      duties: state?.duties ?? null,
      roots: state?.roots ?? null,
    }));
    await sql`INSERT INTO asr_cell (tenant_id, asset_id, control_id, from_ms, own, effective, duties, roots)
      SELECT ${tenant.tenantId}, asset_id, control_id, from_ms, own, effective, duties, roots
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(asset_id text, control_id text, from_ms int8,
        own text, effective text, duties jsonb, roots jsonb)`.execute(db);
  }
}

/** The stored matrix as it stood at `t`, as it was known then. */
export async function cellsAt(db: Kysely<AnyDatabase>, t: number): Promise<readonly StoredCell[]> {
  const { rows } = await sql<Row>`
    SELECT DISTINCT ON (asset_id, control_id) asset_id, control_id, from_ms, own, effective, duties, roots
    FROM asr_cell WHERE from_ms <= ${t} ORDER BY asset_id, control_id, from_ms DESC, seq DESC`.execute(db);
  return rows.map(stored);
}

/** What a cell's status became; null when the control was not about the asset any more. */
export interface StatusChange {
  readonly assetId: string;
  readonly controlId: string;
  readonly fromMs: number;
  readonly effective: ControlStatus | null;
}

/**
 * How the status of these controls' cells went until `toMs`, in order of time.
 *
 * @returns undefined when that is more than `limit` rows: half of a history says nothing
 */
export async function statusChanges(
  db: Kysely<AnyDatabase>,
  controlIds: readonly string[],
  toMs: number,
  limit: number,
): Promise<readonly StatusChange[] | undefined> {
  const { rows } = await sql<
    Pick<Row, 'asset_id' | 'control_id' | 'from_ms' | 'effective'>
  >`SELECT asset_id, control_id, from_ms, effective FROM asr_cell
    WHERE control_id = ANY(${[...controlIds]}) AND from_ms <= ${toMs} ORDER BY from_ms, seq LIMIT ${limit + 1}`.execute(
    db,
  );
  if (rows.length > limit) return undefined;
  return rows.map((row) => ({
    assetId: row.asset_id,
    controlId: row.control_id,
    fromMs: row.from_ms,
    effective: row.effective,
  }));
}

/** The instant of the first cell that was kept; undefined before anything was. */
export async function firstCellAt(db: Kysely<AnyDatabase>): Promise<number | undefined> {
  const { rows } = await sql<{
    readonly first: number | null;
  }>`SELECT min(from_ms) AS first FROM asr_cell`.execute(db);
  return rows[0]?.first ?? undefined;
}

/** The instant up to which the stored matrix was kept; undefined before anything was. */
export async function lastCellAt(db: Kysely<AnyDatabase>): Promise<number | undefined> {
  const { rows } = await sql<{
    readonly last: number | null;
  }>`SELECT max(from_ms) AS last FROM asr_cell`.execute(db);
  return rows[0]?.last ?? undefined;
}

function stored(row: Row): StoredCell {
  return {
    assetId: row.asset_id,
    controlId: row.control_id,
    fromMs: row.from_ms,
    own: row.own,
    effective: row.effective,
    duties: row.duties ?? [],
    roots: row.roots ?? [],
  };
}
