/** Door: the room's threads, and the program that takes a change back. */
import type { AgentWorkers } from '@demarc/platform/contract/agent';

export const hostFirewallWorkers: AgentWorkers = {
  nft: () => import('@demarc/platform/netfilter/nft-worker'),
  sensor: () => import('./sensor.worker.ts'),
  watchdog: () => import('./watchdog.ts'),
};
