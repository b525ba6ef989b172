/** The tables of correlations. Everything here is for one tenant, in a transaction that the caller opened. */
import type { BaseMatch, CorrelationFinding, MatchFields } from '@demarc/platform/sigma/correlation';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';

type Db = Kysely<AnyDatabase>;

const ROWS_PER_INSERT = 5_000;
export const ROWS_PER_READ = 10_000;

export interface Made {
  readonly finding: CorrelationFinding;
  /** Uid of the event whose match decided it; undefined where the clock did. */
  readonly causeUid: string | undefined;
}

export interface JournalEntry {
  readonly seq: number;
  readonly clockMs: number;
  readonly match: BaseMatch;
}

/** @returns those that were not there, in their order */
export async function writeMatches(
  db: Db,
  { tenantId }: TenantScope,
  matches: readonly BaseMatch[],
  clockMs: number,
): Promise<readonly BaseMatch[]> {
  const fresh: BaseMatch[] = [];
  for (let at = 0; at < matches.length; at += ROWS_PER_INSERT) {
    const some = matches.slice(at, at + ROWS_PER_INSERT);
    const { rows } = await sql<{ readonly rule_id: string; readonly event_uid: string }>`
      INSERT INTO siem_correlation_match (tenant_id, rule_id, event_uid, time_ms, clock_ms, fields)
      SELECT ${tenantId}, m."ruleId", m."eventUid", m."timeMs", ${clockMs}, m.fields
      FROM jsonb_to_recordset(${JSON.stringify(some)}::jsonb)
        AS m("ruleId" text, "eventUid" text, "timeMs" int8, fields jsonb)
      ON CONFLICT DO NOTHING RETURNING rule_id, event_uid`.execute(db);
    const written = new Set(rows.map(({ rule_id, event_uid }) => `${rule_id}\n${event_uid}`));
    // Deleted as they are found: of the same match twice in a batch, one is fresh.
    fresh.push(...some.filter(({ ruleId, eventUid }) => written.delete(`${ruleId}\n${eventUid}`)));
  }
  return fresh;
}

/** The journal in order of arrival, after `seq`. */
export async function readJournal(
  db: Db,
  { tenantId }: TenantScope,
  afterSeq: number,
): Promise<readonly JournalEntry[]> {
  const { rows } = await sql<{
    readonly seq: number;
    readonly clock_ms: number;
    readonly rule_id: string;
    readonly event_uid: string;
    readonly time_ms: number;
    readonly fields: MatchFields;
  }>`SELECT seq, clock_ms, rule_id, event_uid, time_ms, fields FROM siem_correlation_match
    WHERE tenant_id = ${tenantId} AND seq > ${afterSeq} ORDER BY seq LIMIT ${ROWS_PER_READ}`.execute(db);
  return rows.map((row) => ({
    seq: row.seq,
    clockMs: row.clock_ms,
    match: { ruleId: row.rule_id, eventUid: row.event_uid, timeMs: row.time_ms, fields: row.fields },
  }));
}

/** Undefined where nothing was ever decided. */
export async function readClock(db: Db, { tenantId }: TenantScope): Promise<number | undefined> {
  const { rows } = await sql<{ readonly clock_ms: number }>`
    SELECT clock_ms FROM siem_correlation_clock WHERE tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.clock_ms;
}

export async function writeClock(db: Db, { tenantId }: TenantScope, clockMs: number): Promise<void> {
  await sql`INSERT INTO siem_correlation_clock (tenant_id, clock_ms) VALUES (${tenantId}, ${clockMs})
    ON CONFLICT (tenant_id) DO UPDATE SET clock_ms = greatest(siem_correlation_clock.clock_ms, excluded.clock_ms)`.execute(
    db,
  );
}

/** @returns those whose uid was not there: the first words about a finding stand */
export async function writeFindings(
  db: Db,
  { tenantId }: TenantScope,
  made: readonly Made[],
  nowMs: number,
): Promise<readonly CorrelationFinding[]> {
  const fresh: CorrelationFinding[] = [];
  for (let at = 0; at < made.length; at += ROWS_PER_INSERT) {
    const some = made.slice(at, at + ROWS_PER_INSERT);
    const { rows } = await sql<{ readonly uid: string }>`
      INSERT INTO siem_correlation_finding (tenant_id, uid, cause_uid, found_at_ms, finding)
      SELECT ${tenantId}, m.finding ->> 'uid', m."causeUid", ${nowMs}, m.finding
      FROM jsonb_to_recordset(${JSON.stringify(some)}::jsonb) AS m(finding jsonb, "causeUid" text)
      ON CONFLICT DO NOTHING RETURNING uid`.execute(db);
    const written = new Set(rows.map(({ uid }) => uid));
    fresh.push(...some.map(({ finding }) => finding).filter(({ uid }) => written.delete(uid)));
  }
  return fresh;
}

/** What these events decided before and nobody stored: the batch that brings them again has it again. */
export async function findingsOf(
  db: Db,
  { tenantId }: TenantScope,
  causeUids: readonly string[],
): Promise<readonly CorrelationFinding[]> {
  const { rows } = await sql<{ readonly finding: CorrelationFinding }>`
    SELECT finding FROM siem_correlation_finding
    WHERE tenant_id = ${tenantId} AND NOT delivered AND cause_uid = ANY(${[...causeUids]}::text[])
    ORDER BY uid`.execute(db);
  return rows.map(({ finding }) => finding);
}

export async function readWaiting(db: Db, { tenantId }: TenantScope): Promise<readonly CorrelationFinding[]> {
  const { rows } = await sql<{ readonly finding: CorrelationFinding }>`
    SELECT finding FROM siem_correlation_finding WHERE tenant_id = ${tenantId} AND NOT delivered
    ORDER BY found_at_ms, uid`.execute(db);
  return rows.map(({ finding }) => finding);
}

export async function markDelivered(
  db: Db,
  { tenantId }: TenantScope,
  uids: readonly string[],
): Promise<void> {
  await sql`UPDATE siem_correlation_finding SET delivered = true
    WHERE tenant_id = ${tenantId} AND uid = ANY(${[...uids]}::text[])`.execute(db);
}

/** Matches that no window reaches, by the clock of then and by their own time; findings told long ago. */
export async function prune(
  db: Db,
  { tenantId }: TenantScope,
  before: { readonly matchesMs: number; readonly findingsMs: number },
): Promise<void> {
  await sql`DELETE FROM siem_correlation_match WHERE tenant_id = ${tenantId}
    AND clock_ms <= ${before.matchesMs} AND time_ms <= ${before.matchesMs}`.execute(db);
  await sql`DELETE FROM siem_correlation_finding WHERE tenant_id = ${tenantId}
    AND delivered AND found_at_ms <= ${before.findingsMs}`.execute(db);
}
