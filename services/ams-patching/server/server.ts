/** Door: the room's half on the server. It plans, has jobs approved, hands them out, and follows them to their end. */
import type { ServerRoom } from '@demarc/platform/contract/server';
import { amsPatching } from '../service.ts';
import { lookAtAnnouncements } from './announcements.ts';
import { followJobs } from './follow.ts';
import { patchingMigrations } from './migrations.ts';
import { observer } from './observer.ts';
import { planner } from './planner.ts';
import { patchingRoutes } from './routes.ts';

const FOLLOW_EVERY_SECONDS = 15;
const ANNOUNCEMENTS_EVERY_SECONDS = 60;

export const amsPatchingServer: ServerRoom = {
  service: amsPatching,
  routes: patchingRoutes,
  migrations: patchingMigrations,
  work: [
    { name: 'follow', everySeconds: FOLLOW_EVERY_SECONDS, of: { tenant: followJobs } },
    { name: 'announcements', everySeconds: ANNOUNCEMENTS_EVERY_SECONDS, of: { tenant: lookAtAnnouncements } },
  ],
  detectionsDirectory: new URL('../detections/', import.meta.url),
  observer,
  prepare: () => planner.start(),
};
