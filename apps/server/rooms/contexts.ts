/** What each room's half on the server is given, made once. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Assurance } from '@demarc/assurance';
import type { FeedSources } from '@demarc/platform/config';
import { managedServiceOf } from '@demarc/platform/contract';
import type {
  Delivery,
  ServerCapabilities,
  ServerRoom,
  ServerRoomContext,
} from '@demarc/platform/contract/server';
import type { PostgresStore } from '@demarc/platform/stores';
import { engineUser, privateDirectory } from '@demarc/platform/stores/engines';
import { carry, type Siem, searchEvents } from '@demarc/siem';
import { silentAfterMs } from '../evidence/silence.ts';
import { listAssets, roomStates } from '../link/assets.ts';
import { giveOrder, orderOf, takeBackOrder } from '../orders/orders.ts';
import { policiesFor } from '../policies/policies.ts';
import { policySources } from '../policies/sources.ts';

/** The server's own events of one asset are cut so that a batch stays below what one statement takes. */
const EVENTS_PER_BATCH_MAX = 500;

export interface RoomContextDeps {
  readonly store: PostgresStore;
  readonly siem: Siem;
  readonly assurance: Assurance;
  readonly rooms: readonly ServerRoom[];
  readonly delivery: Delivery;
  readonly feedSources: FeedSources;
  /** Where the rooms' own directories are. */
  readonly directory: string;
  /** Who the server is once it has given up root's rights. */
  readonly user: string;
  /** Of any evidence; an agent that says nothing for longer is silent. */
  readonly freshSecondsMax: number;
  now(): number;
  log(line: string, error?: unknown): void;
}

/** By service id. */
export function roomContexts(deps: RoomContextDeps): ReadonlyMap<string, ServerRoomContext> {
  const provided: Partial<ServerCapabilities> = {};
  const contexts = new Map(deps.rooms.map((room) => [room.service.id, contextOf(room, deps, provided)]));
  for (const { service, provides } of deps.rooms) {
    const context = contexts.get(service.id);
    if (context !== undefined) Object.assign(provided, provides?.(context));
  }
  return contexts;
}

function contextOf(
  { service }: ServerRoom,
  deps: RoomContextDeps,
  provided: Partial<ServerCapabilities>,
): ServerRoomContext {
  const { store, siem, assurance, delivery, feedSources, now } = deps;
  const stateDirectory = join(deps.directory, service.id);
  // Made while this is root still, for whom it becomes.
  for (const path of [deps.directory, stateDirectory]) privateDirectory(path, engineUser(deps.user));
  return {
    inTenant: store.inTenant,
    delivery,
    feedSources,
    stateDirectory,
    now,
    log: (line, error) => deps.log(`${service.id}: ${line}`, error),
    use: (name) => provided[name],
    async searchEvents(tenant, { fromMs, toMs, classUids, filters, ...query }) {
      const page = await searchEvents(siem, tenant, {
        ...query,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        ...(classUids === undefined ? {} : { classUids: [...classUids] }),
        ...(filters === undefined ? {} : { filters: [...filters] }),
      });
      return { events: page.events as never, nextCursor: page.nextCursor, matchedCount: page.matchedCount };
    },
    machines: (tenant) => listAssets(store, tenant, now()),
    hostHealth: (tenant) =>
      roomStates(store, tenant, service.id, now() - silentAfterMs(deps.freshSecondsMax)),
    async policyOf(tenant, assetId) {
      const sources = policySources(deps, tenant);
      const [policy] = await policiesFor(store, tenant, assetId, [service], sources);
      if (policy === undefined) throw new Error('of one service that is asked for there is one policy');
      return policy;
    },
    async rulesMatching(tenant, event) {
      const { base, own, overlays } = await siem.rulesets.of(tenant);
      const view = siem.view.ofOcsf(event);
      return [base, own]
        .flatMap(({ engine, detections }) => engine.match(view).rules.map((at) => detections[at]?.id ?? ''))
        .filter((id) => id !== '' && overlays.get(id)?.stored.enabled !== false);
    },
    placeOf: (tenant, assetId) => assurance.placeOf(tenant, assetId),
    ownerOf: (tenant, assetId, control, duty) => assurance.dutyOwner(tenant, assetId, control, duty),
    async isEntitled(tenant, assetId) {
      return (await assurance.entitledServices(tenant, assetId)).includes(managedServiceOf(service));
    },
    async emit(tenant, assetId, events) {
      for (let from = 0; from < events.length; from += EVENTS_PER_BATCH_MAX) {
        const some = events.slice(from, from + EVENTS_PER_BATCH_MAX);
        await carry(siem, tenant, {
          // The same events are the same batch, however often they come.
          batchToken: createHash('sha256')
            .update(some.map(({ metadata }) => metadata.uid).join('\n'))
            .digest('hex'),
          assetId,
          events: some.map((event, index) => ({ index, event })),
        });
      }
    },
    async giveOrder(tenant, { accountId, party, by: name, ...order }) {
      const given = await giveOrder(
        store,
        tenant,
        { ...order, serviceId: service.id, by: { accountId, name, party } },
        now(),
      );
      return given.id;
    },
    async takeBackOrder(tenant, orderId, by, because) {
      await takeBackOrder(store, tenant, orderId, by, because, now());
    },
    async orderState(tenant, orderId) {
      const { id, serviceId, state, stateBecause, stateAt } = await orderOf(store, tenant, orderId, now());
      return serviceId === service.id
        ? { id, state, because: stateBecause, atMs: Date.parse(stateAt) }
        : undefined;
    },
  };
}
