import { acceptHandback, acceptSchedule, buy, cancel } from '@demarc/assurance/commands';
import {
  Asset,
  BuyService,
  CancelService,
  EnrollmentToken,
  EventHistogram,
  EventPage,
  EventSearch,
  Matrix,
  MatrixWhy,
  ServiceOffer,
  TenantIdParam,
} from '@demarc/platform/contract/api';
import { eventByUid, histogram, searchEvents } from '@demarc/siem';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';
import { getAsset, listAssets, revokeAsset } from '../link/assets.ts';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf, signerOf } from './guard.ts';
import { AsOf, asOf, Done, exact, Params } from './requests.ts';

const AssetParams = z.strictObject({ tenantId: TenantIdParam, assetId: z.uuid() });

export function tenantRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';

  api.get(`${base}/assets`, {
    config: { permission: 'asset:read' },
    schema: {
      summary: 'Assets, with the health of every room on each',
      params: Params,
      response: { 200: z.array(Asset) },
    },
    handler: async (request) => [...(await listAssets(deps.store, scopeOf(request), deps.now()))],
  });
  api.get(`${base}/assets/:assetId`, {
    config: { permission: 'asset:read' },
    schema: { summary: 'One asset', params: AssetParams, response: { 200: Asset } },
    handler: async (request) => getAsset(deps.store, scopeOf(request), request.params.assetId, deps.now()),
  });
  api.post(`${base}/assets/:assetId/revoke`, {
    config: { permission: 'asset:revoke' },
    schema: {
      summary: 'Refuses the asset’s agent from its next request on',
      params: AssetParams,
      response: { 200: Done },
    },
    handler: async (request) => {
      await revokeAsset(deps.store, scopeOf(request), request.params.assetId, deps.now());
      deps.publish(scopeOf(request), { kind: 'asset', assetId: request.params.assetId, state: 'revoked' });
      return { ok: true };
    },
  });
  api.post(`${base}/enrollment-tokens`, {
    config: { permission: 'asset:enroll' },
    schema: {
      summary: 'A single-use token that enrols one machine',
      params: Params,
      body: z.strictObject({}).optional(),
      response: { 200: EnrollmentToken },
    },
    handler: async (request) => {
      const { expiresAtMs, ...made } = await deps.enrollment(
        scopeOf(request),
        principalOf(request).accountId,
      );
      return { ...made, expiresAt: new Date(expiresAtMs).toISOString() };
    },
  });

  api.post(`${base}/events/search`, {
    config: { permission: 'event:read' },
    schema: {
      summary: 'Events, newest first',
      params: Params,
      body: EventSearch,
      response: { 200: EventPage },
    },
    handler: async (request) => searchEvents(deps.siem, scopeOf(request), exact(request.body)),
  });
  api.post(`${base}/events/histogram`, {
    config: { permission: 'event:read' },
    schema: {
      summary: 'Events counted over time',
      params: Params,
      querystring: z.strictObject({ by: z.enum(['severity_id', 'class_uid']).default('severity_id') }),
      body: EventSearch,
      response: { 200: EventHistogram },
    },
    handler: async (request) => histogram(deps.siem, scopeOf(request), exact(request.body), request.query.by),
  });
  api.get(`${base}/events/by-uid/:uid`, {
    config: { permission: 'event:read' },
    schema: {
      summary: 'One event by its uid',
      params: Params.extend({ uid: z.string().max(128) }),
      response: { 200: z.record(z.string(), z.unknown()) },
    },
    handler: async (request) => {
      const found = await eventByUid(deps.siem, scopeOf(request), request.params.uid);
      if (found === undefined) throw serverErrors.make('API_NOT_FOUND', { path: request.url });
      return found;
    },
  });

  api.get(`${base}/matrix`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Who owns each duty of each control on each asset, and whether it holds',
      params: Params,
      querystring: z.strictObject({ ...AsOf, assetId: z.string().max(64).optional() }),
      response: { 200: Matrix },
    },
    handler: async (request) => {
      const { assetId } = request.query;
      return deps.assurance.matrix(scopeOf(request), {
        ...asOf(request.query),
        ...(assetId === undefined ? {} : { assetId }),
      });
    },
  });
  api.get(`${base}/matrix/why`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Why one cell is what it is',
      params: Params,
      querystring: z.strictObject({ ...AsOf, assetId: z.string().max(64), controlId: z.string().max(16) }),
      response: { 200: MatrixWhy },
    },
    handler: async (request) => {
      const { assetId, controlId } = request.query;
      return deps.assurance.why(scopeOf(request), { assetId, controlId, ...asOf(request.query) });
    },
  });
  api.post(`${base}/schedule/accept`, {
    config: { permission: 'service:buy' },
    schema: {
      summary: 'Accepts the responsibility schedule: the catalogue’s defaults hold from now on',
      params: Params,
      body: z.strictObject({}).optional(),
      response: { 200: Done },
    },
    handler: async (request) => {
      await deps.assurance.act(scopeOf(request), acceptSchedule, principalOf(request).accountId);
      return { ok: true };
    },
  });

  api.get(`${base}/services`, {
    config: { permission: 'service:read' },
    schema: {
      summary: 'Managed services and what is bought of them',
      params: Params,
      response: { 200: z.array(ServiceOffer) },
    },
    handler: async (request) => [...(await deps.assurance.services(scopeOf(request)))],
  });
  api.post(`${base}/entitlements`, {
    config: { permission: 'service:buy' },
    schema: {
      summary: 'Buys a service for assets; duties move with the first passing evidence',
      params: Params,
      body: BuyService,
      response: { 200: z.strictObject({ entitlementId: z.uuid(), handoverId: z.uuid() }) },
    },
    handler: async (request) => {
      const { prerequisitesAccepted, ...purchase } = request.body;
      const command = buy({
        ...exact(purchase),
        prerequisites: prerequisitesAccepted ? 'all' : [],
        person: principalOf(request).name,
      });
      return deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
    },
  });
  api.post(`${base}/entitlements/:entitlementId/cancel`, {
    config: { permission: 'service:cancel' },
    schema: {
      summary:
        'Ends a service, now or when its notice ends; every returned duty has a taker or a dated acceptance',
      params: Params.extend({ entitlementId: z.uuid() }),
      body: CancelService,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { reason, acceptHandback: takeBack, riskAcceptedUntil } = request.body;
      const settle = takeBack
        ? { taker: 'customer' }
        : riskAcceptedUntil === undefined
          ? undefined
          : { riskAcceptedUntilMs: Date.parse(riskAcceptedUntil) };
      const { entitlementId } = request.params;
      const command = cancel({
        entitlementId,
        reason,
        signer: signerOf(request),
        ...(settle === undefined ? {} : { settle }),
      });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${base}/entitlements/:entitlementId/assets/:assetId/handback`, {
    config: { permission: 'handback:accept' },
    schema: {
      summary: 'Takes the returned duties back',
      params: AssetParams.extend({ entitlementId: z.uuid() }),
      body: z.strictObject({}).optional(),
      response: { 200: Done },
    },
    handler: async (request) => {
      const { entitlementId, assetId } = request.params;
      const command = acceptHandback({ entitlementId, assetId, signer: signerOf(request) });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
}
