/** Mounts what the rooms bring, below the tenant, behind the same guard. */
import { TenantIdParam } from '@demarc/platform/contract/api';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { searchEvents } from '@demarc/siem';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf } from './guard.ts';

export function roomRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const context: ServerRoomContext = {
    inTenant: deps.store.inTenant,
    now: deps.now,
    async searchEvents(tenant, { fromMs, toMs, classUids, filters, ...query }) {
      const page = await searchEvents(deps.siem, tenant, {
        ...query,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        ...(classUids === undefined ? {} : { classUids: [...classUids] }),
        ...(filters === undefined ? {} : { filters: [...filters] }),
      });
      return { events: page.events as never, nextCursor: page.nextCursor, matchedCount: page.matchedCount };
    },
  };
  for (const room of deps.rooms) {
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
