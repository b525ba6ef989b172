/**
 * Whether tenants are apart: by trying. A canary tenant keeps a row and an event; as the tenant in question we
 * reach for both, by every way that there is, and each reach must come back empty or refused (PLT-07.1). Beside
 * that, every table that the tenant's role can touch has its guard (PLT-07.2).
 */
import { createHash, randomUUID } from 'node:crypto';
import type { SourceFinding } from '@demarc/assurance/sources';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, eventByUid, type Siem, searchEvents } from '@demarc/siem';
import { sql } from 'kysely';

/** No tenant of anybody's: the hyphens are refused where tenants are made by people. */
export const CANARY_TENANT = 'demarc--canary';
const CANARY_ASSET = '00000000-0000-4000-8000-000000000000';
const DENIED = '42501';
const DAY_MS = 86_400_000;

interface Probe {
  readonly probe: string;
  readonly held: boolean;
  /** What came back: `0 rows`, `refused 42501`. */
  readonly outcome: string;
}

export interface CanaryEvent {
  readonly uid: string;
  readonly token: string;
}

/** One event of the canary tenant, taken the same road as everybody's. */
export async function plantCanaryEvent(siem: Siem, nowMs: number): Promise<CanaryEvent> {
  const uid = randomUUID();
  const token = `canary-${randomUUID()}`;
  const event = {
    class_uid: 1_001,
    category_uid: 1,
    activity_id: 3,
    type_uid: 100_103,
    severity_id: 1,
    time: nowMs,
    message: token,
    actor: { process: { pid: 1, name: 'demarc' } },
    device: { hostname: 'canary', type_id: 1, uid: CANARY_ASSET },
    file: { name: token, path: `/canary/${token}`, type_id: 1 },
    metadata: {
      uid,
      version: '1.8.0',
      product: { name: 'Demarc', vendor_name: 'Demarc' },
      profiles: ['host'],
    },
  };
  const receipt = await carry(siem, grantTenantScope(CANARY_TENANT), {
    batchToken: createHash('sha256').update(uid).digest('hex'),
    assetId: CANARY_ASSET,
    events: [{ index: 0, event }],
  });
  if (receipt.acceptedCount !== 1) throw new Error('the canary event was not accepted');
  return { uid, token };
}

/** @throws when the canary itself is not there: then nothing was tried, and nothing is said */
export async function separationFinding(
  { store, siem }: { readonly store: PostgresStore; readonly siem: Siem },
  tenant: TenantScope,
  planted: CanaryEvent,
  { nowMs, foreignEvidence }: { readonly nowMs: number; readonly foreignEvidence: number },
): Promise<SourceFinding> {
  const canary = grantTenantScope(CANARY_TENANT);
  const token = randomUUID();
  await store.inTenant(canary, async (db) => {
    await sql`INSERT INTO server_canary (tenant_id, token, written_at_ms) VALUES (${CANARY_TENANT}, ${token}, ${nowMs})
      ON CONFLICT (tenant_id) DO UPDATE SET token = excluded.token, written_at_ms = excluded.written_at_ms`.execute(
      db,
    );
    const { rows } = await sql`SELECT 1 FROM server_canary WHERE token = ${token}`.execute(db);
    if (rows.length !== 1) throw new Error('the canary row is not there: nothing could be tried');
  });
  if ((await eventByUid(siem, canary, planted.uid)) === undefined)
    throw new Error('the canary event is not there: nothing could be tried');
  const range = {
    from: new Date(nowMs - 2 * DAY_MS).toISOString(),
    to: new Date(nowMs + DAY_MS).toISOString(),
  };
  const probes: Probe[] = [
    await empty('read the row of another tenant', () =>
      store.inTenant(
        tenant,
        async (db) => (await sql`SELECT 1 FROM server_canary WHERE token = ${token}`.execute(db)).rows.length,
      ),
    ),
    await empty('read every row that is not of this tenant', () =>
      store.inTenant(
        tenant,
        async (db) =>
          (await sql`SELECT 1 FROM server_canary WHERE tenant_id <> ${tenant.tenantId}`.execute(db)).rows
            .length,
      ),
    ),
    await empty('change the row of another tenant', () =>
      store.inTenant(tenant, async (db) =>
        Number(
          (
            await sql`UPDATE server_canary SET token = 'stolen' WHERE tenant_id = ${CANARY_TENANT}`.execute(
              db,
            )
          ).numAffectedRows ?? 0n,
        ),
      ),
    ),
    await refused('write a row for another tenant', () =>
      store.inTenant(tenant, (db) =>
        sql`INSERT INTO server_canary (tenant_id, token, written_at_ms) VALUES ('demarc--canary-2', 'planted', 0)`.execute(
          db,
        ),
      ),
    ),
    await refused('read tenants’ rows without a tenant', () =>
      sql`SELECT 1 FROM server_canary`.execute(store.db),
    ),
    await empty('read the event of another tenant by its uid', async () =>
      (await eventByUid(siem, tenant, planted.uid)) === undefined ? 0 : 1,
    ),
    await empty(
      'find the event of another tenant by its words',
      async () => (await searchEvents(siem, tenant, { ...range, text: planted.token })).matchedCount,
    ),
  ];
  const failing = probes.filter(({ held }) => !held);
  const raw = { probes, canaryEvent: planted.uid, foreignEvidence };
  const finding = (result: SourceFinding['result'], because: string): SourceFinding => ({
    rule: 'PLT-07.1',
    assetId: 'tenant',
    result,
    because,
    raw,
  });
  if (failing.length > 0)
    return finding(
      'fail',
      `Tenants are not apart: ${failing.map(({ probe, outcome }) => `“${probe}” gave ${outcome}`).join('; ')}`,
    );
  if (foreignEvidence > 0)
    return finding(
      'fail',
      `Evidence that another tenant’s asset had signed came from an asset of this one ${foreignEvidence} times within a day; it was refused.`,
    );
  return finding(
    'pass',
    `Each of ${probes.length} reaches into another tenant came back empty or was refused.`,
  );
}

/** PLT-07.2: no table that the tenant's role can touch is without row-level security, enabled and forced, and its policy. */
export async function guardFinding(store: PostgresStore): Promise<SourceFinding> {
  const { rows } = await sql<{ readonly name: string; readonly guarded: boolean }>`
    SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
      SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid
        AND pg_get_expr(p.polqual, p.polrelid) LIKE '%demarc.tenant_id%'
        AND pg_get_expr(p.polwithcheck, p.polrelid) LIKE '%demarc.tenant_id%') AS guarded
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND has_table_privilege('demarc_tenant', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    ORDER BY c.relname LIMIT 1000`.execute(store.db);
  const open = rows.filter(({ guarded }) => !guarded).map(({ name }) => name);
  const raw = { tables: rows.map(({ name }) => name), withoutGuard: open };
  const base = { rule: 'PLT-07.2', assetId: 'tenant', raw } as const;
  if (rows.length === 0)
    return { ...base, result: 'error', because: 'There is no table of tenants to look at.' };
  return open.length > 0
    ? { ...base, result: 'fail', because: `Without row-level security: ${open.slice(0, 20).join(', ')}` }
    : {
        ...base,
        result: 'pass',
        because: `Row-level security is forced on each of ${rows.length} tables of tenants.`,
      };
}

async function empty(probe: string, reach: () => Promise<number>): Promise<Probe> {
  const found = await reach();
  return { probe, held: found === 0, outcome: `${found} rows` };
}

async function refused(probe: string, reach: () => Promise<unknown>): Promise<Probe> {
  try {
    await reach();
    return { probe, held: false, outcome: 'no refusal' };
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? 'unknown';
    // Any other failure was no refusal: the store did not say that this may not be.
    if (code !== DENIED) throw error;
    return { probe, held: true, outcome: `refused ${code}` };
  }
}
