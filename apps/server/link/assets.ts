/** What the link knows of assets: enrolled, seen, revoked. */
import { randomUUID } from 'node:crypto';
import type { Health, OperatingSystem } from '@demarc/platform/contract';
import type { Asset } from '@demarc/platform/contract/api';
import type { HostHealth } from '@demarc/platform/contract/server';
import { hashToken, type IssuedCertificate, newToken } from '@demarc/platform/identity';
import type { EnrollRequest, ExchangeHeader } from '@demarc/platform/link';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { linkErrors } from './errors.ts';

/** An agent says something at least every few seconds; this long without a word is silence. */
export const SILENT_AFTER_MS = 30_000;
const TOKEN_LIFE_MS = 24 * 3_600_000;
const ASSETS_MAX = 10_000;
/** What waited in a spool was signed with a key that may be gone since: so long and so many are remembered. */
const KEY_KEPT_MS = 30 * 24 * 3_600_000;
const KEYS_MAX = 16;
const EVIDENCE_KEYS_MAX = 100_000;

interface AssetRow {
  readonly asset_id: string;
  readonly name: string;
  readonly type: Asset['type'];
  readonly os: string;
  readonly address: string;
  readonly enrolled_at_ms: number;
  readonly last_seen_at_ms: number | null;
  readonly revoked_at_ms: number | null;
  readonly certificate_expires_at_ms: number | null;
  readonly agent_version: string;
  readonly clock_offset_ms: number | null;
  readonly rooms: readonly { readonly serviceId: string; readonly health: Health }[];
  readonly dropped_count: number;
}

interface RoomRow {
  readonly asset_id: string;
  readonly clock_offset_ms: number | null;
  readonly health: Health;
  readonly policy_version: string | null;
}

export async function listAssets(
  store: PostgresStore,
  tenant: TenantScope,
  nowMs: number,
): Promise<readonly Asset[]> {
  return store.inTenant(tenant, async (db) => {
    const { rows } =
      await sql<AssetRow>`SELECT * FROM link_asset ORDER BY name, asset_id LIMIT ${ASSETS_MAX}`.execute(db);
    return rows.map((row) => assetOf(row, nowMs));
  });
}

/** What one room said on each machine that was heard since, with the policy that it took; of revoked ones nothing. */
export async function roomStates(
  store: PostgresStore,
  tenant: TenantScope,
  serviceId: string,
  heardSinceMs: number,
): Promise<readonly HostHealth[]> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<RoomRow>`SELECT asset_id, clock_offset_ms, room->'health' AS health, room->>'policyVersion' AS policy_version
      FROM link_asset, jsonb_array_elements(rooms) AS room
      WHERE revoked_at_ms IS NULL AND last_seen_at_ms >= ${heardSinceMs} AND room->>'serviceId' = ${serviceId}
      ORDER BY name, asset_id LIMIT ${ASSETS_MAX}`.execute(db),
  );
  return rows.map((row) => ({
    assetId: row.asset_id,
    health: row.health,
    policyVersion: row.policy_version ?? '',
    clockOffsetMs: row.clock_offset_ms ?? 0,
  }));
}

/** @throws LINK_ASSET_UNKNOWN */
export async function getAsset(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  nowMs: number,
): Promise<Asset> {
  return store.inTenant(tenant, async (db) => {
    const { rows } = await sql<AssetRow>`SELECT * FROM link_asset WHERE asset_id = ${assetId}`.execute(db);
    const row = rows[0];
    if (row === undefined) throw linkErrors.make('LINK_ASSET_UNKNOWN', { assetId });
    return assetOf(row, nowMs);
  });
}

function nameOf(os: OperatingSystem): string {
  return `${os.name} ${os.version}`.trim();
}

function assetOf(row: AssetRow, nowMs: number): Asset {
  const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    assetId: row.asset_id,
    name: row.name,
    type: row.type,
    os: row.os,
    address: row.address,
    state: stateOf(row, nowMs),
    enrolledAt: instant(row.enrolled_at_ms),
    lastSeenAt: instant(row.last_seen_at_ms),
    agentVersion: row.agent_version,
    certificateExpiresAt: instant(row.certificate_expires_at_ms),
    clockOffsetMs: row.clock_offset_ms,
    rooms: row.rooms.map(({ serviceId, health }) => ({ serviceId, health })),
    droppedCount: row.dropped_count,
  };
}

function stateOf(row: AssetRow, nowMs: number): Asset['state'] {
  if (row.revoked_at_ms !== null) return 'revoked';
  if (row.last_seen_at_ms === null) return 'never-seen';
  return nowMs - row.last_seen_at_ms > SILENT_AFTER_MS ? 'silent' : 'online';
}

/** A single-use secret for one tenant; only its hash is kept. */
export async function createEnrollmentToken(
  store: PostgresStore,
  tenant: TenantScope,
  createdBy: string,
  nowMs: number,
) {
  const secret = newToken();
  const expiresAtMs = nowMs + TOKEN_LIFE_MS;
  await sql`DELETE FROM link_enrollment_token WHERE expires_at_ms < ${nowMs - TOKEN_LIFE_MS}`.execute(
    store.db,
  );
  await sql`INSERT INTO link_enrollment_token (token_hash, tenant_id, created_by, expires_at_ms)
    VALUES (${hashToken(secret)}, ${tenant.tenantId}, ${createdBy}, ${expiresAtMs})`.execute(store.db);
  return { secret, expiresAtMs };
}

/** Uses the token up; the tenant it was made for. @throws LINK_TOKEN_REFUSED */
export async function useEnrollmentToken(
  store: PostgresStore,
  secret: string,
  nowMs: number,
): Promise<string> {
  const { rows } = await sql<{
    readonly tenant_id: string;
  }>`UPDATE link_enrollment_token SET used_at_ms = ${nowMs}
    WHERE token_hash = ${hashToken(secret)} AND used_at_ms IS NULL AND expires_at_ms > ${nowMs}
    RETURNING tenant_id`.execute(store.db);
  const tenantId = rows[0]?.tenant_id;
  if (tenantId === undefined) throw linkErrors.make('LINK_TOKEN_REFUSED', {});
  return tenantId;
}

/**
 * A machine that enrols again is the same asset; one that was revoked starts over with this act. A clone has
 * the machine id of the machine it was made from: while that one is alive, another name is another machine.
 */
export async function enrolledAsset(
  store: PostgresStore,
  tenant: TenantScope,
  request: EnrollRequest,
  address: string,
  nowMs: number,
): Promise<string> {
  const os = nameOf(request.os);
  return store.inTenant(tenant, async (db) => {
    const alive =
      await sql`SELECT 1 FROM link_asset WHERE machine_id = ${request.machineId} AND name <> ${request.hostname}
      AND revoked_at_ms IS NULL AND last_seen_at_ms > ${nowMs - SILENT_AFTER_MS}`.execute(db);
    const machineId = alive.rows.length > 0 ? `${request.machineId}/${request.hostname}` : request.machineId;
    const { rows } = await sql<{ readonly asset_id: string }>`
      INSERT INTO link_asset (tenant_id, asset_id, name, type, machine_id, os, os_family, address, enrolled_at_ms)
      VALUES (${tenant.tenantId}, ${randomUUID()}, ${request.hostname}, 'vm', ${machineId}, ${os}, ${request.os.family}, ${address}, ${nowMs})
      ON CONFLICT (tenant_id, machine_id) DO UPDATE
        SET name = excluded.name, os = excluded.os, os_family = excluded.os_family, address = excluded.address, revoked_at_ms = NULL
      RETURNING asset_id`.execute(db);
    const assetId = rows[0]?.asset_id;
    if (assetId === undefined) throw new Error('the asset was not written');
    return assetId;
  });
}

export async function rememberCertificate(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  issued: IssuedCertificate,
  publicKeyPem: string,
  nowMs: number,
): Promise<void> {
  await sql`INSERT INTO link_certificate (serial, tenant_id, asset_id, public_key_pem, issued_at_ms, expires_at_ms)
    VALUES (${issued.serial}, ${tenant.tenantId}, ${assetId}, ${publicKeyPem}, ${nowMs}, ${issued.expiresAtMs})`.execute(
    store.db,
  );
  await store.inTenant(tenant, async (db) => {
    await sql`UPDATE link_asset SET certificate_expires_at_ms = ${issued.expiresAtMs} WHERE asset_id = ${assetId}`.execute(
      db,
    );
  });
}

/** What the ledger of certificates says of one, asked at every request. @throws LINK_CERTIFICATE_REFUSED */
export async function checkCertificate(store: PostgresStore, serial: string, nowMs: number) {
  const { rows } = await sql<{
    readonly tenant_id: string;
    readonly asset_id: string;
    readonly issued_at_ms: number;
    readonly expires_at_ms: number;
    readonly revoked_at_ms: number | null;
  }>`SELECT * FROM link_certificate WHERE serial = ${serial}`.execute(store.db);
  const row = rows[0];
  if (row === undefined)
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because: 'it was not issued here' });
  if (row.revoked_at_ms !== null)
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because: 'it was revoked' });
  if (row.expires_at_ms <= nowMs)
    throw linkErrors.make('LINK_CERTIFICATE_REFUSED', { because: 'it has expired' });
  const keys = await sql<{ readonly public_key_pem: string }>`SELECT public_key_pem FROM link_certificate
    WHERE tenant_id = ${row.tenant_id} AND asset_id = ${row.asset_id} AND revoked_at_ms IS NULL
      AND expires_at_ms > ${nowMs - KEY_KEPT_MS}
    ORDER BY issued_at_ms DESC LIMIT ${KEYS_MAX}`.execute(store.db);
  return {
    tenantId: row.tenant_id,
    assetId: row.asset_id,
    publicKeysPem: keys.rows.map(({ public_key_pem }) => public_key_pem),
    issuedAtMs: row.issued_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}

/** Keys that agents of the tenant could sign evidence with by then, also those that have expired or were revoked since. */
export async function evidenceKeys(
  store: PostgresStore,
  tenant: TenantScope,
  knownAtMs: number,
): Promise<readonly { readonly holder: string; readonly publicKeyPem: string }[]> {
  const { rows } = await sql<{ readonly asset_id: string; readonly public_key_pem: string }>`
    SELECT DISTINCT asset_id, public_key_pem FROM link_certificate
    WHERE tenant_id = ${tenant.tenantId} AND issued_at_ms <= ${knownAtMs}
    ORDER BY asset_id, public_key_pem LIMIT ${EVIDENCE_KEYS_MAX}`.execute(store.db);
  return rows.map(({ asset_id, public_key_pem }) => ({ holder: asset_id, publicKeyPem: public_key_pem }));
}

/** Takes effect at the agent's next request. @throws LINK_ASSET_UNKNOWN */
export async function revokeAsset(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  nowMs: number,
): Promise<void> {
  await getAsset(store, tenant, assetId, nowMs);
  await sql`UPDATE link_certificate SET revoked_at_ms = ${nowMs}
    WHERE tenant_id = ${tenant.tenantId} AND asset_id = ${assetId} AND revoked_at_ms IS NULL`.execute(
    store.db,
  );
  await store.inTenant(tenant, async (db) => {
    await sql`UPDATE link_asset SET revoked_at_ms = ${nowMs} WHERE asset_id = ${assetId}`.execute(db);
  });
}

export async function sawAsset(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  header: ExchangeHeader,
  nowMs: number,
): Promise<void> {
  const dropped = header.dropped.reduce((sum, record) => sum + record.count, 0);
  await store.inTenant(tenant, async (db) => {
    await sql`UPDATE link_asset SET last_seen_at_ms = ${nowMs}, name = ${header.hostname}, agent_version = ${header.agentVersion},
      os = ${nameOf(header.os)}, os_family = ${header.os.family},
      clock_offset_ms = ${header.sentAtMs - nowMs}, rooms = ${JSON.stringify(header.rooms)}::jsonb,
      dropped_count = dropped_count + ${dropped}
      WHERE asset_id = ${assetId}`.execute(db);
  });
}

/** Public keys of a tenant's assets, those of before a renewal too, by asset: what kept evidence is checked with. */
export async function keysOfTenant(
  store: PostgresStore,
  tenant: TenantScope,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ readonly asset_id: string; readonly public_key_pem: string }>`
    SELECT DISTINCT asset_id, public_key_pem FROM link_certificate WHERE tenant_id = ${tenant.tenantId}
    LIMIT ${ASSETS_MAX * KEYS_MAX}`.execute(store.db);
  const keys = new Map<string, string[]>();
  for (const { asset_id, public_key_pem } of rows)
    keys.set(asset_id, [...(keys.get(asset_id) ?? []), public_key_pem]);
  return keys;
}
