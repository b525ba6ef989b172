/** Door: the room's threads. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';

export const fileIntegrityMonitoringWorkers: AgentWorkers = {
  scan: () => import('./scan.worker.ts'),
  sensor: () => import('./sensor.worker.ts'),
};
