import { defineErrors, entry } from '../errors/errors.ts';
import { TENANT_ID_PATTERN, type TenantId, type TenantScope } from './tenancy.ts';

export const tenancyErrors = defineErrors({
  TENANT_ID_INVALID: entry<{ tenantId: string }>({
    says: ({ tenantId }) => `"${tenantId.slice(0, 80)}" is not a tenant id.`,
    fix: 'Use 1 to 63 lower-case letters, digits and hyphens, as shown by: demarc tenant list',
    status: 400,
    retryable: false,
  }),
});

/**
 * Makes a scope for work that has been proved to belong to this tenant: by a session's grant, by a
 * client certificate, or by the scheduler going through all tenants.
 *
 * @throws TENANT_ID_INVALID
 */
export function grantTenantScope(tenantId: TenantId): TenantScope {
  if (!TENANT_ID_PATTERN.test(tenantId)) throw tenancyErrors.make('TENANT_ID_INVALID', { tenantId });
  return Object.freeze({ tenantId }) as TenantScope;
}
