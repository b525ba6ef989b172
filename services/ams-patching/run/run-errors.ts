import { defineErrors, entry } from '@demarc/platform/errors';

export const runErrors = defineErrors({
  PATCH_JOB_INVALID: entry<{ because: string }>({
    says: ({ because }) => `This is no patch job: ${because}`,
    fix: 'Correct the document; services/ams-patching/run/JOB.md says what each field means, examples/patch-job.json is one.',
    status: 400,
    retryable: false,
  }),
  PATCH_JOB_CHANGED: entry<{ id: string }>({
    says: ({ id }) => `Job ${id} was begun on this host as another document.`,
    fix: 'Hand over the document that it was begun with, or give the new one an id of its own.',
    status: 409,
    retryable: false,
  }),
  PATCH_ROOT_UNUSABLE: entry<{ root: string; because: string }>({
    says: ({ root, because }) => `Nothing can be patched below ${root}: ${because}`,
    fix: 'Name the root of a system by its absolute path; patching needs the rights of root.',
    status: 400,
    retryable: false,
  }),
  PATCH_MANAGER_MISSING: entry<{ program: string; because: string }>({
    says: ({ program, because }) => `${program} could not be asked what is installed: ${because}`,
    fix: 'Name the manager in the job that this host has: apt, dnf, zypper or apk.',
    status: 409,
    retryable: false,
  }),
  PATCH_MANAGER_BUSY: entry<{ because: string }>({
    says: ({ because }) => `Somebody else is at work with the package manager: ${because}`,
    fix: 'Wait until they are done, then run the same command again; lockWaitSeconds of the job says how long it waits itself.',
    status: 409,
    retryable: true,
  }),
  PATCH_REPOSITORIES_SILENT: entry<{ because: string }>({
    says: ({ because }) => `The repositories of this machine did not answer: ${because}`,
    fix: 'Look at its network and at its list of repositories, then ask again.',
    status: 502,
    retryable: true,
  }),
  PATCH_JOURNAL_DAMAGED: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `What was done so far cannot be told from ${file}: ${because}`,
    fix: 'Look at what is installed, move the file away, and plan what is left as a new job.',
    status: 500,
    retryable: false,
  }),
  PATCH_JOURNAL_NOT_WRITTEN: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `What is done cannot be noted in ${file}, so nothing more is: ${because}`,
    fix: 'Make room on that disk, then hand over the same document again: it is settled and gone on with.',
    status: 507,
    retryable: true,
  }),
  PATCH_OUTPUT_UNREADABLE: entry<{ program: string; because: string }>({
    says: ({ program, because }) => `What ${program} printed is not understood: ${because}`,
    fix: 'Nothing was applied because of it. Run the same program by hand, and tell us what it prints.',
    status: 500,
    retryable: false,
  }),
  PATCH_ARCHIVE_UNREADABLE: entry<{ archive: string; because: string }>({
    says: ({ archive, because }) => `${archive} cannot be read: ${because}`,
    fix: 'Look at the repository that it came from; apt-get clean takes away a damaged copy on this host.',
    status: 409,
    retryable: true,
  }),
  PATCH_MANIFEST_TOO_LARGE: entry<{ entries: number }>({
    says: ({ entries }) =>
      `The job would change more than ${entries} files, which is more than a manifest names.`,
    fix: 'Divide the job into several.',
    status: 413,
    retryable: false,
  }),
  PATCH_MANIFEST_NOT_MADE: entry<{ manager: string }>({
    says: ({ manager }) => `Which files ${manager} is about to change cannot be told before it does.`,
    fix: 'Have the job carried out without a manifest: it says so, and its changes are announced to nobody.',
    status: 409,
    retryable: false,
  }),
});
