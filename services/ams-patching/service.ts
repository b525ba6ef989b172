import { defineService } from '@demarc/platform/contract';
import { REMEDIATION_ACTIVITY } from '@demarc/platform/ocsf';
import { AmsPatchingPolicy } from './policy.ts';

/** Observed on the server, of what scans and jobs say: see server/observer.ts. */
export const SERVER_EVIDENCES = [
  { rule: 'VMS-04.1', everySeconds: 300, freshForSeconds: 3_600 },
  { rule: 'MGT-10.2', everySeconds: 300, freshForSeconds: 3_600 },
] as const;

export const amsPatching = defineService({
  id: 'ams-patching',
  title: 'Patching',
  policy: AmsPatchingPolicy,
  emits: [REMEDIATION_ACTIVITY],
  evidences: [
    // What the machine's own package manager says of its repositories.
    { rule: 'MGT-08.1', everySeconds: 21_600, freshForSeconds: 86_400 },
    ...SERVER_EVIDENCES,
  ],
});
