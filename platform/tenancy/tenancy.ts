/**
 * The tenant a piece of work is for.
 *
 * Whatever touches tenant data takes a `TenantScope` first. Only the session layer (API sessions, the
 * agent link, scheduled work) can make one, through `@demarc/platform/tenancy/grant`; the architecture
 * test names the few files that may import that door.
 */
declare const granted: unique symbol;

export interface TenantScope {
  readonly tenantId: TenantId;
  readonly [granted]: true;
}

/** A tenant's stable short name, 1 to 63 of `a-z0-9-`, starting with a letter or digit. */
export type TenantId = string;

export const TENANT_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
