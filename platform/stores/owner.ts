/** The users engines run as, and the directories they may write. */
import { closeSync, constants, fchownSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { storesErrors } from './errors.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** @throws STORES_USER_MISSING */
export function systemUser(name: string): SystemUser {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw storesErrors.make('STORES_USER_MISSING', { user: name });
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** Only root can run a child as somebody else; anyone else runs everything as themselves. */
export function engineUser(name: string): SystemUser | undefined {
  return process.getuid?.() === 0 ? systemUser(name) : undefined;
}

/**
 * Makes a directory that only `owner` (or the caller) may enter.
 *
 * A link is not followed: who owns the directory above could lead root to any other one, and be given that.
 *
 * @throws STORES_DIRECTORY_IS_LINK
 */
export function privateDirectory(path: string, owner: SystemUser | undefined, mode = 0o700): void {
  mkdirSync(path, { recursive: true, mode });
  if (owner === undefined) return;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' || code === 'ENOTDIR') throw storesErrors.make('STORES_DIRECTORY_IS_LINK', { path });
    throw error;
  }
  try {
    fchownSync(fd, owner.uid, owner.gid);
  } finally {
    closeSync(fd);
  }
}
