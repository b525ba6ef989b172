import { Me } from '@demarc/platform/contract/api';
import { permissionsOf } from '@demarc/platform/identity';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { endSession, SESSION_IDLE_MS, signIn } from '../accounts.ts';
import type { ApiDeps } from './context.ts';
import { principalOf, SESSION_COOKIE } from './guard.ts';

const Email = z.email().max(254);
const Password = z.string().min(1).max(1_024);
const Done = z.strictObject({ ok: z.boolean() });
/** Sign-in costs a slow hash: few tries a minute and address. */
const SIGN_IN_LIMIT = { rateLimit: { max: 20, timeWindow: '1 minute' } };

export function sessionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.post('/v1/session/first', {
    config: { open: true, ...SIGN_IN_LIMIT },
    schema: {
      summary: 'Makes the first administrator, by the one-time link',
      body: z.strictObject({
        token: z.string().max(128),
        email: Email,
        name: z.string().min(1).max(200),
        password: Password,
      }),
      response: { 200: Done },
    },
    handler: async (request, reply) => {
      const { token, ...person } = request.body;
      setCookie(reply, await deps.first.accept(token, person));
      return { ok: true };
    },
  });
  api.post('/v1/session', {
    config: { open: true, ...SIGN_IN_LIMIT },
    schema: {
      summary: 'Signs in',
      body: z.strictObject({ email: Email, password: Password }),
      response: { 200: Done },
    },
    handler: async (request, reply) => {
      setCookie(reply, await signIn(deps.store, request.body.email, request.body.password, deps.now()));
      return { ok: true };
    },
  });
  api.delete('/v1/session', {
    config: { permission: 'signed-in' },
    schema: { summary: 'Signs out', response: { 200: Done } },
    handler: async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined) await endSession(deps.store, token);
      reply.clearCookie(SESSION_COOKIE, { path: '/' });
      return { ok: true };
    },
  });
  api.get('/v1/me', {
    config: { permission: 'signed-in' },
    schema: { summary: 'Who the caller is and what they may do', response: { 200: Me } },
    handler: async (request) => {
      const principal = principalOf(request);
      return {
        accountId: principal.accountId,
        name: principal.name,
        email: principal.email,
        grants: principal.grants.map(({ role, tenantId }) => ({ role, tenantId })),
        permissions: [...permissionsOf(principal)],
        csrfToken: request.csrfToken,
      };
    },
  });
}

/** Not `Secure`: the console is on loopback in clear text; behind a TLS proxy the cookie never leaves it. */
function setCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    maxAge: SESSION_IDLE_MS / 1_000,
  });
}
