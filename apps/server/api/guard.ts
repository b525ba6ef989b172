/**
 * The one place where it is decided whether a request may go on: who is it, may they do this, for which
 * tenant. A route that does not say which permission it needs cannot be registered.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Permission } from '@demarc/platform/contract/api';
import { can, hashToken, identityErrors, type Principal, speaksFor } from '@demarc/platform/identity';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sessionOf } from '../accounts.ts';
import { serverErrors } from '../errors.ts';
import type { ApiDeps } from './context.ts';

export const SESSION_COOKIE = 'demarc_session';
export const CSRF_HEADER = 'x-demarc-csrf';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; `signed-in` needs no more than a session. */
    readonly permission?: Permission | 'signed-in';
    /** Open to anyone: only the few routes that come before a session can exist. */
    readonly open?: boolean;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    csrfToken: string;
    tenantScope: TenantScope | undefined;
  }
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** The local command line: its token is root's, and it may act for people that it names. */
export const LOCAL_OPERATOR_ID = 'cli';

const LOCAL_OPERATOR: Principal = {
  accountId: LOCAL_OPERATOR_ID,
  name: 'local command line',
  email: '',
  // Who is root on the machine that the platform runs on can do all of it anyway; the ledger says that it was them.
  grants: [
    { role: 'provider-administrator', tenantId: null },
    { role: 'tenant-administrator', tenantId: null },
    { role: 'ams-engineer', tenantId: null },
  ],
};

export function guard(app: FastifyInstance, deps: ApiDeps): void {
  app.decorateRequest('principal', undefined);
  app.decorateRequest('csrfToken', '');
  app.decorateRequest('tenantScope', undefined);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) deps.onRoute?.(method, route.url);
    const { permission, open } = route.config ?? {};
    if (permission === undefined && open !== true)
      throw new Error(`${String(route.method)} ${route.url} does not say which permission it needs`);
  });
  app.addHook('onRequest', async (request) => {
    refuseReboundHost(request, deps);
    if (request.is404) return;
    const { permission, open } = request.routeOptions.config;
    if (open === true) return;
    await identify(request, deps);
    const principal = request.principal;
    if (principal === undefined) throw identityErrors.make('IDENTITY_SIGNED_OUT', {});
    const { tenantId } = request.params as { readonly tenantId?: string };
    if (permission !== 'signed-in' && (permission === undefined || !can(principal, permission, tenantId))) {
      throw identityErrors.make('IDENTITY_FORBIDDEN', { permission: permission ?? 'none' });
    }
    if (tenantId !== undefined) request.tenantScope = grantTenantScope(tenantId);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { principal, tenantScope, method } = request;
    if (principal === undefined || tenantScope === undefined) return;
    const route = request.routeOptions.url ?? '';
    deps.access.looked(tenantScope, { principal, method, route, status: reply.statusCode });
  });
}

/** A session cookie from a browser, or the local command line's bearer token. */
async function identify(request: FastifyRequest, deps: ApiDeps): Promise<void> {
  const bearer = /^Bearer ([\w-]{20,128})$/.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const given = Buffer.from(hashToken(bearer), 'hex');
    if (timingSafeEqual(given, Buffer.from(deps.cliTokenHash, 'hex'))) request.principal = LOCAL_OPERATOR;
    return;
  }
  const token = request.cookies[SESSION_COOKIE];
  const session = token === undefined ? undefined : await sessionOf(deps.store, token, deps.now());
  if (session === undefined) return;
  // A cookie travels by itself; what only our own pages can read must travel with it.
  if (!SAFE_METHODS.includes(request.method) && request.headers[CSRF_HEADER] !== session.csrfToken)
    throw serverErrors.make('API_CSRF_REFUSED', {});
  request.principal = session.principal;
  request.csrfToken = session.csrfToken;
}

/** A name that somebody points at this machine must not make a browser speak for them (DNS rebinding). */
function refuseReboundHost(request: FastifyRequest, deps: ApiDeps): void {
  const host = request.hostname
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (!deps.hostNames.includes(host))
    throw serverErrors.make('API_HOST_REFUSED', { host: host.slice(0, 100) });
}

/** The scope the guard granted for this request. */
export function scopeOf(request: FastifyRequest): TenantScope {
  if (request.tenantScope === undefined) throw new Error('a route without a tenant asked for one');
  return request.tenantScope;
}

/** The scopes of those tenants in which the caller may do this: for what is about many of them at once. */
export function scopesOf(
  request: FastifyRequest,
  permission: Permission,
  tenantIds: readonly string[],
): readonly TenantScope[] {
  const principal = principalOf(request);
  return tenantIds.filter((tenantId) => can(principal, permission, tenantId)).map(grantTenantScope);
}

/** Whether the caller speaks for a party in the tenant of this request. */
export function voiceOf(request: FastifyRequest): (party: string) => boolean {
  const { tenantId } = scopeOf(request);
  const principal = principalOf(request);
  return (party) => speaksFor(principal, party, tenantId);
}

export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Error('an open route asked who is calling');
  return request.principal;
}

/** Whoever asks, as one who accepts and signs: by name, and only for the parties they speak for in this tenant. */
export function signerOf(request: FastifyRequest): {
  readonly person: string;
  speaksFor(party: string): boolean;
} {
  const principal = principalOf(request);
  const { tenantId } = scopeOf(request);
  return { person: principal.name, speaksFor: (party) => speaksFor(principal, party, tenantId) };
}
