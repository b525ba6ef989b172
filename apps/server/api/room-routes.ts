/** Mounts what the rooms bring, below the tenant, behind the same guard. */
import { TenantIdParam } from '@demarc/platform/contract/api';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf } from './guard.ts';

export function roomRoutes(app: FastifyInstance, deps: ApiDeps): void {
  for (const room of deps.rooms) {
    const context = deps.roomContexts.get(room.service.id);
    if (context === undefined) throw new Error(`no context was made for ${room.service.id}`);
    for (const route of room.routes) {
      app.route({
        method: route.method,
        url: `/v1/tenants/:tenantId/${route.path}`,
        config: { permission: route.permission },
        schema: {
          summary: route.summary,
          params: z.object({ tenantId: TenantIdParam, ...route.params?.shape }),
          ...(route.query === undefined ? {} : { querystring: route.query }),
          ...(route.body === undefined ? {} : { body: route.body }),
          response: { 200: route.response },
        },
        handler: async (request) => {
          const { accountId, name } = principalOf(request);
          return route.handle(context, scopeOf(request), {
            params: request.params,
            query: request.query,
            body: request.body,
            accountId,
            accountName: name,
          });
        },
      });
    }
  }
}
