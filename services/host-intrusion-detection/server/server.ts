/** Door: the room's routes on the server. Detections and blocks are events; nothing is kept twice. */
import { Instant } from '@demarc/platform/contract/api';
import type { RoomRoute, ServerRoom } from '@demarc/platform/contract/server';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import * as z from 'zod';
import { hostIntrusionDetection } from '../service.ts';
import { orders } from './orders.ts';
import { shieldLayers, shieldMigrations, shieldRoutes } from './shields.ts';

const Query = z.object({
  from: Instant,
  to: Instant,
  assetId: z.uuid().optional(),
  /** An address or a prefix, as it was blocked. */
  range: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(512).optional(),
});

const Page = z.strictObject({
  events: z.array(z.record(z.string(), z.unknown())),
  nextCursor: z.string().nullable(),
  matchedCount: z.int(),
});

const blocks: RoomRoute = {
  method: 'GET',
  path: 'intrusion/blocks',
  permission: 'event:read',
  summary: 'Who was blocked, spared and let in again, by whom and why, newest first',
  query: Query,
  response: Page,
  async handle(context, tenant, { query }) {
    const { from, to, assetId, range, limit, cursor } = query as z.infer<typeof Query>;
    return context.searchEvents(tenant, {
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      classUids: [OCSF_CLASS.network_activity],
      filters: [
        range === undefined
          ? { field: 'unmapped.block.range', op: 'ne', value: '' }
          : { field: 'unmapped.block.range', op: 'eq', value: range },
      ],
      limit,
      ...(assetId === undefined ? {} : { assetId }),
      ...(cursor === undefined ? {} : { cursor }),
    });
  },
};

export const hostIntrusionDetectionServer: ServerRoom = {
  service: hostIntrusionDetection,
  routes: [blocks, ...shieldRoutes],
  migrations: shieldMigrations,
  policyLayers: shieldLayers,
  orders,
  detectionsDirectory: new URL('../detections/', import.meta.url),
};
