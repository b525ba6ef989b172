/** Door: pages of patching. */
import type { ConsoleRoom } from '@demarc/platform/contract/console';
import './patching.css';
import { JobsPage } from './jobs.tsx';
import { PlanPage } from './plan.tsx';
import { WindowsPage } from './windows.tsx';

export const amsPatchingConsole: ConsoleRoom = {
  serviceId: 'ams-patching',
  pages: [
    { path: 'maintenance-windows', title: 'Maintenance windows', group: 'Protect', component: WindowsPage },
    { path: 'patch-plan', title: 'Patch plan', group: 'Protect', component: PlanPage },
    { path: 'patch-jobs', title: 'Patch jobs', group: 'Protect', component: JobsPage },
  ],
};
