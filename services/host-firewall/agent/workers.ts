/** Door: the room's threads, and its programs: one takes a change back, one takes everything away. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';

export const hostFirewallWorkers: AgentWorkers = {
  nft: () => import('@demarc/platform/netfilter/nft-worker'),
  sensor: () => import('./sensor.worker.ts'),
  remove: () => import('./remove.ts'),
  watchdog: () => import('./watchdog.ts'),
};
