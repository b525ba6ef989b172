/**
 * A file that came and went before it could be looked at: nothing of it can be read any more, but the kernel
 * said that it was there and who made it, and that is told.
 */
import type { Change } from './compare.ts';
import type { Entry } from './entry.ts';

export const VANISHED = 'it was gone before it could be read';

/** Created and deleted, as two changes: each has a process of its own. */
export function vanished(
  path: string,
  isDirectory: boolean,
  atMs: { readonly first: number; readonly last: number },
): { readonly created: Change; readonly deleted: Change } {
  const entry = (ctimeMs: number): Entry => ({
    path,
    type: isDirectory ? 'directory' : 'unknown',
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeMs: ctimeMs,
    ctimeMs,
    ino: 0,
    dev: 0,
    nlink: 0,
    sha256: '',
    target: '',
    xattrs: {},
    unread: VANISHED,
  });
  const of = (kind: 'created' | 'deleted', ctimeMs: number): Change => ({
    kind,
    entry: entry(ctimeMs),
    before: undefined,
    aspects: [],
    fromPath: undefined,
  });
  return { created: of('created', atMs.first), deleted: of('deleted', atMs.last) };
}
