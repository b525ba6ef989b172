/** Door: the room's half on the server. Detections and blocks are events; nothing is kept twice. */
import type { ServerRoom } from '@demarc/platform/contract/server';
import { hostIntrusionDetection } from '../service.ts';
import { observer } from './observer.ts';
import { orders } from './orders.ts';
import { seenScans } from './seen-scans.ts';
import { shieldLayers, shieldMigrations, shieldRoutes, withdrawFixed } from './shields.ts';

const SHIELDS_EVERY_SECONDS = 60;

export const hostIntrusionDetectionServer: ServerRoom = {
  service: hostIntrusionDetection,
  routes: shieldRoutes,
  migrations: shieldMigrations,
  policyLayers: shieldLayers,
  orders,
  observer,
  provides: (context) => ({ 'seen-scans': (tenant) => seenScans(context, tenant) }),
  work: [
    {
      name: 'shields',
      everySeconds: SHIELDS_EVERY_SECONDS,
      of: { tenant: async (context, tenant) => void (await withdrawFixed(context, tenant)) },
    },
  ],
  detectionsDirectory: new URL('../detections/', import.meta.url),
};
