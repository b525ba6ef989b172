import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { RoomRoute, ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from './context.ts';
import { roomRoutes } from './room-routes.ts';

const route = (more: Partial<RoomRoute>): RoomRoute => ({
  method: 'GET',
  path: 'things/:thing',
  permission: 'asset:read',
  summary: 'A thing',
  params: z.object({ thing: z.string() }),
  response: z.strictObject({ said: z.string() }),
  handle: async (_context, { tenantId }, { params, accountName }) => ({
    said: `${accountName} of ${tenantId} wants ${(params as { readonly thing: string }).thing}`,
  }),
  ...more,
});

/** Behind the guard, as it were: somebody is signed in. */
async function asked(routes: readonly RoomRoute[], url: string) {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', async (request) => {
    request.principal = { accountId: 'a-1', name: 'Ann', email: 'ann@example.org', grants: [] };
    request.tenantScope = grantTenantScope('local');
  });
  const contexts = new Map<string, ServerRoomContext>([['a-room', testServerContext({})]]);
  roomRoutes(app, {
    rooms: [{ service: { id: 'a-room' }, routes, migrations: {} }],
    roomContexts: contexts,
  } as unknown as ApiDeps);
  const reply = await app.inject({ method: 'GET', url: `/v1/tenants/local/${url}` });
  await app.close();
  return reply;
}

test('what a room answers is checked against its own schema', async (t: TestContext) => {
  t.assert.deepEqual((await asked([route({})], 'things/one')).json(), { said: 'Ann of local wants one' });
  const wrong = route({ handle: async () => ({ said: 1 }) });
  t.assert.equal((await asked([wrong], 'things/one')).statusCode, 500);
});

test('a file is sent byte by byte, to be saved, and its name breaks out of no header', async (t: TestContext) => {
  const bytes = Buffer.from([0, 1, 2, 255, 13, 10]);
  const file = route({
    isFile: true,
    handle: async () => ({ name: 'a"\r\nset-cookie: b=c.pdf', type: 'application/pdf', bytes }),
  });
  const { headers, rawPayload, statusCode } = await asked([file], 'things/one');
  t.assert.equal(statusCode, 200);
  t.assert.deepEqual(rawPayload, bytes);
  t.assert.equal(headers['content-type'], 'application/pdf');
  t.assert.equal(headers['content-disposition'], 'attachment; filename="a___set-cookie__b_c.pdf"');
  t.assert.equal(headers['set-cookie'], undefined);
  t.assert.equal(
    headers['content-digest'],
    `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
  );
  t.assert.equal(headers['cache-control'], 'no-store');
});
