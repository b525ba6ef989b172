/** Parties, groups and assets: whom and what responsibility is about. */
import {
  declareAsset,
  defineGroup,
  labelAsset,
  registerParty,
  removeGroup,
  retireAsset,
} from '@demarc/assurance/commands';
import { assetsOf, groupsOf, partiesOf, standsAt } from '@demarc/assurance/views/responsibility';
import { TenantIdParam } from '@demarc/platform/contract/api';
import {
  DeclareAsset,
  DefineGroup,
  Group,
  InventoryAsset,
  LabelAsset,
  Party,
  RegisterParty,
} from '@demarc/platform/contract/assurance/responsibility';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ApiDeps } from '../context.ts';
import { principalOf, scopeOf, voiceOf } from '../guard.ts';
import { AsOf, asOf, exact } from '../requests.ts';

const Params = z.strictObject({ tenantId: TenantIdParam });
const Done = z.strictObject({ ok: z.boolean() });
const Id = z.string().min(1).max(128);

export function inventoryRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = '/v1/tenants/:tenantId';
  api.get(`${base}/parties`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Who can have duties here',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(Party) },
    },
    handler: async (request) =>
      deps.assurance.look(
        scopeOf(request),
        (evaluation) => [...partiesOf(standsAt(evaluation), voiceOf(request))],
        asOf(request.query),
      ),
  });
  api.post(`${base}/parties`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Registers a party, such as a third party',
      params: Params,
      body: RegisterParty,
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = registerParty(exact(request.body));
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.get(`${base}/groups`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Groups of assets, by their labels',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(Group) },
    },
    handler: async (request) =>
      deps.assurance.look(
        scopeOf(request),
        (evaluation) => [...groupsOf(standsAt(evaluation))],
        asOf(request.query),
      ),
  });
  api.post(`${base}/groups`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Defines a group, or defines it anew',
      params: Params,
      body: DefineGroup,
      response: { 200: Done },
    },
    handler: async (request) => {
      await deps.assurance.act(scopeOf(request), defineGroup(request.body), principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${base}/groups/:groupId/remove`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Removes a group; what was decided for it holds for nothing any more',
      params: Params.extend({ groupId: Id }),
      body: z.strictObject({}).optional(),
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = removeGroup({ groupId: request.params.groupId });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.get(`${base}/inventory/assets`, {
    config: { permission: 'matrix:read' },
    schema: {
      summary: 'Everything that controls apply to, with labels and groups',
      params: Params,
      querystring: z.strictObject(AsOf),
      response: { 200: z.array(InventoryAsset) },
    },
    handler: async (request) =>
      deps.assurance.look(
        scopeOf(request),
        (evaluation) => [...assetsOf(standsAt(evaluation))],
        asOf(request.query),
      ),
  });
  api.post(`${base}/inventory/assets`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Declares a network, a database or a machine without an agent',
      params: Params,
      body: DeclareAsset,
      response: { 200: Done },
    },
    handler: async (request) => {
      await deps.assurance.act(scopeOf(request), declareAsset(request.body), principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${base}/inventory/assets/:assetId/labels`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Gives an asset its labels; groups are rules over them',
      params: Params.extend({ assetId: Id }),
      body: LabelAsset,
      response: { 200: Done },
    },
    handler: async (request) => {
      const { assetId } = request.params;
      const command = labelAsset({ assetId, labels: request.body.labels });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
  api.post(`${base}/inventory/assets/:assetId/retire`, {
    config: { permission: 'inventory:write' },
    schema: {
      summary: 'Retires an asset: no control applies to it from now on',
      params: Params.extend({ assetId: Id }),
      body: z.strictObject({ reason: z.string().min(1).max(1_000) }),
      response: { 200: Done },
    },
    handler: async (request) => {
      const command = retireAsset({ assetId: request.params.assetId, reason: request.body.reason });
      await deps.assurance.act(scopeOf(request), command, principalOf(request).accountId);
      return { ok: true };
    },
  });
}
