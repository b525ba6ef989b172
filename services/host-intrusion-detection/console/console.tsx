/** Door: pages of host intrusion detection. */
import type { ConsoleRoom } from '@demarc/platform/contract/console';
import { AttacksPage } from './attacks.tsx';
import { BlocksPage } from './blocks.tsx';
import { HostLogsPage } from './logs.tsx';
import { ResponsePage } from './response.tsx';

export const hostIntrusionDetectionConsole: ConsoleRoom = {
  serviceId: 'host-intrusion-detection',
  pages: [
    { path: 'attacks', title: 'Attacks', group: 'Detect', component: AttacksPage },
    { path: 'host-logs', title: 'Host logs', group: 'Detect', component: HostLogsPage },
    { path: 'blocks', title: 'Blocks', group: 'Protect', component: BlocksPage },
    { path: 'response', title: 'Response', group: 'Protect', component: ResponsePage },
  ],
};
