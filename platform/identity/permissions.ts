/** Which role may do what: the one place. */
import type { Permission, Role } from '../contract/api.ts';

const VIEWER = [
  'asset:read',
  'event:read',
  'matrix:read',
  'service:read',
  'policy:read',
] as const satisfies readonly Permission[];
const TENANT_ADMINISTRATOR = [
  ...VIEWER,
  'asset:enroll',
  'asset:revoke',
  'service:buy',
  'service:cancel',
  'handback:accept',
  'policy:write',
] as const satisfies readonly Permission[];

/** Permissions on the tenants a grant names; `platform:read` and `tenant:list` are about no tenant. */
const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  'provider-administrator': ['platform:read', 'tenant:list', ...TENANT_ADMINISTRATOR],
  'tenant-administrator': ['tenant:list', ...TENANT_ADMINISTRATOR],
  viewer: ['tenant:list', ...VIEWER],
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

export function permissionsOf(principal: Principal): readonly Permission[] {
  return [...new Set(principal.grants.flatMap((grant) => OF_ROLE[grant.role]))];
}

export function maySeeTenant(principal: Principal, tenantId: string): boolean {
  return principal.grants.some((grant) => grant.tenantId === null || grant.tenantId === tenantId);
}
