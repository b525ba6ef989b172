/** Who is responsible: the views over the matrix, and what people register, claim, decide and keep. */
import {
  gapsOf,
  mineOf,
  obligationsOf,
  stackOf,
  tenantObligations,
} from '@demarc/assurance/views/responsibility';
import { Instant, TenantIdParam } from '@demarc/platform/contract/api';
import {
  Gaps,
  Mine,
  Obligations,
  PartyParam,
  STACK_BY,
  Stack,
  TIMELINE_POINTS_MAX,
  Timeline,
} from '@demarc/platform/contract/assurance/responsibility';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { listTenants } from '../../tenants.ts';
import type { ApiDeps } from '../context.ts';
import { scopeOf, scopesOf } from '../guard.ts';
import { AsOf, asOf, exact } from '../requests.ts';
import { claimRoutes } from './claim-routes.ts';
import { inventoryRoutes } from './inventory-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });
/** Each of them is assessed as a whole: more at once would keep everybody else waiting. */
const TENANTS_MAX = 200;
const Days = z.coerce.number().int().min(0).max(3_650);

export function responsibilityRoutes(app: FastifyInstance, deps: ApiDeps): void {
  viewRoutes(app, deps);
  obligationRoute(app, deps);
  inventoryRoutes(app, deps);
  claimRoutes(app, deps);
  snapshotRoutes(app, deps);
}

function viewRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';
  api.get(`${base}/stack`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The responsibility stack: who owns the duties of each layer, and why',
      params: Params,
      querystring: z.strictObject({ ...AsOf, by: z.enum(STACK_BY).default('type') }),
      response: { 200: Stack },
    },
    handler: async (request) =>
      stackOf(await deps.assurance.assess(scopeOf(request), asOf(request.query)), request.query.by),
  });
  api.get(`${base}/stack/timeline`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'How many duties each party had over time, as it was known then',
      params: Params,
      querystring: z.strictObject({
        from: Instant.optional(),
        to: Instant.optional(),
        points: z.coerce.number().int().min(2).max(TIMELINE_POINTS_MAX).default(100),
        layer: z.string().max(64).optional(),
      }),
      response: { 200: Timeline },
    },
    handler: async (request) => {
      const { from, to, points, layer } = request.query;
      return deps.assurance.timeline(scopeOf(request), {
        points,
        ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
        ...(to === undefined ? {} : { toMs: Date.parse(to) }),
        ...exact({ layer }),
      });
    },
  });
  api.get(`${base}/mine`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'The duties that a party holds, by the risk that hangs on them, with the next step',
      params: Params,
      querystring: z.strictObject({ ...AsOf, party: PartyParam.default('customer') }),
      response: { 200: Mine },
    },
    handler: async (request) =>
      mineOf(await deps.assurance.assess(scopeOf(request), asOf(request.query)), request.query.party),
  });
  api.get(`${base}/gaps`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'What is nobody’s, disputed, waiting, failing, stale or running out; each with one party',
      params: Params,
      querystring: z.strictObject({ ...AsOf, pendingDays: Days.default(7), soonDays: Days.default(30) }),
      response: { 200: Gaps },
    },
    handler: async (request) => {
      const { pendingDays, soonDays } = request.query;
      const assessment = await deps.assurance.assess(scopeOf(request), asOf(request.query));
      return gapsOf(assessment, { pendingDays, soonDays });
    },
  });
}

function obligationRoute(app: FastifyInstance, deps: ApiDeps): void {
  app.withTypeProvider<ZodTypeProvider>().get('/v1/obligations', {
    config: { permission: 'obligation:read' },
    schema: {
      summary: 'What the provider owes over all tenants, and both queues',
      querystring: z.strictObject({ asOf: Instant.optional() }),
      response: { 200: Obligations },
    },
    handler: async (request) => {
      const names = new Map(
        (await listTenants(deps.store)).map(({ tenantId, name }) => [tenantId, name] as const),
      );
      const scopes = scopesOf(request, 'obligation:read', [...names.keys()]);
      const tenants: ReturnType<typeof tenantObligations>[] = [];
      for (const scope of scopes.slice(0, TENANTS_MAX)) {
        const assessment = await deps.assurance.assess(scope, asOf(request.query));
        tenants.push(tenantObligations(assessment, names.get(scope.tenantId) ?? scope.tenantId));
      }
      const { asOf: wanted } = request.query;
      return obligationsOf(tenants, {
        asOfMs: wanted === undefined ? deps.now() : Date.parse(wanted),
        tenantsLeftOut: Math.max(0, scopes.length - TENANTS_MAX),
      });
    },
  });
}
