/** What changed between two readings of one path. */
import type { Entry } from './entry.ts';

export const ASPECTS = [
  'content',
  'mode',
  'owner',
  'group',
  'type',
  'target',
  'xattrs',
  'links',
  'inode',
  'modified',
  'readability',
] as const;
export type Aspect = (typeof ASPECTS)[number];

export type ChangeKind = 'created' | 'deleted' | 'changed' | 'renamed';

export interface Change {
  readonly kind: ChangeKind;
  /** What it is now; for a deletion, what it was. */
  readonly entry: Entry;
  readonly before: Entry | undefined;
  readonly aspects: readonly Aspect[];
  /** Where it was before a rename. */
  readonly fromPath: string | undefined;
}

/** Undefined when nothing changed that matters. Times alone do not: they move without anyone's hand. */
export function compare(before: Entry | undefined, now: Entry | undefined): Change | undefined {
  if (now === undefined) {
    return before === undefined
      ? undefined
      : { kind: 'deleted', entry: before, before, aspects: [], fromPath: undefined };
  }
  if (before === undefined)
    return { kind: 'created', entry: now, before: undefined, aspects: [], fromPath: undefined };
  const aspects = aspectsOf(before, now);
  return aspects.length === 0
    ? undefined
    : { kind: 'changed', entry: now, before, aspects, fromPath: undefined };
}

function aspectsOf(before: Entry, now: Entry): readonly Aspect[] {
  const aspects: Aspect[] = [];
  if (before.type !== now.type) aspects.push('type');
  if (before.sha256 !== now.sha256 && before.sha256 !== '' && now.sha256 !== '') aspects.push('content');
  // Files that are not hashed are judged by size and time: that is all there is.
  else if (
    now.type === 'file' &&
    now.sha256 === '' &&
    (before.size !== now.size || before.mtimeMs !== now.mtimeMs)
  )
    aspects.push('content');
  if (before.mode !== now.mode) aspects.push('mode');
  if (before.uid !== now.uid) aspects.push('owner');
  if (before.gid !== now.gid) aspects.push('group');
  if (before.target !== now.target) aspects.push('target');
  if (!sameXattrs(before.xattrs, now.xattrs)) aspects.push('xattrs');
  if (now.type === 'file' && before.nlink !== now.nlink) aspects.push('links');
  // Another inode with the same content is a file put in the place of the old one: editors do it, attackers too.
  if (before.ino !== now.ino || before.dev !== now.dev) aspects.push('inode');
  if (before.unread !== now.unread) aspects.push('readability');
  return aspects;
}

function sameXattrs(a: Entry['xattrs'], b: Entry['xattrs']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
