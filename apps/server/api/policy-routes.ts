/** Policies of rooms: for the tenant, for groups, for single machines; the more specific is set over the others. */

import { groupsOf, standsAt } from '@demarc/assurance/views/responsibility';
import type { ServiceSpec } from '@demarc/platform/contract';
import { TenantIdParam } from '@demarc/platform/contract/api';
import { PolicyLayers, PolicyReply, PolicyValues } from '@demarc/platform/contract/api/policies';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';
import { getAsset, listAssets } from '../link/assets.ts';
import {
  type EffectivePolicy,
  layersOf,
  policiesFor,
  type SetPolicy,
  type SettableScope,
  setPolicy,
} from '../policies/policies.ts';
import { policySources } from '../policies/sources.ts';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf } from './guard.ts';
import { BASE } from './requests.ts';

const ServiceParams = z.strictObject({ tenantId: TenantIdParam, serviceId: z.string().max(64) });
const AssetParams = ServiceParams.extend({ assetId: z.uuid() });
const GroupParams = ServiceParams.extend({ groupId: z.string().max(64) });
export function policyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = `${BASE}/policies/:serviceId`;
  const read = { permission: 'policy:read' } as const;
  const write = { permission: 'policy:write' } as const;

  const serviceOf = (serviceId: string, path: string): ServiceSpec => {
    const service = deps.rooms.find((room) => room.service.id === serviceId)?.service;
    if (service === undefined) throw serverErrors.make('API_NOT_FOUND', { path });
    return service;
  };
  const set = async (
    request: FastifyRequest,
    scope: SettableScope,
    service: ServiceSpec,
    policy: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const tenant = scopeOf(request);
    const who = { actor: principalOf(request).accountId, nowMs: deps.now() };
    const assets = await listAssets(deps.store, tenant, deps.now());
    await setPolicy(deps.store, tenant, scope, service, policy, who, assets, policySources(deps, tenant));
  };
  const onAsset = async (request: FastifyRequest, service: ServiceSpec, assetId: string) => {
    const tenant = scopeOf(request);
    const [policy] = await policiesFor(deps.store, tenant, assetId, [service], policySources(deps, tenant));
    if (policy === undefined) throw serverErrors.make('API_NOT_FOUND', { path: request.url });
    return replyOf(policy);
  };

  api.get(base, {
    config: read,
    schema: {
      summary: 'Everything that was set for a service: tenant, groups, machines',
      params: ServiceParams,
      response: { 200: PolicyLayers },
    },
    handler: async (request) => {
      const { id } = serviceOf(request.params.serviceId, request.url);
      const layers = await layersOf(deps.store, scopeOf(request), id);
      return { layers: layers.map((layer) => layerOf({ ...layer, problem: null })) };
    },
  });
  api.get(`${base}/assets/:assetId`, {
    config: read,
    schema: {
      summary: 'The policy in force on a machine, and what it is made of',
      params: AssetParams,
      response: { 200: PolicyReply },
    },
    handler: async (request) =>
      onAsset(request, serviceOf(request.params.serviceId, request.url), request.params.assetId),
  });
  api.put(`${base}/assets/:assetId`, {
    config: write,
    schema: {
      summary: 'Sets what is said for one machine; its agent has it within seconds',
      params: AssetParams,
      body: PolicyValues,
      response: { 200: PolicyReply },
    },
    handler: async (request) => {
      const { serviceId, assetId } = request.params;
      const service = serviceOf(serviceId, request.url);
      await getAsset(deps.store, scopeOf(request), assetId, deps.now());
      await set(request, { kind: 'asset', assetId }, service, request.body);
      return onAsset(request, service, assetId);
    },
  });
  api.put(`${base}/groups/:groupId`, {
    config: write,
    schema: {
      summary: 'Sets what is said for a group of machines',
      params: GroupParams,
      body: PolicyValues,
      response: { 200: PolicyLayers },
    },
    handler: async (request) => {
      const { serviceId, groupId } = request.params;
      const service = serviceOf(serviceId, request.url);
      const groups = await deps.assurance.look(scopeOf(request), (evaluation) =>
        groupsOf(standsAt(evaluation)),
      );
      if (!groups.some((group) => group.groupId === groupId))
        throw serverErrors.make('API_NOT_FOUND', { path: `group ${groupId}` });
      await set(request, { kind: 'group', groupId }, service, request.body);
      const layers = await layersOf(deps.store, scopeOf(request), service.id);
      return { layers: layers.map((layer) => layerOf({ ...layer, problem: null })) };
    },
  });
  api.put(`${base}/tenant`, {
    config: write,
    schema: {
      summary: 'Sets what is said for every machine of the tenant',
      params: ServiceParams,
      body: PolicyValues,
      response: { 200: PolicyLayers },
    },
    handler: async (request) => {
      const service = serviceOf(request.params.serviceId, request.url);
      await set(request, { kind: 'tenant' }, service, request.body);
      const layers = await layersOf(deps.store, scopeOf(request), service.id);
      return { layers: layers.map((layer) => layerOf({ ...layer, problem: null })) };
    },
  });
}

function layerOf({
  scope,
  policy,
  setBy,
  setAtMs,
  problem,
}: SetPolicy & { readonly problem: string | null }) {
  return { scope, policy: { ...policy }, setBy, setAt: new Date(setAtMs).toISOString(), problem };
}

function replyOf({ serviceId, policyVersion, policy, layers }: EffectivePolicy) {
  return { serviceId, policyVersion, policy, layers: layers.map(layerOf) };
}
