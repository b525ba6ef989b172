/** Door: the room's program. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';
import type { Inspect } from './work.ts';

/** @param inspect of another room, which knows what runs on the machine */
export const amsPatchingWorkers = (inspect: () => Promise<Inspect>): AgentWorkers => ({
  work: async () => (await import('./work.ts')).work(await inspect()),
});
