/** Work of a plan for tests of the pages. */
import type { PlannedWork } from '../api.ts';

export const anyWork = (changes: Partial<PlannedWork>): PlannedWork => ({
  assetId: '00000000-0000-4000-8000-000000000001',
  assetName: 'erp-db',
  environment: 'PRD',
  windowId: '00000000-0000-4000-8000-000000000002',
  windowName: 'Second Sunday',
  opensAt: '2026-12-06T01:00:00.000Z',
  closesAt: '2026-12-06T05:00:00.000Z',
  startsAt: '2026-12-06T01:00:00.000Z',
  endsAt: '2026-12-06T01:45:00.000Z',
  reboots: true,
  decision: 'scheduled',
  dueAt: '2026-12-10T00:00:00.000Z',
  isLate: false,
  packages: ['openssl'],
  findingCount: 2,
  jobId: null,
  ...changes,
});
