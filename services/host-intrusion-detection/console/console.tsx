/** Door: pages of host intrusion detection. */
import type { ConsoleRoom } from '@demarc/platform/contract/console';
import { AttacksPage } from './attacks.tsx';
import { BlocksPage } from './blocks.tsx';
import { HostLogsPage } from './logs.tsx';
import { ResponsePage } from './response.tsx';
import { ShieldsPage } from './shields.tsx';

export const hostIntrusionDetectionConsole: ConsoleRoom = {
  serviceId: 'host-intrusion-detection',
  pages: [
    { path: 'attacks', title: 'Attacks', group: 'Detect', component: AttacksPage },
    { path: 'host-logs', title: 'Host logs', group: 'Detect', component: HostLogsPage },
    { path: 'blocks', title: 'Blocks', group: 'Protect', component: BlocksPage },
    { path: 'shields', title: 'Shields', group: 'Protect', component: ShieldsPage },
    { path: 'response', title: 'Response', group: 'Protect', component: ResponsePage },
  ],
};
