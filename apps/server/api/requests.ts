/** What the routes below a tenant share: where they are, and the two instants that a request may name. */
import { Instant, TenantIdParam } from '@demarc/platform/contract/api';
import * as z from 'zod';

export const BASE = '/v1/tenants/:tenantId';
export const Params = z.strictObject({ tenantId: TenantIdParam });
export const AsOf = { asOf: Instant.optional(), knownAt: Instant.optional() };
export const AsOfQuery = z.strictObject(AsOf);
export const Done = z.strictObject({ ok: z.boolean() });

export const asOf = (query: {
  readonly asOf?: string | undefined;
  readonly knownAt?: string | undefined;
}) => ({
  ...(query.asOf === undefined ? {} : { asOfMs: Date.parse(query.asOf) }),
  ...(query.knownAt === undefined ? {} : { knownAtMs: Date.parse(query.knownAt) }),
});

/** Strips the optional keys that are present but undefined, which `exactOptionalPropertyTypes` keeps apart. */
export const exact = <T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
