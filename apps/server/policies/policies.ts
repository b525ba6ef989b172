/**
 * Which policy a room runs by on an asset: the room's safe defaults, then what was set for the tenant, for the asset's
 * groups (the one of the highest priority last), and for the asset itself.
 */
import { createHash } from 'node:crypto';
import type { OsFamily, ServiceSpec } from '@demarc/platform/contract';
import type { PolicyScope } from '@demarc/platform/contract/api/policies';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { AnyDatabase, PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';

export interface SetPolicy {
  readonly scope: PolicyScope;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly setBy: string;
  readonly setAtMs: number;
}

export interface EffectivePolicy {
  readonly serviceId: string;
  readonly policyVersion: string;
  readonly policy: unknown;
  /** From the least to the most specific; all of them are in the policy, but for those with a problem. */
  readonly layers: readonly (SetPolicy & { readonly problem: string | null })[];
}

/** Of whom more is asked than the store knows. */
export interface PolicySources {
  /** Which groups an asset is in, those of the lowest priority first. */
  groupsOf(assetId: string): Promise<readonly string[]>;
  /** What rooms add by themselves at this moment. */
  added(assetId: string): Promise<readonly AddedLayer[]>;
}

export interface AddedLayer {
  /** The room that adds it. */
  readonly by: string;
  /** The room whose policy it is for. */
  readonly serviceId: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

interface Row {
  readonly service_id: string;
  readonly scope: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly set_by: string;
  readonly set_at_ms: string;
}

/** What was set for whom is kept, not what it comes to: better defaults of a later version reach everybody. */
export async function policiesFor(
  store: PostgresStore,
  tenant: TenantScope,
  assetId: string,
  services: readonly ServiceSpec[],
  sources: PolicySources,
): Promise<readonly EffectivePolicy[]> {
  if (services.length === 0) return [];
  const [groups, added] = await Promise.all([sources.groupsOf(assetId), sources.added(assetId)]);
  const scopes = ['tenant', ...groups.map((id) => `group:${id}`), `asset:${assetId}`];
  const { rows, family } = await store.inTenant(tenant, async (db) => ({
    family: await familyOf(db, assetId),
    rows: (
      await sql<Row>`SELECT service_id, scope, policy, set_by, set_at_ms FROM server_policy_scope
        WHERE scope IN (${sql.join(scopes)})`.execute(db)
    ).rows,
  }));
  return services.map((service) => {
    const layers = scopes.flatMap((scope) =>
      rows.filter((row) => row.scope === scope && row.service_id === service.id).map(setOf),
    );
    const own = added.filter(({ serviceId }) => serviceId === service.id);
    return effective(service, family, [...layers, ...own.map(addedOf)]);
  });
}

/** Everything that was set for a service, for whomever. */
export async function layersOf(
  store: PostgresStore,
  tenant: TenantScope,
  serviceId: string,
): Promise<readonly SetPolicy[]> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Row>`SELECT service_id, scope, policy, set_by, set_at_ms FROM server_policy_scope
      WHERE service_id = ${serviceId} ORDER BY scope LIMIT ${LAYERS_MAX}`.execute(db),
  );
  return rows.map(setOf);
}

/** Of one service and tenant; more assets than an installation has. */
const LAYERS_MAX = 10_000;

/**
 * Sets what is said for a scope; an empty policy says nothing any more.
 *
 * @param assets whose policy it is part of; of each the whole is tried first
 * @throws API_REQUEST_INVALID naming the asset whose policy would not hold; then nothing has changed
 */
export async function setPolicy(
  store: PostgresStore,
  tenant: TenantScope,
  scope: SettableScope,
  service: ServiceSpec,
  given: Readonly<Record<string, unknown>>,
  who: { readonly actor: string; readonly nowMs: number },
  assets: readonly { readonly assetId: string; readonly name: string }[],
  { groupsOf }: Pick<PolicySources, 'groupsOf'>,
): Promise<void> {
  const parsed = service.policy.safeParse(given);
  // Alone it may name what is in another layer; together with that it must hold, on every machine.
  const memberships = await Promise.all(
    assets.map(async (asset) => ({ ...asset, groups: await groupsOf(asset.assetId) })),
  );
  await store.inTenant(tenant, async (db) => {
    // Two that change different layers at once must not each be tried without the other.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`policy ${tenant.tenantId} ${service.id}`}))`.execute(
      db,
    );
    const text = textOf(scope);
    if (Object.keys(given).length === 0)
      await sql`DELETE FROM server_policy_scope WHERE scope = ${text} AND service_id = ${service.id}`.execute(
        db,
      );
    else
      await sql`INSERT INTO server_policy_scope (tenant_id, scope, service_id, policy, set_by, set_at_ms)
        VALUES (${tenant.tenantId}, ${text}, ${service.id}, ${JSON.stringify(given)}::jsonb, ${who.actor}, ${who.nowMs})
        ON CONFLICT (tenant_id, scope, service_id)
        DO UPDATE SET policy = excluded.policy, set_by = excluded.set_by, set_at_ms = excluded.set_at_ms`.execute(
        db,
      );
    const { rows } =
      await sql<Row>`SELECT service_id, scope, policy, set_by, set_at_ms FROM server_policy_scope
      WHERE service_id = ${service.id}`.execute(db);
    for (const { assetId, name, groups } of memberships) {
      const scopes = ['tenant', ...groups.map((id) => `group:${id}`), `asset:${assetId}`];
      if (!scopes.includes(text)) continue;
      const layers = scopes.flatMap((one) => rows.filter((row) => row.scope === one).map(setOf));
      const whole = service.policy.safeParse(merged(service, await familyOf(db, assetId), layers));
      if (!whole.success)
        throw serverErrors.make('API_REQUEST_INVALID', {
          because: `on ${name}: ${z.prettifyError(whole.error)}`,
        });
    }
    if (memberships.length === 0 && !parsed.success)
      throw serverErrors.make('API_REQUEST_INVALID', { because: z.prettifyError(parsed.error) });
  });
}

/**
 * Layers fit together when they are set; labels that change bring others together. A layer that does not fit then is
 * left out and said, rather than the machine's whole policy.
 */
function effective(service: ServiceSpec, family: OsFamily, layers: readonly SetPolicy[]): EffectivePolicy {
  const fitting: SetPolicy[] = [];
  const told: EffectivePolicy['layers'][number][] = [];
  let policy: unknown = service.policy.parse(merged(service, family, []));
  for (const layer of layers) {
    const tried = service.policy.safeParse(merged(service, family, [...fitting, layer]));
    told.push({ ...layer, problem: tried.success ? null : z.prettifyError(tried.error).slice(0, 1_000) });
    if (!tried.success) continue;
    fitting.push(layer);
    policy = tried.data;
  }
  const policyVersion = createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 16);
  return { serviceId: service.id, policyVersion, policy, layers: told };
}

function merged(
  service: ServiceSpec,
  family: OsFamily,
  layers: readonly SetPolicy[],
): Readonly<Record<string, unknown>> {
  const all = [service.defaultsFor?.(family) ?? {}, ...layers.map(({ policy }) => policy)];
  return service.inherit?.(all) ?? Object.assign({}, ...all);
}

async function familyOf(db: Kysely<AnyDatabase>, assetId: string): Promise<OsFamily> {
  const { rows } = await sql<{
    readonly os_family: OsFamily;
  }>`SELECT os_family FROM link_asset WHERE asset_id = ${assetId}`.execute(db);
  return rows[0]?.os_family ?? 'other';
}

function addedOf({ by, policy, atMs }: AddedLayer): SetPolicy {
  return { scope: { kind: 'service', serviceId: by }, policy, setBy: by, setAtMs: atMs };
}

/** Scopes that people set. */
export type SettableScope = Exclude<PolicyScope, { readonly kind: 'service' }>;

function textOf(scope: SettableScope): string {
  if (scope.kind === 'tenant') return 'tenant';
  return scope.kind === 'group' ? `group:${scope.groupId}` : `asset:${scope.assetId}`;
}

function setOf({ scope, policy, set_by, set_at_ms }: Row): SetPolicy {
  const id = scope.slice(scope.indexOf(':') + 1);
  return {
    scope: scope.startsWith('group:')
      ? { kind: 'group', groupId: id }
      : scope === 'tenant'
        ? { kind: 'tenant' }
        : { kind: 'asset', assetId: id },
    policy,
    setBy: set_by,
    setAtMs: Number(set_at_ms),
  };
}
