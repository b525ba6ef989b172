import { defineService } from '@demarc/platform/contract';
import { FILE_SYSTEM_ACTIVITY, REMEDIATION_ACTIVITY } from '@demarc/platform/ocsf';
import { defaultsFor, FileIntegrityPolicy } from './policy.ts';

export const fileIntegrityMonitoring = defineService({
  id: 'file-integrity-monitoring',
  title: 'File integrity monitoring',
  policy: FileIntegrityPolicy,
  defaultsFor,
  emits: [FILE_SYSTEM_ACTIVITY, REMEDIATION_ACTIVITY],
  evidences: [
    { rule: 'VMS-09.1', everySeconds: 60, freshForSeconds: 300 },
    { rule: 'VMS-09.2', everySeconds: 900, freshForSeconds: 3_600 },
  ],
});
