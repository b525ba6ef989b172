/** Orders to hosts: kept with who gave them and why, handed to the agent while they are in force, never deleted. */
import { randomUUID } from 'node:crypto';
import type { GivenOrder } from '@demarc/platform/contract/api/orders';
import { ORDERS_MAX, type Order, type OrderState } from '@demarc/platform/contract/orders';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { serverErrors } from '../errors.ts';

const LISTED_MAX = 1_000;

interface Row {
  readonly order_id: string;
  readonly asset_id: string;
  readonly service_id: string;
  readonly kind: string;
  readonly what: Readonly<Record<string, unknown>>;
  readonly by_name: string;
  readonly by_party: string;
  readonly because: string;
  readonly given_at_ms: string;
  readonly until_ms: string;
  readonly taken_back_at_ms: string | null;
  readonly taken_back_by: string | null;
  readonly taken_back_because: string | null;
  readonly state: OrderState['state'];
  readonly state_because: string;
  readonly state_at_ms: string;
}

export type Kept = Omit<GivenOrder, 'title'>;

export interface NewOrder {
  readonly assetId: string;
  readonly serviceId: string;
  readonly kind: string;
  readonly what: Readonly<Record<string, unknown>>;
  readonly by: { readonly accountId: string; readonly name: string; readonly party: string };
  readonly because: string;
  readonly seconds: number;
}

/** @throws ORDER_TOO_MANY */
export async function giveOrder(
  store: PostgresStore,
  tenant: TenantScope,
  given: NewOrder,
  nowMs: number,
): Promise<Kept> {
  const id = randomUUID();
  return store.inTenant(tenant, async (db) => {
    // One after the other for a machine: two that both see room for one more would be one too many.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`order ${given.assetId}`}))`.execute(db);
    const { rows: inForce } = await sql<{ readonly count: string }>`SELECT count(*) AS count FROM server_order
      WHERE asset_id = ${given.assetId} AND until_ms > ${nowMs} AND taken_back_at_ms IS NULL`.execute(db);
    if (Number(inForce[0]?.count ?? 0) >= ORDERS_MAX)
      throw serverErrors.make('ORDER_TOO_MANY', { max: ORDERS_MAX });
    const { rows } =
      await sql<Row>`INSERT INTO server_order (tenant_id, order_id, asset_id, service_id, kind, what,
        by_account, by_name, by_party, because, given_at_ms, until_ms, state, state_because, state_at_ms)
      VALUES (${tenant.tenantId}, ${id}, ${given.assetId}, ${given.serviceId}, ${given.kind},
        ${JSON.stringify(given.what)}::jsonb, ${given.by.accountId}, ${given.by.name}, ${given.by.party},
        ${given.because}, ${nowMs}, ${nowMs + given.seconds * 1_000}, 'waiting',
        'The agent was not heard of since.', ${nowMs})
      RETURNING *`.execute(db);
    return keptOf(rows[0] as Row, nowMs);
  });
}

/** @throws API_NOT_FOUND when there is none, or it is over */
export async function takeBackOrder(
  store: PostgresStore,
  tenant: TenantScope,
  id: string,
  by: string,
  because: string,
  nowMs: number,
): Promise<Kept> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`UPDATE server_order
      SET taken_back_at_ms = ${nowMs}, taken_back_by = ${by}, taken_back_because = ${because}
      WHERE order_id = ${id} AND taken_back_at_ms IS NULL AND until_ms > ${nowMs}
      RETURNING *`.execute(db),
  );
  const [row] = rows;
  if (row === undefined) throw serverErrors.make('API_NOT_FOUND', { path: `order ${id}, in force` });
  return keptOf(row, nowMs);
}

/** @throws API_NOT_FOUND */
export async function orderOf(
  store: PostgresStore,
  tenant: TenantScope,
  id: string,
  nowMs: number,
): Promise<Kept> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT * FROM server_order WHERE order_id = ${id}`.execute(db),
  );
  const [row] = rows;
  if (row === undefined) throw serverErrors.make('API_NOT_FOUND', { path: `order ${id}` });
  return keptOf(row, nowMs);
}

/** Newest first. */
export async function listOrders(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string | undefined,
  nowMs: number,
): Promise<{ readonly orders: readonly Kept[]; readonly more: boolean }> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT * FROM server_order WHERE ${assetId ?? null}::text IS NULL OR asset_id = ${assetId ?? null}
      ORDER BY given_at_ms DESC, order_id LIMIT ${LISTED_MAX + 1}`.execute(db),
  );
  return {
    orders: rows.slice(0, LISTED_MAX).map((row) => keptOf(row, nowMs)),
    more: rows.length > LISTED_MAX,
  };
}

/** What the agent of an asset is to carry out now, by service. */
export async function ordersInForce(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  nowMs: number,
): Promise<ReadonlyMap<string, readonly Order[]>> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT * FROM server_order
      WHERE asset_id = ${assetId} AND until_ms > ${nowMs} AND taken_back_at_ms IS NULL
      ORDER BY given_at_ms, order_id LIMIT ${ORDERS_MAX}`.execute(db),
  );
  const of = new Map<string, Order[]>();
  for (const row of rows) of.set(row.service_id, [...(of.get(row.service_id) ?? []), orderFor(row)]);
  return of;
}

/** What an agent says has become of its orders. Older news than what is known change nothing. */
export async function tellOrders(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  states: readonly OrderState[],
): Promise<void> {
  if (states.length === 0) return;
  await store.inTenant(tenant, async (db) => {
    await sql`UPDATE server_order SET state = told.state, state_because = told.because, state_at_ms = told."atMs"
      FROM jsonb_to_recordset(${JSON.stringify(states)}::jsonb)
        AS told(id text, state text, because text, "atMs" int8)
      WHERE order_id = told.id AND asset_id = ${assetId}
        AND (server_order.state, server_order.state_because) IS DISTINCT FROM (told.state, told.because)
        AND (server_order.state = 'waiting' OR server_order.state_at_ms <= told."atMs")`.execute(db);
  });
}

function orderFor(row: Row): Order {
  return {
    id: row.order_id,
    kind: row.kind,
    what: row.what,
    by: row.by_name,
    because: row.because,
    givenAtMs: Number(row.given_at_ms),
    untilMs: Number(row.until_ms),
  };
}

function keptOf(row: Row, nowMs: number): Kept {
  return {
    id: row.order_id,
    assetId: row.asset_id,
    serviceId: row.service_id,
    kind: row.kind,
    what: row.what,
    by: row.by_name,
    party: row.by_party,
    because: row.because,
    givenAt: instant(row.given_at_ms),
    until: instant(row.until_ms),
    takenBack:
      row.taken_back_at_ms === null
        ? null
        : {
            at: instant(row.taken_back_at_ms),
            by: row.taken_back_by ?? '',
            because: row.taken_back_because ?? '',
          },
    state: row.state,
    stateBecause: row.state_because,
    stateAt: instant(row.state_at_ms),
    inForce: row.taken_back_at_ms === null && Number(row.until_ms) > nowMs,
  };
}

const instant = (ms: string): string => new Date(Number(ms)).toISOString();
