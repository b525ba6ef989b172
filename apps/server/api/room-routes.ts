/** Mounts what the rooms bring, below the tenant, behind the same guard. */
import { createHash } from 'node:crypto';
import { TenantIdParam } from '@demarc/platform/contract/api';
import type { RoomFile } from '@demarc/platform/contract/server';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf, signerOf } from './guard.ts';

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
          ...(route.isFile === true ? {} : { response: { 200: route.response } }),
        },
        handler: async (request, reply) => {
          const { accountId, name } = principalOf(request);
          const answer = await route.handle(context, scopeOf(request), {
            params: request.params,
            query: request.query,
            body: request.body,
            accountId,
            accountName: name,
            speaksFor: signerOf(request).speaksFor,
          });
          return route.isFile === true ? sent(reply, answer as RoomFile) : answer;
        },
      });
    }
  }
}

const sent = (reply: FastifyReply, { name, type, bytes }: RoomFile): FastifyReply =>
  reply
    .type(type)
    .header('content-disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`)
    .header('content-digest', `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
    .header('cache-control', 'no-store')
    .send(Buffer.from(bytes));
