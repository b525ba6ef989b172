/** The stored matrix over time, as counts: worked out where it is stored, so that only the answer travels. */
import type { AnyDatabase } from '@demarc/platform/stores';
import { type Kysely, sql } from 'kysely';
import type { Delta, Spacing } from '../views/responsibility/timeline.ts';

/**
 * How many duties each party gained or lost, and how many cells took on or left each status, between one point and
 * the next; what came before the first point is in the first.
 */
export async function ownershipDeltas(
  db: Kysely<AnyDatabase>,
  { fromMs, toMs, points }: Spacing,
  controls: readonly string[],
): Promise<readonly Delta[]> {
  const width = points === 1 ? 1 : (toMs - fromMs) / (points - 1);
  // The first point at or after the change: at an instant, what became at that instant has become.
  const pointOf = sql`CASE WHEN ${points}::int = 1 THEN 0
    ELSE least(${points}::int - 1, greatest(0, ceil((from_ms - ${fromMs}::int8) / ${width}::float8)))::int END`;
  const { rows } = await sql<Delta>`
    WITH changed AS (
      SELECT from_ms, duties, effective, lag(duties) OVER one_cell AS duties_before,
        lag(effective) OVER one_cell AS effective_before
      FROM asr_cell WHERE from_ms <= ${toMs} AND control_id = ANY(${[...controls]}::text[])
      WINDOW one_cell AS (PARTITION BY asset_id, control_id ORDER BY from_ms, seq)
    ),
    moved AS (SELECT * FROM changed WHERE duties IS DISTINCT FROM duties_before),
    sides AS (
      SELECT from_ms, duty.value AS duty, 1 AS side
      FROM moved, jsonb_array_elements(COALESCE(NULLIF(duties, 'null'::jsonb), '[]'::jsonb)) AS duty
      UNION ALL
      SELECT from_ms, duty.value, -1
      FROM moved, jsonb_array_elements(COALESCE(NULLIF(duties_before, 'null'::jsonb), '[]'::jsonb)) AS duty
    ),
    named AS (
      SELECT from_ms, 'duty' AS kind,
        CASE WHEN duty->>'state' = 'owned' THEN duty->>'party' ELSE duty->>'state' END AS name, side
      FROM sides
      UNION ALL
      SELECT from_ms, 'status', effective, 1 FROM changed
      WHERE effective IS DISTINCT FROM effective_before AND effective IS NOT NULL
      UNION ALL
      SELECT from_ms, 'status', effective_before, -1 FROM changed
      WHERE effective IS DISTINCT FROM effective_before AND effective_before IS NOT NULL
    ),
    placed AS (SELECT ${pointOf} AS point, kind, name, side FROM named)
    SELECT point, kind, name, sum(side)::int AS delta FROM placed
    GROUP BY point, kind, name HAVING sum(side) <> 0 ORDER BY point, kind, name`.execute(db);
  return rows;
}
