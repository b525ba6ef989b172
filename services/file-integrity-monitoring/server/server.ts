/** Door: the room's routes on the server. The changes are events; nothing is kept twice. */
import { Instant } from '@demarc/platform/contract/api';
import type { RoomRoute, ServerRoom } from '@demarc/platform/contract/server';
import { FILE_SYSTEM_ACTIVITY } from '@demarc/platform/ocsf';
import * as z from 'zod';
import { fileIntegrityMonitoring } from '../service.ts';

const Query = z.object({
  from: Instant,
  to: Instant,
  assetId: z.uuid().optional(),
  text: z.string().max(1_024).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(512).optional(),
});

const Page = z.strictObject({
  events: z.array(z.record(z.string(), z.unknown())),
  nextCursor: z.string().nullable(),
  matchedCount: z.int(),
});

const changes: RoomRoute = {
  method: 'GET',
  path: 'integrity/changes',
  permission: 'event:read',
  summary: 'Changes of watched files, newest first',
  query: Query,
  response: Page,
  async handle(context, tenant, { query }) {
    const { from, to, assetId, text, limit, cursor } = query as z.infer<typeof Query>;
    return context.searchEvents(tenant, {
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      classUids: [FILE_SYSTEM_ACTIVITY],
      limit,
      ...(assetId === undefined ? {} : { assetId }),
      ...(text === undefined ? {} : { text }),
      ...(cursor === undefined ? {} : { cursor }),
    });
  },
};

export const fileIntegrityMonitoringServer: ServerRoom = {
  service: fileIntegrityMonitoring,
  routes: [changes],
  migrations: {},
  detectionsDirectory: new URL('../detections/', import.meta.url),
};
