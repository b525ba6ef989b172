import { PlatformStatus, Tenant } from '@demarc/platform/contract/api';
import { maySeeTenant } from '@demarc/platform/identity';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { listTenants } from '../tenants.ts';
import type { ApiDeps } from './context.ts';
import { principalOf } from './guard.ts';

export function platformRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get('/v1/health', {
    config: { open: true },
    schema: { summary: 'Whether the API answers', response: { 200: z.strictObject({ ok: z.boolean() }) } },
    handler: async () => ({ ok: true }),
  });
  api.get('/v1/openapi.json', {
    config: { permission: 'signed-in' },
    schema: { summary: 'This API', hide: true },
    handler: async () => app.swagger(),
  });
  api.get('/v1/status', {
    config: { permission: 'platform:read' },
    schema: { summary: 'Every part of the platform, its health and why', response: { 200: PlatformStatus } },
    handler: async () => deps.status(),
  });
  api.get('/v1/tenants', {
    config: { permission: 'tenant:list' },
    schema: { summary: 'The tenants the caller may see', response: { 200: z.array(Tenant) } },
    handler: async (request) =>
      (await listTenants(deps.store)).filter(({ tenantId }) => maySeeTenant(principalOf(request), tenantId)),
  });
}
