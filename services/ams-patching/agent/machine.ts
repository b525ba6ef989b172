/** What the room works on; a test has a system in a directory, and little patience. */
import { existsSync } from 'node:fs';
import { CHANGES_DIRECTORY } from '@demarc/platform/changes';

export interface Machine {
  /** Of the system that is patched. */
  readonly root: string;
  /** Of the jobs' journals: where `demarc patch` has them too. */
  readonly journals: string;
  readonly changes: string;
  readonly hasSystemd: boolean;
  /** How often it is looked how far a process is, and whether a window is open. */
  readonly lookEveryMs: number;
  /** After an attempt that came to nothing because somebody else was at work, or crashed. */
  readonly retryMs: number;
}

export const thisMachine = (): Machine => ({
  root: '/',
  journals: '/var/lib/demarc/patching',
  changes: CHANGES_DIRECTORY,
  // As sd_booted(3) looks.
  hasSystemd: existsSync('/run/systemd/system'),
  lookEveryMs: 1_000,
  retryMs: 60_000,
});
