/** What policies are made of besides what people set: an asset's groups, and what rooms add by themselves. */
import type { Assurance } from '@demarc/assurance';
import { managedServiceOf } from '@demarc/platform/contract';
import type { ServerRoom } from '@demarc/platform/contract/server';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { AddedLayer, PolicySources } from './policies.ts';

export function policySources(
  {
    assurance,
    rooms,
    store,
    now,
  }: {
    readonly assurance: Assurance;
    readonly rooms: readonly ServerRoom[];
    readonly store: PostgresStore;
    now(): number;
  },
  tenant: TenantScope,
): PolicySources {
  return {
    groupsOf: (assetId) => assurance.groupsOf(tenant, assetId),
    async added(assetId) {
      const layers: AddedLayer[] = [];
      for (const room of rooms) {
        const added = await room.policyLayers?.({ inTenant: store.inTenant, now }, tenant, assetId);
        for (const [serviceId, policy] of Object.entries(added ?? {}))
          if (mayAdd(room, serviceId, rooms))
            layers.push({ by: room.service.id, serviceId, policy, atMs: now() });
      }
      return layers;
    },
  };
}

/** To its own, and to rooms that are sold with it: no other customer's service is its business. */
function mayAdd(room: ServerRoom, serviceId: string, rooms: readonly ServerRoom[]): boolean {
  const other = rooms.find(({ service }) => service.id === serviceId);
  return other !== undefined && managedServiceOf(other.service) === managedServiceOf(room.service);
}
