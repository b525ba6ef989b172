/** Orders to hosts: said before they are given, given only by who has to respond, taken back at any time. */

import { managedServiceOf } from '@demarc/platform/contract';
import {
  GivenOrder,
  GiveOrder,
  OrderList,
  OrderReply,
  TakeBackOrder,
} from '@demarc/platform/contract/api/orders';
import type { OrderKind } from '@demarc/platform/contract/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { serverErrors } from '../errors.ts';
import { getAsset } from '../link/assets.ts';
import { giveOrder, type Kept, listOrders, orderOf, takeBackOrder } from '../orders/orders.ts';
import type { ApiDeps } from './context.ts';
import { principalOf, scopeOf, signerOf } from './guard.ts';
import { BASE, Params } from './requests.ts';

const OrderParams = Params.extend({ orderId: z.uuid() });

export function orderRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.get(`${BASE}/orders`, {
    config: { permission: 'order:read' },
    schema: {
      summary: 'Orders to machines, newest first, with what became of each',
      params: Params,
      querystring: z.strictObject({ assetId: z.uuid().optional() }),
      response: { 200: OrderList },
    },
    handler: async (request) => {
      const { orders, more } = await listOrders(
        deps.store,
        scopeOf(request),
        request.query.assetId,
        deps.now(),
      );
      return { orders: orders.map(titled), more };
    },
  });

  api.post(`${BASE}/orders`, {
    config: { permission: 'order:write' },
    schema: {
      summary: 'Gives an order to a machine, or says what it would do',
      params: Params,
      body: GiveOrder,
      response: { 200: OrderReply },
    },
    handler: async (request) => {
      const { assetId, serviceId, kind, what: asked, because, seconds, dryRun } = request.body;
      const scope = scopeOf(request);
      await getAsset(deps.store, scope, assetId, deps.now());
      const known = kindOf(serviceId, kind);
      if (known === undefined)
        throw serverErrors.make('API_REQUEST_INVALID', {
          because: `${serviceId} takes no order "${kind}"; it takes ${kindsOf(serviceId).join(', ') || 'none'}`,
        });
      const what = known.what.safeParse(asked);
      if (!what.success)
        throw serverErrors.make('API_REQUEST_INVALID', { because: z.prettifyError(what.error) });
      if (seconds > known.secondsMax)
        throw serverErrors.make('API_REQUEST_INVALID', {
          because: `${kind} lasts ${known.secondsMax} seconds at most`,
        });
      const party = await responderOf(request, assetId, serviceId, known);
      const effect = known.effect(what.data);
      if (dryRun) return { order: null, effect };
      const { accountId, name } = principalOf(request);
      const by = { accountId, name, party };
      const order = await giveOrder(
        deps.store,
        scope,
        { assetId, serviceId, kind, what: what.data as Record<string, unknown>, by, because, seconds },
        deps.now(),
      );
      return { order: titled(order), effect };
    },
  });

  api.post(`${BASE}/orders/:orderId/take-back`, {
    config: { permission: 'order:write' },
    schema: {
      summary: 'Takes an order back; the machine undoes it',
      params: OrderParams,
      body: TakeBackOrder,
      response: { 200: GivenOrder },
    },
    handler: async (request) => {
      const scope = scopeOf(request);
      const { orderId } = request.params;
      const { assetId, serviceId, kind } = await orderOf(deps.store, scope, orderId, deps.now());
      const known = kindOf(serviceId, kind);
      if (known !== undefined) await responderOf(request, assetId, serviceId, known);
      const { name } = principalOf(request);
      return titled(await takeBackOrder(deps.store, scope, orderId, name, request.body.because, deps.now()));
    },
  });

  function kindsOf(serviceId: string): readonly string[] {
    return Object.keys(deps.rooms.find(({ service }) => service.id === serviceId)?.orders ?? {});
  }

  function kindOf(serviceId: string, kind: string): OrderKind | undefined {
    const orders = deps.rooms.find(({ service }) => service.id === serviceId)?.orders ?? {};
    return Object.hasOwn(orders, kind) ? orders[kind] : undefined;
  }

  function titled(order: Kept): GivenOrder {
    return { ...order, title: kindOf(order.serviceId, order.kind)?.title ?? order.kind };
  }

  /**
   * Whose duty it is, when the caller speaks for them.
   *
   * @throws ORDER_NOT_YOURS, ORDER_SERVICE_NOT_THERE
   */
  async function responderOf(
    request: FastifyRequest,
    assetId: string,
    serviceId: string,
    { control }: OrderKind,
  ): Promise<string> {
    const scope = scopeOf(request);
    const room = deps.rooms.find(({ service }) => service.id === serviceId);
    const entitled = await deps.assurance.entitledServices(scope, assetId);
    if (room === undefined || !entitled.includes(managedServiceOf(room.service)))
      throw serverErrors.make('ORDER_SERVICE_NOT_THERE', { service: room?.service.title ?? serviceId });
    const party = await deps.assurance.dutyOwner(scope, assetId, control, 'respond');
    if (party === null || !signerOf(request).speaksFor(party))
      throw serverErrors.make('ORDER_NOT_YOURS', { control, party: party ?? 'nobody' });
    return party;
  }
}
