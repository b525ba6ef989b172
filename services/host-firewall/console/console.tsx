/** Door: pages of the host firewall. */
import type { ConsoleRoom } from '@demarc/platform/contract/console';
import { FirewallPage } from './editor.tsx';
import { TrafficPage } from './flows.tsx';

export const hostFirewallConsole: ConsoleRoom = {
  serviceId: 'host-firewall',
  pages: [
    { path: 'firewall', title: 'Firewall', group: 'Protect', component: FirewallPage },
    { path: 'flows', title: 'Flows', group: 'Protect', component: TrafficPage },
  ],
};
