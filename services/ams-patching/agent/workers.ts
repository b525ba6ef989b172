/** Door: the room's program. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';

export const amsPatchingWorkers: AgentWorkers = {
  work: () => import('./work-program.ts'),
};
