/** What people set: settings, windows, freezes. Kept as it is, with everything that it was; nothing is deleted. */
import { randomUUID } from 'node:crypto';
import type { RoomRoute, ServerRoomContext } from '@demarc/platform/contract/server';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import { patchingErrors } from '../errors.ts';

export type Store = Pick<ServerRoomContext, 'inTenant' | 'now'>;
export type Asked = Parameters<RoomRoute['handle']>[2];
export interface Account {
  readonly accountId: string;
  readonly name: string;
}
export const accountOf = ({ accountId, accountName }: Asked): Account => ({ accountId, name: accountName });

type Kind = 'settings' | 'window' | 'freeze';
/** Removed ones are shown as long as there is room for them. */
const REMOVED_SHOWN_MS = 400 * 86_400_000;

export interface Kept {
  readonly id: string;
  readonly value: unknown;
  readonly by_name: string;
  readonly at_ms: number;
  readonly removed: { readonly at: string; readonly by: string; readonly because: string } | null;
}

/** Those in force first, then what was removed last. */
export async function keptOf(
  store: Store,
  tenant: TenantScope,
  kind: Kind,
  max: number,
): Promise<readonly Kept[]> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Kept>`SELECT id, value, by_name, at_ms, removed FROM amp_set
      WHERE kind = ${kind} AND (removed_at_ms IS NULL OR removed_at_ms > ${store.now() - REMOVED_SHOWN_MS})
      ORDER BY removed_at_ms DESC NULLS FIRST, at_ms, id LIMIT ${max}`.execute(db),
  );
  return rows;
}

/** @throws PATCH_CALENDAR_FULL */
export async function keep(
  store: Store,
  tenant: TenantScope,
  {
    kind,
    value,
    by,
    max,
  }: { readonly kind: Kind; readonly value: unknown; readonly by: Account; readonly max: number },
): Promise<Kept> {
  const id = kind === 'settings' ? kind : randomUUID();
  const nowMs = store.now();
  return store.inTenant(tenant, async (db) => {
    // One after the other: two that both see room for one more would be one too many.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`patching ${kind} ${tenant.tenantId}`}))`.execute(db);
    const { rows: inForce } = await sql<{ readonly n: number }>`SELECT count(*) AS n FROM amp_set
      WHERE kind = ${kind} AND removed_at_ms IS NULL AND id <> ${id}`.execute(db);
    if ((inForce[0]?.n ?? 0) >= max)
      throw patchingErrors.make('PATCH_CALENDAR_FULL', { what: `${kind}s`, max });
    const { rows } = await sql<Kept>`INSERT INTO amp_set (tenant_id, kind, id, value, by_name, at_ms)
      VALUES (${tenant.tenantId}, ${kind}, ${id}, ${JSON.stringify(value)}::jsonb, ${by.name}, ${nowMs})
      ON CONFLICT (tenant_id, kind, id) DO UPDATE
        SET value = excluded.value, by_name = excluded.by_name, at_ms = excluded.at_ms
      RETURNING id, value, by_name, at_ms, removed`.execute(db);
    await noteAct(db, tenant, { kind, id, by, because: 'set', value, nowMs });
    return rows[0] as Kept;
  });
}

/** @returns undefined where there is none in force */
export async function changeKept(
  store: Store,
  tenant: TenantScope,
  kind: Kind,
  id: string,
  { value, by }: { readonly value: unknown; readonly by: Account },
): Promise<Kept | undefined> {
  const nowMs = store.now();
  return store.inTenant(tenant, async (db) => {
    const { rows } = await sql<Kept>`UPDATE amp_set
      SET value = ${JSON.stringify(value)}::jsonb, by_name = ${by.name}, at_ms = ${nowMs}
      WHERE kind = ${kind} AND id = ${id} AND removed_at_ms IS NULL
      RETURNING id, value, by_name, at_ms, removed`.execute(db);
    if (rows[0] !== undefined) await noteAct(db, tenant, { kind, id, by, because: 'changed', value, nowMs });
    return rows[0];
  });
}

/** @returns undefined where there is none in force */
export async function removeKept(
  store: Store,
  tenant: TenantScope,
  kind: Kind,
  id: string,
  { because, by }: { readonly because: string; readonly by: Account },
): Promise<Kept | undefined> {
  const nowMs = store.now();
  const removed = { at: new Date(nowMs).toISOString(), by: by.name, because };
  return store.inTenant(tenant, async (db) => {
    const { rows } = await sql<Kept>`UPDATE amp_set
      SET removed = ${JSON.stringify(removed)}::jsonb, removed_at_ms = ${nowMs}
      WHERE kind = ${kind} AND id = ${id} AND removed_at_ms IS NULL
      RETURNING id, value, by_name, at_ms, removed`.execute(db);
    if (rows[0] !== undefined) await noteAct(db, tenant, { kind, id, by, because, value: removed, nowMs });
    return rows[0];
  });
}

async function noteAct(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  act: {
    readonly kind: Kind;
    readonly id: string;
    readonly by: Account;
    readonly because: string;
    readonly value: unknown;
    readonly nowMs: number;
  },
): Promise<void> {
  await sql`INSERT INTO amp_act (tenant_id, at_ms, kind, id, by_account, by_name, because, value)
    VALUES (${tenant.tenantId}, ${act.nowMs}, ${act.kind}, ${act.id}, ${act.by.accountId}, ${act.by.name},
      ${act.because}, ${JSON.stringify(act.value)}::jsonb)`.execute(db);
}

export const instant = (ms: number): string => new Date(ms).toISOString();
