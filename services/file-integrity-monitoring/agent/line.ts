/** An entry as one line of the baseline file, and back. A JSON array: half the size of an object. */
import { type Entry, TYPES } from './entry.ts';

type Fields = readonly [
  path: string,
  type: number,
  mode: number,
  uid: number,
  gid: number,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  ino: number,
  dev: number,
  nlink: number,
  sha256: string,
  target: string,
  xattrs: Readonly<Record<string, string>> | 0,
  unread: string,
];

export function toLine(entry: Entry): string {
  const xattrs = Object.keys(entry.xattrs).length === 0 ? 0 : entry.xattrs;
  const fields: Fields = [
    entry.path,
    TYPES.indexOf(entry.type),
    entry.mode,
    entry.uid,
    entry.gid,
    entry.size,
    entry.mtimeMs,
    entry.ctimeMs,
    entry.ino,
    entry.dev,
    entry.nlink,
    entry.sha256,
    entry.target,
    xattrs,
    entry.unread,
  ];
  return JSON.stringify(fields);
}

export function fromLine(line: string): Entry {
  const [
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtimeMs,
    ctimeMs,
    ino,
    dev,
    nlink,
    sha256,
    target,
    xattrs,
    unread,
  ] = JSON.parse(line) as Fields;
  return {
    path,
    type: TYPES[type] ?? 'unknown',
    mode,
    uid,
    gid,
    size,
    mtimeMs,
    ctimeMs,
    ino,
    dev,
    nlink,
    sha256,
    target,
    xattrs: xattrs === 0 ? {} : xattrs,
    unread,
  };
}

/** Only the path of a line: a thousand times as many are asked for that as for the rest. */
export function pathOfLine(line: string): string {
  const end = line.indexOf('",');
  const path = line.slice(2, end);
  // An escape may be a quote: then the slow way.
  return path.includes('\\') ? fromLine(line).path : path;
}
