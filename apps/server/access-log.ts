/**
 * Who of the provider looked at a tenant's data. The tenant sees it; nobody can switch it off. Looks are counted by
 * account, route and minute, written down every few seconds, and kept within bounds.
 */
import { maySeeEveryTenant, type Principal } from '@demarc/platform/identity';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';

export interface Look {
  readonly principal: Principal;
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

interface Counted {
  readonly tenant: TenantScope;
  readonly minuteMs: number;
  readonly principal: Principal;
  readonly method: string;
  readonly route: string;
  count: number;
  refused: number;
}

const MINUTE_MS = 60_000;
const WRITE_EVERY_MS = 2_000;
/** Between two writes; what is more is counted as lost. */
const WAITING_MAX = 10_000;
const KEPT_MS = 400 * 86_400_000;
const ROWS_MAX = 200_000;

export class AccessLog implements AsyncDisposable {
  readonly #store: PostgresStore;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  #waiting = new Map<string, Counted>();
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;

  constructor(store: PostgresStore, now: () => number, onError: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#onError = onError;
  }

  get lostCount(): number {
    return this.#lost;
  }

  /** Only the provider's own people: a tenant's know themselves that they look. */
  looked(tenant: TenantScope, { principal, method, route, status }: Look): void {
    if (!maySeeEveryTenant(principal)) return;
    const minuteMs = Math.floor(this.#now() / MINUTE_MS) * MINUTE_MS;
    const key = [tenant.tenantId, minuteMs, principal.accountId, method, route].join('\0');
    let counted = this.#waiting.get(key);
    if (counted === undefined) {
      if (this.#waiting.size >= WAITING_MAX) {
        this.#lost += 1;
        return;
      }
      counted = { tenant, minuteMs, principal, method, route, count: 0, refused: 0 };
      this.#waiting.set(key, counted);
    }
    counted.count += 1;
    if (status === 401 || status === 403) counted.refused += 1;
    this.#timer ??= setTimeout(() => void this.write().catch(this.#onError), WRITE_EVERY_MS).unref();
  }

  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    const byTenant = Map.groupBy(waiting, ({ tenant }) => tenant.tenantId);
    for (const looks of byTenant.values()) {
      const tenant = looks[0]?.tenant;
      if (tenant === undefined) continue;
      const rows = looks.map(({ minuteMs, principal, method, route, count, refused }) => ({
        minute_ms: minuteMs,
        account_id: principal.accountId,
        name: principal.name,
        role: principal.grants.find(({ tenantId }) => tenantId === null)?.role ?? '',
        method,
        route,
        count,
        refused,
      }));
      try {
        await this.#store.inTenant(tenant, async (db) => {
          await sql`INSERT INTO server_access (tenant_id, minute_ms, account_id, name, role, method, route, count, refused)
            SELECT ${tenant.tenantId}, minute_ms, account_id, name, role, method, route, count, refused
            FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(minute_ms int8, account_id text, name text,
              role text, method text, route text, count int8, refused int8)
            ON CONFLICT (tenant_id, minute_ms, account_id, method, route) DO UPDATE
              SET count = server_access.count + excluded.count, refused = server_access.refused + excluded.refused`.execute(
            db,
          );
          await sql`DELETE FROM server_access WHERE minute_ms < ${this.#now() - KEPT_MS} OR minute_ms < (
            SELECT minute_ms FROM server_access ORDER BY minute_ms DESC OFFSET ${ROWS_MAX} LIMIT 1)`.execute(
            db,
          );
        });
      } catch (error) {
        this.#lost += looks.reduce((sum, { count }) => sum + count, 0);
        this.#onError(error);
      }
    }
  }

  /** Newest first. */
  async read(tenant: TenantScope, limit: number) {
    await this.write();
    const { rows } = await this.#store.inTenant(tenant, (db) =>
      sql<{
        readonly minute_ms: number;
        readonly account_id: string;
        readonly name: string;
        readonly role: string;
        readonly method: string;
        readonly route: string;
        readonly count: number;
        readonly refused: number;
      }>`SELECT minute_ms, account_id, name, role, method, route, count, refused FROM server_access
        ORDER BY minute_ms DESC, account_id, route, method LIMIT ${limit}`.execute(db),
    );
    return rows.map(({ minute_ms, account_id, ...row }) => ({
      at: new Date(minute_ms).toISOString(),
      accountId: account_id,
      ...row,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.write();
  }
}
