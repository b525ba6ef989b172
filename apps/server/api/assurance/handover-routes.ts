/** Buying and cancelling: asked first, then done; and the hand-overs that go with both. */
import {
  acceptItems,
  checkItems,
  giveNotice,
  settleItems,
  sign,
  withdrawNotice,
} from '@demarc/assurance/commands';
import { certificateOf, handoverList, handoverOf } from '@demarc/assurance/handover';
import { simulateBuy, simulateCancel } from '@demarc/assurance/simulation';
import {
  AcceptHandover,
  CancellationSimulation,
  CheckHandover,
  GiveNotice,
  Handover,
  HandoverList,
  PurchaseSimulation,
  SettleHandover,
  SignHandover,
  SimulateCancellation,
  SimulatePurchase,
  WithdrawNotice,
} from '@demarc/platform/contract/assurance/handover';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { listTenants } from '../../tenants.ts';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf, signerOf } from '../guard.ts';
import { AsOfQuery, asOf, Done, Params } from '../requests.ts';

const HandoverParams = Params.extend({ handoverId: z.string().min(1).max(128) });
const EntitlementParams = Params.extend({ entitlementId: z.uuid() });
const settlement = (body: {
  readonly taker?: string | undefined;
  readonly riskAcceptedUntil?: string | undefined;
}) => ({
  ...(body.taker === undefined ? {} : { taker: body.taker }),
  ...(body.riskAcceptedUntil === undefined
    ? {}
    : { riskAcceptedUntilMs: Date.parse(body.riskAcceptedUntil) }),
});

/** Each works the whole estate out again: so many a minute and address. */
const COSTLY = { rateLimit: { max: 60, timeWindow: '1 minute' } };

const named = (items: readonly string[] | undefined) => (items === undefined ? {} : { items });

export function handoverRoutes(app: FastifyInstance, deps: ApiDeps): void {
  simulations(app, deps);
  notices(app, deps);
  reading(app, deps);
  settling(app, deps);
}

function simulations(app: FastifyInstance, { assurance }: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.post('/v1/tenants/:tenantId/simulations/purchase', {
    config: { permission: 'service:read', ...COSTLY },
    schema: {
      summary: 'What buying a service would move, leave, need and be worth; nothing is done',
      params: Params,
      body: SimulatePurchase,
      response: { 200: PurchaseSimulation },
    },
    handler: async (request) => {
      const { scope, ...purchase } = request.body;
      return assurance.simulate(scopeOf(request), (context) =>
        simulateBuy(context, { ...purchase, ...(scope === undefined ? {} : { scope }) }),
      );
    },
  });
  api.post('/v1/tenants/:tenantId/simulations/cancellation', {
    config: { permission: 'service:read', ...COSTLY },
    schema: {
      summary:
        'What ending a service would give back to whom, and leave to nobody from when; nothing is done',
      params: Params,
      body: SimulateCancellation,
      response: { 200: CancellationSimulation },
    },
    handler: async (request) => {
      const { entitlementId, endsAt, ...body } = request.body;
      return assurance.simulate(scopeOf(request), (context) =>
        simulateCancel(context, {
          entitlementId,
          ...(endsAt === undefined ? {} : { endsAtMs: Date.parse(endsAt) }),
          ...settlement(body),
        }),
      );
    },
  });
}

function notices(app: FastifyInstance, { assurance }: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.post('/v1/tenants/:tenantId/entitlements/:entitlementId/notice', {
    config: { permission: 'service:cancel' },
    schema: {
      summary: 'Gives notice: the service runs on until then, and the hand-over of what it gives up is open',
      params: EntitlementParams,
      body: GiveNotice,
      response: { 200: z.strictObject({ handoverId: z.uuid() }) },
    },
    handler: async (request) => {
      const { endsAt, reason } = request.body;
      const { entitlementId } = request.params;
      const command = giveNotice({ entitlementId, endsAtMs: Date.parse(endsAt), reason });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post('/v1/tenants/:tenantId/entitlements/:entitlementId/notice/withdraw', {
    config: { permission: 'service:cancel' },
    schema: {
      summary: 'Withdraws the notice: the service goes on, and its hand-over is closed',
      params: EntitlementParams,
      body: WithdrawNotice,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { entitlementId } = request.params;
      const command = withdrawNotice({ entitlementId, reason: request.body.reason });
      await assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
}

function reading(app: FastifyInstance, deps: ApiDeps): void {
  const { assurance } = deps;
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get('/v1/tenants/:tenantId/handovers', {
    config: { permission: 'service:read' },
    schema: {
      summary: 'Hand-overs: those that wait for somebody first, the nearest date before the others',
      params: Params,
      querystring: AsOfQuery,
      response: { 200: HandoverList },
    },
    handler: async (request) => assurance.look(scopeOf(request), handoverList, asOf(request.query)),
  });
  api.get('/v1/tenants/:tenantId/handovers/:handoverId', {
    config: { permission: 'service:read' },
    schema: {
      summary: 'One hand-over',
      params: HandoverParams,
      querystring: AsOfQuery,
      response: { 200: Handover },
    },
    handler: async (request) =>
      assurance.look(scopeOf(request), handoverOf(request.params.handoverId), asOf(request.query)),
  });
  api.get('/v1/tenants/:tenantId/handovers/:handoverId/certificate', {
    config: { permission: 'export:read', ...COSTLY },
    schema: {
      summary: 'The certificate, as PDF; the same record is the same bytes',
      params: HandoverParams,
      querystring: AsOfQuery,
    },
    handler: async (request, reply) => {
      const { tenantId, handoverId } = request.params;
      const tenant = (await listTenants(deps.store)).find((each) => each.tenantId === tenantId);
      const bytes = await certificateOf(assurance, scopeOf(request), {
        ...asOf(request.query),
        handoverId,
        tenantName: tenant?.name ?? tenantId,
      });
      return reply
        .type('application/pdf')
        .header('content-disposition', `attachment; filename="hand-over-${handoverId}.pdf"`)
        .send(Buffer.from(bytes));
    },
  });
}

function settling(app: FastifyInstance, { assurance }: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.post('/v1/tenants/:tenantId/handovers/:handoverId/settle', {
    config: { permission: 'handover:write' },
    schema: {
      summary: 'Names who takes returned duties, or accepts until a date that nobody does',
      params: HandoverParams,
      body: SettleHandover,
      response: { 200: z.strictObject({ settled: z.int(), proposed: z.int() }) },
    },
    handler: async (request) => {
      const { items, ...body } = request.body;
      const { handoverId } = request.params;
      const command = settleItems({
        handoverId,
        ...named(items),
        ...settlement(body),
        signer: signerOf(request),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post('/v1/tenants/:tenantId/handovers/:handoverId/accept', {
    config: { permission: 'handover:write' },
    schema: {
      summary: 'Takes what was proposed to a party that the caller speaks for',
      params: HandoverParams,
      body: AcceptHandover,
      response: { 200: z.strictObject({ accepted: z.int() }) },
    },
    handler: async (request) => {
      const { handoverId } = request.params;
      const command = acceptItems({
        handoverId,
        ...named(request.body.items),
        signer: signerOf(request),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post('/v1/tenants/:tenantId/handovers/:handoverId/check', {
    config: { permission: 'handover:write' },
    schema: {
      summary: 'Ticks items of the checklist',
      params: HandoverParams,
      body: CheckHandover,
      response: { 200: z.strictObject({ checked: z.int() }) },
    },
    handler: async (request) => {
      const { handoverId } = request.params;
      const command = checkItems({ handoverId, ...named(request.body.items), signer: signerOf(request) });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post('/v1/tenants/:tenantId/handovers/:handoverId/sign', {
    config: { permission: 'handover:write' },
    schema: {
      summary: 'Signs for one side, once all is settled and ticked',
      params: HandoverParams,
      body: SignHandover,
      response: { 200: z.strictObject({ party: z.string() }) },
    },
    handler: async (request) => {
      const { handoverId } = request.params;
      const { side, party } = request.body;
      const command = sign({
        handoverId,
        side,
        ...(party === undefined ? {} : { party }),
        signer: signerOf(request),
      });
      return assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
}
