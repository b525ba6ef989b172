/** The users engines run as, and the directories they may write. */
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
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

/** Makes a directory that only `owner` (or the caller) may enter. */
export function privateDirectory(path: string, owner: SystemUser | undefined, mode = 0o700): void {
  mkdirSync(path, { recursive: true, mode });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}
