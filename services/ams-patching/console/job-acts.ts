/** What can be asked for in which state; who may is for the server to say. Pure. */
import type { Act } from '@demarc/platform/contract/console';
import type { JobRow } from '../api.ts';

export function actsOf({
  id,
  state,
  mayApprove,
}: Pick<JobRow, 'id' | 'state' | 'mayApprove'>): readonly Act[] {
  const path = (act: string): string => `patching/jobs/${id}/${act}`;
  const isOpen = state === 'proposed' || state === 'held';
  return [
    ...(isOpen && mayApprove
      ? ([
          {
            title: 'Approve',
            says: 'the machine gets it, and does it in its window.',
            kind: 'main',
            path: path('approve'),
          },
          { title: 'Decline', says: 'it is not done; the next plan offers it again.', path: path('decline') },
        ] as const)
      : []),
    ...(isOpen || state === 'waiting' || state === 'resolving'
      ? ([
          {
            title: 'Cancel',
            says: 'it is withdrawn before it begins; the findings stay open.',
            kind: 'danger',
            path: path('cancel'),
          },
        ] as const)
      : []),
    ...(state === 'ended' && mayApprove
      ? ([
          {
            title: 'Roll back',
            says: 'packages go back to the versions from before; the findings are open again.',
            kind: 'danger',
            path: path('roll-back'),
          },
        ] as const)
      : []),
  ];
}
