/** Sources of the intake: what sends, how much of it came through, and what did not. */
import {
  ChangeSource,
  CreateSource,
  MadeSource,
  Source,
  SourceDetail,
} from '@demarc/platform/contract/intake';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf } from './guard.ts';
import { BASE, Done, exact, Params } from './requests.ts';

const SourceParams = Params.extend({ sourceId: z.uuid() });

export function sourceRoutes(app: FastifyInstance, { sources }: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const read = { permission: 'source:read' } as const;
  const write = { permission: 'source:write' } as const;

  api.get(`${BASE}/sources`, {
    config: read,
    schema: {
      summary: 'Sources, with what became of the records of each',
      params: Params,
      response: { 200: z.array(Source) },
    },
    handler: async (request) => [...(await sources.list(scopeOf(request)))],
  });
  api.get(`${BASE}/sources/:sourceId`, {
    config: read,
    schema: {
      summary: 'One source, with its latest refusals and where to send',
      params: SourceParams,
      response: { 200: SourceDetail },
    },
    handler: async (request) => sources.show(scopeOf(request), request.params.sourceId),
  });
  api.post(`${BASE}/sources`, {
    config: write,
    schema: {
      summary: 'Adds a source; its secret is in this answer and nowhere else',
      params: Params,
      body: CreateSource,
      response: { 200: MadeSource },
    },
    handler: async (request) => sources.create(scopeOf(request), request.body, principalOf(request).name),
  });
  api.post(`${BASE}/sources/:sourceId/rotate`, {
    config: write,
    schema: {
      summary: 'Gives the source a new secret; the old one is worth nothing from now on',
      params: SourceParams,
      body: z.strictObject({}).optional(),
      response: { 200: MadeSource },
    },
    handler: async (request) => sources.rotate(scopeOf(request), request.params.sourceId),
  });
  api.post(`${BASE}/sources/:sourceId/change`, {
    config: write,
    schema: {
      summary: 'Changes name or rate, enables or disables',
      params: SourceParams,
      body: ChangeSource,
      response: { 200: Source },
    },
    handler: async (request) =>
      sources.change(scopeOf(request), request.params.sourceId, exact(request.body)),
  });
  api.delete(`${BASE}/sources/:sourceId`, {
    config: write,
    schema: {
      summary: 'Removes a source; with `discard` also what is not in the store yet',
      params: SourceParams,
      querystring: z.strictObject({ discard: z.enum(['true', 'false']).default('false') }),
      response: { 200: Done },
    },
    handler: async (request) => {
      await sources.remove(scopeOf(request), request.params.sourceId, request.query.discard === 'true');
      return { ok: true };
    },
  });
}
