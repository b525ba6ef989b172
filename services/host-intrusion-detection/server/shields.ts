/** Shields of a tenant's machines: kept with their whole history, never deleted, and what they add to policies. */
import { randomUUID } from 'node:crypto';
import { Instant } from '@demarc/platform/contract/api';
import type { RoomRoute, ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import { type AnyDatabase, protectTenantTable } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import * as z from 'zod';
import { shieldErrors } from '../shield/errors.ts';
import {
  type Account,
  Against,
  atInstant,
  changed,
  isInForce,
  layersOf,
  type Nobody,
  OpenShield,
  openShield,
  SHIELD_STATES,
  type Shield,
  type ShieldAct,
} from '../shield/shield.ts';

/** In force on one machine; each is a rule or a response of its own. */
const PER_ASSET_MAX = 64;
const LISTED_MAX = 1_000;
/** Of a tenant, looked at in one round; the oldest first. */
const OPEN_MAX = 10_000;
const SCANNING: Nobody = { accountId: null, name: 'vulnerability scanning' };

type Store = Pick<ServerRoomContext, 'inTenant' | 'now'>;
interface Row {
  readonly shield: Shield;
}

export const shieldMigrations: Readonly<Record<string, Migration>> = {
  hid_0001_shields: {
    async up(db) {
      await db.schema
        .createTable('hid_shield')
        .addColumn('tenant_id', 'text', (column) => column.notNull())
        .addColumn('shield_id', 'text', (column) => column.notNull())
        .addColumn('asset_id', 'text', (column) => column.notNull())
        .addColumn('opened_at_ms', 'int8', (column) => column.notNull())
        .addColumn('ended', 'boolean', (column) => column.notNull())
        .addColumn('shield', 'jsonb', (column) => column.notNull())
        .addPrimaryKeyConstraint('hid_shield_pk', ['tenant_id', 'shield_id'])
        .execute();
      await db.schema
        .createIndex('hid_shield_of_asset')
        .on('hid_shield')
        .columns(['tenant_id', 'asset_id', 'ended'])
        .execute();
      await protectTenantTable(db, 'hid_shield', ['select', 'insert', 'update']);
    },
  },
};

const Shown = z.strictObject({
  id: z.uuid(),
  assetId: z.uuid(),
  vulnerability: z.string(),
  findingUid: z.string().nullable(),
  against: Against,
  state: z.enum(SHIELD_STATES),
  /** When it will prevent by itself; null when it does already, or is over. */
  preventsAt: Instant.nullable(),
  expiresAt: Instant,
  history: z.array(
    z.strictObject({
      at: Instant,
      action: z.string(),
      by: z.string(),
      /** Null for what time alone does. */
      accountId: z.string().nullable(),
      because: z.string(),
    }),
  ),
});
const Reason = z.strictObject({ because: z.string().trim().min(3).max(1_000) });
const ShieldParams = z.object({ shieldId: z.uuid() });

export const shieldRoutes: readonly RoomRoute[] = [
  {
    method: 'GET',
    path: 'shields',
    permission: 'policy:read',
    summary: 'Shields until patched, newest first',
    query: z.strictObject({ assetId: z.uuid().optional() }),
    response: z.strictObject({ shields: z.array(Shown).max(LISTED_MAX), more: z.boolean() }),
    handle: (context, tenant, { query }) =>
      listShields(context, tenant, (query as { readonly assetId?: string }).assetId),
  },
  {
    method: 'POST',
    path: 'shields',
    permission: 'policy:write',
    summary: 'Opens a shield for a vulnerability of a machine; it watches first',
    body: OpenShield,
    response: Shown,
    handle: async (context, tenant, { body, ...asked }) =>
      shown(await open(context, tenant, body as OpenShield, accountOf(asked)), context.now()),
  },
  ...(
    [
      ['prevent', 'prevent', 'Makes a shield prevent before its time of watching is over'],
      ['was-wrong', 'was-wrong', 'Says that a shield stood in an honest user’s way; it watches again'],
      ['withdraw', 'withdraw', 'Takes a shield away, as when the patch is verified'],
    ] as const
  ).map(
    ([path, act, summary]): RoomRoute => ({
      method: 'POST',
      path: `shields/:shieldId/${path}`,
      permission: 'policy:write',
      summary,
      params: ShieldParams,
      body: Reason,
      response: Shown,
      handle: async (context, tenant, { params, body, ...asked }) => {
        const { shieldId } = params as z.infer<typeof ShieldParams>;
        const { because } = body as z.infer<typeof Reason>;
        return shown(
          await change(context, tenant, shieldId, { act, by: accountOf(asked), because }),
          context.now(),
        );
      },
    }),
  ),
];

export const shieldLayers: NonNullable<ServerRoom['policyLayers']> = async (store, tenant, assetId) => {
  const rows = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT shield FROM hid_shield WHERE asset_id = ${assetId} AND NOT ended
      ORDER BY opened_at_ms, shield_id LIMIT ${PER_ASSET_MAX}`.execute(db),
  );
  return layersOf(rows.rows.map(({ shield }) => atInstant(shield, store.now())));
};

/** @throws HIDS_SHIELDS_TOO_MANY */
async function open(store: Store, tenant: TenantScope, asked: OpenShield, by: Account): Promise<Shield> {
  const nowMs = store.now();
  const shield = openShield(asked, randomUUID(), by, nowMs);
  return store.inTenant(tenant, async (db) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`shield ${asked.assetId}`}))`.execute(db);
    const { rows } = await sql<Row>`SELECT shield FROM hid_shield
      WHERE asset_id = ${asked.assetId} AND NOT ended`.execute(db);
    const now = rows.map((row) => atInstant(row.shield, nowMs));
    const over = now.filter((one) => !isInForce(one));
    if (now.length - over.length >= PER_ASSET_MAX)
      throw shieldErrors.make('HIDS_SHIELDS_TOO_MANY', { max: PER_ASSET_MAX });
    // Nobody ends those that time ended: now is when room is needed.
    for (const ended of over) await keep(db, ended);
    await sql`INSERT INTO hid_shield (tenant_id, shield_id, asset_id, opened_at_ms, ended, shield)
      VALUES (${tenant.tenantId}, ${shield.id}, ${shield.assetId}, ${nowMs}, false,
        ${JSON.stringify(shield)}::jsonb)`.execute(db);
    return shield;
  });
}

/** @throws HIDS_SHIELD_UNKNOWN, HIDS_SHIELD_REFUSES */
async function change(store: Store, tenant: TenantScope, id: string, act: ShieldAct): Promise<Shield> {
  return store.inTenant(tenant, async (db) => {
    const { rows } = await sql<Row>`SELECT shield FROM hid_shield WHERE shield_id = ${id} FOR UPDATE`.execute(
      db,
    );
    const [row] = rows;
    if (row === undefined) throw shieldErrors.make('HIDS_SHIELD_UNKNOWN', { id });
    const next = changed(row.shield, act, store.now());
    if ('refused' in next) throw shieldErrors.make('HIDS_SHIELD_REFUSES', { because: next.refused });
    await keep(db, next);
    return next;
  });
}

/**
 * Those whose weakness was seen to be gone after they were opened; who opened one before a scan had found anything, or
 * against what no scan knows, takes it away by hand.
 *
 * @returns how many
 */
export async function withdrawFixed(
  context: Pick<ServerRoomContext, 'inTenant' | 'now' | 'use'>,
  tenant: TenantScope,
): Promise<number> {
  const fixed = context.use('fixed-weaknesses');
  if (fixed === undefined) return 0;
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<Row>`SELECT shield FROM hid_shield WHERE NOT ended ORDER BY opened_at_ms, shield_id LIMIT ${OPEN_MAX}`.execute(
      db,
    ),
  );
  const shields = rows
    .map(({ shield }) => shield)
    .filter((shield) => isInForce(atInstant(shield, context.now())));
  if (shields.length === 0) return 0;
  const gone = new Map(
    (await fixed(tenant, shields)).map((one) => [`${one.assetId} ${one.vulnerability}`, one.fixedAtMs]),
  );
  let count = 0;
  for (const { id, assetId, vulnerability, history } of shields) {
    const fixedAtMs = gone.get(`${assetId} ${vulnerability}`);
    if (fixedAtMs === undefined || fixedAtMs < (history[0]?.atMs ?? 0)) continue;
    const because = `A scan of ${instant(fixedAtMs)} no longer sees ${vulnerability}.`;
    await change(context, tenant, id, { act: 'withdraw', by: SCANNING, because });
    count += 1;
  }
  return count;
}

async function keep(db: Kysely<AnyDatabase>, shield: Shield): Promise<void> {
  await sql`UPDATE hid_shield SET shield = ${JSON.stringify(shield)}::jsonb, ended = ${!isInForce(shield)}
    WHERE shield_id = ${shield.id}`.execute(db);
}

async function listShields(store: Store, tenant: TenantScope, assetId: string | undefined) {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT shield FROM hid_shield
      WHERE ${assetId ?? null}::text IS NULL OR asset_id = ${assetId ?? null}
      ORDER BY opened_at_ms DESC, shield_id LIMIT ${LISTED_MAX + 1}`.execute(db),
  );
  const nowMs = store.now();
  return {
    shields: rows.slice(0, LISTED_MAX).map(({ shield }) => shown(shield, nowMs)),
    more: rows.length > LISTED_MAX,
  };
}

function shown(kept: Shield, nowMs: number): z.infer<typeof Shown> {
  const { soakingSinceMs, soakSeconds, expiresAtMs, history, ...shield } = atInstant(kept, nowMs);
  return {
    ...shield,
    preventsAt: shield.state === 'detect' ? instant(soakingSinceMs + soakSeconds * 1_000) : null,
    expiresAt: instant(expiresAtMs),
    history: history.map(({ atMs, by, ...entry }) => ({
      at: instant(atMs),
      by: by.name,
      accountId: by.accountId,
      ...entry,
    })),
  };
}

const accountOf = (asked: { readonly accountId: string; readonly accountName: string }): Account => ({
  accountId: asked.accountId,
  name: asked.accountName,
});

const instant = (ms: number): string => new Date(ms).toISOString();
