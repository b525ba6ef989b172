/** Door: the room's half on the server. Detections and blocks are events; nothing is kept twice. */
import type { ServerRoom } from '@demarc/platform/contract/server';
import { hostIntrusionDetection } from '../service.ts';
import { observer } from './observer.ts';
import { orders } from './orders.ts';
import { shieldLayers, shieldMigrations, shieldRoutes } from './shields.ts';

export const hostIntrusionDetectionServer: ServerRoom = {
  service: hostIntrusionDetection,
  routes: shieldRoutes,
  migrations: shieldMigrations,
  policyLayers: shieldLayers,
  orders,
  observer,
  detectionsDirectory: new URL('../detections/', import.meta.url),
};
