/** Door: the one road every event takes through the server, and the ways to look at what it stored. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Correlator, openCorrelator } from './correlate/correlator.ts';
import { deliver } from './correlate/deliver.ts';
import { Deliveries } from './correlate/deliveries.ts';
import { type EventView, eventView } from './detect/view.ts';
import { Watchers } from './publish.ts';
import { compileHere } from './rules/compile.ts';
import type { Compiler, SourceFile } from './rules/compiler.ts';
import { FieldsSeen } from './rules/fields-seen.ts';
import { RuleStore } from './rules/rule-store.ts';
import { Rulesets } from './rules/rulesets.ts';
import { Turns } from './turns.ts';

export { type BatchCounts, countsOf } from './batches.ts';
export { type Batch, type BatchEvent, carry } from './carry.ts';
export { siemErrors } from './errors.ts';
export { EVENT_TABLES, ensureEventTable } from './event-table.ts';
export { siemMigrations } from './migrations.ts';
export type { Watcher } from './publish.ts';
export { type Records, readRecords } from './records.ts';
export { readRuleFiles, SIEM_DETECTIONS } from './rules/files.ts';
export { eventByUid, histogram, searchEvents } from './search.ts';
export { startSiemWork } from './work.ts';

export interface Siem {
  readonly inTenant: InTenant;
  /** May write events. */
  readonly clickhouse: ClickHouseClient;
  /** May only read; what people search with. */
  readonly reader: ClickHouseClient;
  readonly watchers: Watchers;
  readonly turns: Turns;
  readonly figures: SiemFigures;
  /** What is asked of events, by tenant. */
  readonly rulesets: Rulesets;
  readonly ruleStore: RuleStore;
  readonly compiler: Compiler;
  readonly fieldsSeen: FieldsSeen;
  /** Events as rules see them. */
  readonly view: EventView;
  readonly correlator: Correlator;
  /** What correlations found, on its way along the road. */
  readonly deliveries: Deliveries;
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
  /** Events on which the rules could not be evaluated to their end; each is a finding too. */
  incomplete: number;
  /** Queries for uids that might be stored already. */
  uidLookups: number;
}

export interface SiemOptions {
  readonly inTenant: InTenant;
  readonly clickhouse: ClickHouseClient;
  readonly reader: ClickHouseClient;
  /** Rule files that ship with the platform: those of the rooms, and the SIEM's own. */
  readonly rules: readonly SourceFile[];
  /** Where rules are compiled; in this thread when left out. */
  readonly compiler?: Compiler;
  onError?(line: string, error: unknown): void;
  retentionDays(tenant: TenantScope): Promise<number>;
  now(): number;
}

export function openSiem(options: SiemOptions): Siem {
  const { inTenant } = options;
  const now = (): number => options.now();
  const onError = (line: string, error: unknown): void => options.onError?.(line, error);
  const watchers = new Watchers();
  const ruleStore = new RuleStore({ inTenant, now });
  const compiler = options.compiler ?? { compile: compileHere };
  const rulesets = new Rulesets({
    store: ruleStore,
    compiler,
    shipped: options.rules,
    now,
    onChange: (tenant, { generation }) => {
      void correlator.rulesChanged(tenant);
      watchers.publish(tenant, { kind: 'rules', generation });
    },
    onError,
  });
  const correlator = openCorrelator({
    inTenant,
    correlationsOf: async (tenant) => (await rulesets.of(tenant)).linked,
    now,
  });
  const siem: Siem = {
    inTenant,
    clickhouse: options.clickhouse,
    reader: options.reader,
    watchers,
    turns: new Turns(),
    figures: noFigures(),
    rulesets,
    ruleStore,
    compiler,
    correlator,
    deliveries: new Deliveries((tenant, found) => deliver(siem, tenant, found), onError),
    fieldsSeen: new FieldsSeen({ inTenant, now }),
    view: eventView(),
    retentionDays: (tenant) => options.retentionDays(tenant),
    now,
  };
  return siem;
}

export function noFigures(): SiemFigures {
  return {
    batches: 0,
    repeatedBatches: 0,
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    clamped: 0,
    findings: 0,
    incomplete: 0,
    uidLookups: 0,
  };
}
