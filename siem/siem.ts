/** Door: the one road every event takes through the server, and the ways to look at what it stored. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import { compileRule, type SigmaRule } from '@demarc/platform/sigma';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { Watchers } from './publish.ts';
import { Turns } from './turns.ts';

export { type BatchCounts, countsOf } from './batches.ts';
export { type Batch, type BatchEvent, carry } from './carry.ts';
export { siemErrors } from './errors.ts';
export { EVENT_TABLES, ensureEventTable } from './event-table.ts';
export { siemMigrations } from './migrations.ts';
export type { Watcher } from './publish.ts';
export { type Records, readRecords } from './records.ts';
export { eventByUid, histogram, searchEvents } from './search.ts';

export interface Siem {
  readonly inTenant: InTenant;
  /** May write events. */
  readonly clickhouse: ClickHouseClient;
  /** May only read; what people search with. */
  readonly reader: ClickHouseClient;
  readonly watchers: Watchers;
  readonly turns: Turns;
  readonly figures: SiemFigures;
  rulesOf(classUid: number): readonly SigmaRule[];
  retentionDays(tenant: TenantScope): Promise<number>;
  now(): number;
}

/** Since the process started; whatever is not stored as it came is counted. `countsOf` has the days before. */
export interface SiemFigures {
  batches: number;
  /** Sent again although they had their receipt. */
  repeatedBatches: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  clamped: number;
  findings: number;
  /** Queries for uids that might be stored already. */
  uidLookups: number;
}

export interface SiemOptions {
  readonly inTenant: InTenant;
  readonly clickhouse: ClickHouseClient;
  readonly reader: ClickHouseClient;
  readonly rules: readonly SigmaRule[];
  retentionDays(tenant: TenantScope): Promise<number>;
  now(): number;
}

export function openSiem(options: SiemOptions): Siem {
  const byClass = new Map<number, SigmaRule[]>();
  for (const rule of options.rules) {
    for (const classUid of rule.classUids) byClass.set(classUid, [...(byClass.get(classUid) ?? []), rule]);
  }
  return {
    inTenant: options.inTenant,
    clickhouse: options.clickhouse,
    reader: options.reader,
    watchers: new Watchers(),
    turns: new Turns(),
    figures: {
      batches: 0,
      repeatedBatches: 0,
      accepted: 0,
      duplicates: 0,
      rejected: 0,
      clamped: 0,
      findings: 0,
      uidLookups: 0,
    },
    rulesOf: (classUid) => byClass.get(classUid) ?? [],
    retentionDays: (tenant) => options.retentionDays(tenant),
    now: () => options.now(),
  };
}

/** Every rule of a room's `detections/` folder. @throws SIGMA_RULE_REFUSED */
export function loadRules(directory: URL): readonly SigmaRule[] {
  const folder = fileURLToPath(directory);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => compileRule(readFileSync(join(folder, name), 'utf8'), name));
}
