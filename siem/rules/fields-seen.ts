/**
 * Which fields the sources of a tenant have filled, by log source: what a rule about anything else would wait
 * for in vain. Kept in memory and written down now and then; what a crash forgets is seen again.
 */

import type { LogSource, SigmaEvent } from '@demarc/platform/sigma';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';

const LOG_SOURCES_MAX = 512;
const FIELDS_MAX = 4_096;
const FIELD_CHARACTERS_MAX = 256;
const ROWS_PER_INSERT_MAX = 1_000;
/** What nobody has sent for so long is no longer a source. */
const REMEMBERED_DAYS = 30;
const DAY_MS = 86_400_000;
/** Of events of one kind, all of the first so many are looked at, then one in `ONE_IN`. */
const ALL_OF_FIRST = 1_000;
const ONE_IN = 64;

const UNKNOWN: LogSource = {};

interface Seen {
  readonly logsource: LogSource;
  readonly fields: Map<string, { lastMs: number; isWritten: boolean }>;
  eventCount: number;
}

/** Of a tenant. */
interface Sources {
  readonly byKey: Map<string, Seen>;
  /** Events that are alike have the same list of log sources. */
  readonly byList: WeakMap<readonly LogSource[], readonly Seen[]>;
}

export interface SeenFields {
  readonly logsource: LogSource;
  has(field: string): boolean;
}

export class FieldsSeen {
  readonly #tenants = new Map<string, Sources>();
  readonly #loaded = new Map<string, Promise<void>>();
  readonly #inTenant: InTenant;
  readonly #now: () => number;

  constructor(options: { readonly inTenant: InTenant; now(): number }) {
    this.#inTenant = options.inTenant;
    this.#now = options.now;
  }

  see(tenant: TenantScope, event: SigmaEvent): void {
    for (const seen of this.#seenOf(this.#of(tenant), event.logsources)) {
      seen.eventCount += 1;
      if (seen.eventCount > ALL_OF_FIRST && seen.eventCount % ONE_IN !== 0) continue;
      const nowMs = this.#now();
      for (const field in event.fields) {
        const known = seen.fields.get(field);
        if (known !== undefined) {
          if (nowMs - known.lastMs > DAY_MS) Object.assign(known, { lastMs: nowMs, isWritten: false });
        } else if (seen.fields.size < FIELDS_MAX && field.length <= FIELD_CHARACTERS_MAX)
          seen.fields.set(field, { lastMs: nowMs, isWritten: false });
      }
    }
  }

  /** Of each log source of an event; where there are too many already, of those before the first new one. */
  #seenOf({ byKey, byList }: Sources, logsources: readonly LogSource[]): readonly Seen[] {
    const known = byList.get(logsources);
    if (known !== undefined) return known;
    const all: Seen[] = [];
    for (const logsource of logsources.length === 0 ? [UNKNOWN] : logsources) {
      const key = keyOf(logsource);
      let seen = byKey.get(key);
      if (seen === undefined) {
        if (byKey.size >= LOG_SOURCES_MAX) return all;
        seen = { logsource, fields: new Map(), eventCount: 0 };
        byKey.set(key, seen);
      }
      all.push(seen);
    }
    byList.set(logsources, all);
    return all;
  }

  /** With what was seen before this process started. */
  async sources(tenant: TenantScope): Promise<readonly SeenFields[]> {
    await this.#load(tenant);
    return [...this.#of(tenant).byKey.values()].map(({ logsource, fields }) => ({
      logsource,
      has: (field) => fields.has(field),
    }));
  }

  /** Writes down what is new; called now and then, and at the end. */
  async flush(tenant: TenantScope): Promise<void> {
    const rows = [...this.#of(tenant).byKey].flatMap(([key, { fields }]) =>
      [...fields].filter(([, field]) => !field.isWritten).map(([name, field]) => ({ key, name, field })),
    );
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT_MAX) {
      const part = rows.slice(from, from + ROWS_PER_INSERT_MAX);
      const values = part.map(
        ({ key, name, field }) => sql`(${tenant.tenantId}, ${key}, ${name}, ${field.lastMs}::int8)`,
      );
      await this.#inTenant(tenant, async (db) => {
        await sql`INSERT INTO siem_field_seen (tenant_id, logsource, field, last_seen_ms) VALUES ${sql.join(values)}
          ON CONFLICT (tenant_id, logsource, field) DO UPDATE
          SET last_seen_ms = greatest(siem_field_seen.last_seen_ms, excluded.last_seen_ms)`.execute(db);
      });
      for (const { field } of part) field.isWritten = true;
    }
  }

  get tenantIds(): readonly string[] {
    return [...this.#tenants.keys()];
  }

  #of(tenant: TenantScope): Sources {
    let sources = this.#tenants.get(tenant.tenantId);
    if (sources === undefined) {
      sources = { byKey: new Map(), byList: new WeakMap() };
      this.#tenants.set(tenant.tenantId, sources);
    }
    return sources;
  }

  #load(tenant: TenantScope): Promise<void> {
    let loading = this.#loaded.get(tenant.tenantId);
    if (loading === undefined) {
      loading = this.#read(tenant).catch((error: unknown) => {
        this.#loaded.delete(tenant.tenantId);
        throw error;
      });
      this.#loaded.set(tenant.tenantId, loading);
    }
    return loading;
  }

  async #read(tenant: TenantScope): Promise<void> {
    const since = this.#now() - REMEMBERED_DAYS * DAY_MS;
    const { rows } = await this.#inTenant(tenant, (db) =>
      sql<{ readonly logsource: string; readonly field: string; readonly ms: number }>`
        SELECT logsource, field, last_seen_ms AS ms FROM siem_field_seen
        WHERE tenant_id = ${tenant.tenantId} AND last_seen_ms >= ${since}
        LIMIT ${LOG_SOURCES_MAX * FIELDS_MAX}`.execute(db),
    );
    const { byKey } = this.#of(tenant);
    for (const { logsource: key, field, ms } of rows) {
      const seen = byKey.get(key) ?? { logsource: logSourceOf(key), fields: new Map(), eventCount: 0 };
      byKey.set(key, seen);
      if (!seen.fields.has(field)) seen.fields.set(field, { lastMs: ms, isWritten: true });
    }
  }
}

/** Recognitions give the same objects again and again. */
const keys = new WeakMap<LogSource, string>();

function keyOf(logsource: LogSource): string {
  const known = keys.get(logsource);
  if (known !== undefined) return known;
  const { product = '', category = '', service = '' } = logsource;
  const key = JSON.stringify([product, category, service]);
  keys.set(logsource, key);
  return key;
}

function logSourceOf(key: string): LogSource {
  const [product = '', category = '', service = ''] = JSON.parse(key) as readonly string[];
  return {
    ...(product === '' ? {} : { product }),
    ...(category === '' ? {} : { category }),
    ...(service === '' ? {} : { service }),
  };
}
