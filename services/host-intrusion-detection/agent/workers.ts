/** Door: the room's threads. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';

export const hostIntrusionDetectionWorkers: AgentWorkers = {
  logs: () => import('./logs.worker.ts'),
  network: () => import('./network.worker.ts'),
  processes: () => import('./processes.worker.ts'),
};
