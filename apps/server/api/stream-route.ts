/** The live stream: server-sent events of one tenant, for as long as the session lasts. */
import { TenantIdParam } from '@demarc/platform/contract/api';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';
import type { ApiDeps } from './context.ts';
import { scopeOf } from './guard.ts';

/** Keeps proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;
/** Then the browser connects again, and is asked again who it is. */
const STREAM_MS_MAX = 15 * 60_000;

export function streamRoute(app: FastifyInstance, deps: ApiDeps): void {
  app.get('/v1/tenants/:tenantId/events/stream', {
    config: { permission: 'event:read' },
    schema: {
      summary: 'What happens now, as server-sent events',
      params: z.strictObject({ tenantId: TenantIdParam }),
    },
    handler: async (request, reply) => {
      const watcher = deps.siem.watchers.watch(scopeOf(request));
      if (watcher === undefined) throw serverErrors.make('API_TOO_MANY_READERS', {});
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write(': open\n\n');
      const until = deps.now() + STREAM_MS_MAX;
      let open = true;
      raw.once('close', () => {
        open = false;
        watcher[Symbol.dispose]();
      });
      try {
        while (open && deps.now() < until) {
          const messages = await watcher.take(HEARTBEAT_MS);
          const text = messages
            .map((message) => `event: ${message.kind}\ndata: ${JSON.stringify(message)}\n\n`)
            .join('');
          // A reader that does not read makes its own queue drop, not our memory grow.
          if (!raw.write(text === '' ? ': still here\n\n' : text) && open) {
            await new Promise<void>((resolve) => {
              raw.once('drain', resolve);
              raw.once('close', resolve);
            });
          }
        }
      } finally {
        watcher[Symbol.dispose]();
        raw.end();
      }
    },
  });
}
