/** Which role may do what: the one place. */
import type { Permission, Role } from '../contract/api.ts';

const VIEWER = [
  'asset:read',
  'event:read',
  'matrix:read',
  'service:read',
  'policy:read',
  'rule:read',
  'source:read',
  'order:read',
] as const satisfies readonly Permission[];
const AUDITOR = [...VIEWER, 'export:read', 'snapshot:write'] as const satisfies readonly Permission[];
const AMS_ENGINEER = [
  ...VIEWER,
  'export:read',
  'claim:write',
  'handover:write',
  'attestation:write',
  'order:write',
  'patch:plan',
] as const satisfies readonly Permission[];
const TENANT_ADMINISTRATOR = [
  ...AUDITOR,
  ...AMS_ENGINEER,
  'asset:enroll',
  'asset:revoke',
  'service:buy',
  'service:cancel',
  'handback:accept',
  'policy:write',
  'source:write',
  'inventory:write',
  'workbook:write',
  'risk:write',
  'exception:request',
  'exception:approve',
  'framework:write',
  'oscal:import',
  'rule:write',
] as const satisfies readonly Permission[];

/** Permissions on the tenants a grant names; `platform:read`, `tenant:list` and `obligation:read` are about no single one. */
const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  'provider-administrator': ['platform:read', 'tenant:list', 'obligation:read', ...TENANT_ADMINISTRATOR],
  'tenant-administrator': ['tenant:list', ...TENANT_ADMINISTRATOR],
  'ams-engineer': ['tenant:list', ...AMS_ENGINEER],
  auditor: ['tenant:list', ...AUDITOR],
  viewer: ['tenant:list', ...VIEWER],
};

/** The party for which a role speaks: an acceptance or a signature by anybody else is none. */
const PARTY_OF_ROLE: Readonly<Partial<Record<Role, string>>> = {
  'provider-administrator': 'provider',
  'tenant-administrator': 'customer',
  'ams-engineer': 'ams',
};

export interface Grant {
  readonly role: Role;
  /** `null`: every tenant; only the provider's own people have that. */
  readonly tenantId: string | null;
}

export interface Principal {
  readonly accountId: string;
  readonly name: string;
  readonly email: string;
  readonly grants: readonly Grant[];
}

/**
 * @param tenantId of the tenant the request is about; `undefined` for one that is about none
 */
export function can(principal: Principal, permission: Permission, tenantId: string | undefined): boolean {
  return principal.grants.some(
    (grant) =>
      OF_ROLE[grant.role].includes(permission) &&
      (tenantId === undefined || grant.tenantId === null || grant.tenantId === tenantId),
  );
}

/**
 * Whether somebody may speak for a party in a tenant. Parties that the tenant registered itself (third parties)
 * are spoken for by its administrators.
 */
export function speaksFor(principal: Principal, party: string, tenantId: string): boolean {
  return principal.grants.some(({ role, tenantId: granted }) => {
    if (granted !== null && granted !== tenantId) return false;
    const own = PARTY_OF_ROLE[role];
    const registered = !Object.values(PARTY_OF_ROLE).includes(party);
    return own === party || (registered && own === 'customer');
  });
}

export function permissionsOf(principal: Principal): readonly Permission[] {
  return [...new Set(principal.grants.flatMap((grant) => OF_ROLE[grant.role]))];
}

export function maySeeTenant(principal: Principal, tenantId: string): boolean {
  return principal.grants.some((grant) => grant.tenantId === null || grant.tenantId === tenantId);
}

/** The provider's own people: a grant on every tenant is theirs alone. */
export function maySeeEveryTenant(principal: Principal): boolean {
  return principal.grants.some(({ tenantId }) => tenantId === null);
}
