/** Every extended attribute of a file: ACL, capabilities, SELinux label among them; values in hex. */
import { fgetxattr, flistxattr, lgetxattr, lgetxattrBytes, llistxattr, llistxattrBytes } from './libc.ts';

export type Xattrs = Readonly<Record<string, string>>;

export const NO_XATTRS: Xattrs = Object.freeze({});

const LIST_BYTES_MAX = 65_536;
const VALUE_BYTES_MAX = 65_536;
/** The kernel takes memory for as much as it is asked for: most files have none, or an ACL and a label. */
const LIST_BYTES_USUAL = 256;

const list = Buffer.allocUnsafeSlow(LIST_BYTES_MAX);
const value = Buffer.allocUnsafeSlow(VALUE_BYTES_MAX);

/** Of the path itself, not of what a link leads to. */
export function xattrsAt(path: string, at: string | Buffer): Xattrs {
  if (typeof at === 'string') {
    return xattrs(
      (bytes) => Number(llistxattr(at, list, bytes)),
      (name) => Number(lgetxattr(at, name, value, value.length)),
    );
  }
  const terminated = Buffer.from(`${path}\0`, 'latin1');
  return xattrs(
    (bytes) => Number(llistxattrBytes(terminated, list, bytes)),
    (name) => Number(lgetxattrBytes(terminated, name, value, value.length)),
  );
}

export function xattrsOf(descriptor: number): Xattrs {
  return xattrs(
    (bytes) => Number(flistxattr(descriptor, list, bytes)),
    (name) => Number(fgetxattr(descriptor, name, value, value.length)),
  );
}

/**
 * @param names leaves the names in `list`, in so many bytes at most, and returns their length, or -1
 * @param get leaves the value in `value` and returns its length, or -1
 */
function xattrs(names: (bytes: number) => number, get: (name: string) => number): Xattrs {
  let listBytes = names(LIST_BYTES_USUAL);
  if (listBytes === 0) return NO_XATTRS;
  // Too many for so little room, or none to be had.
  if (listBytes < 0) listBytes = names(LIST_BYTES_MAX);
  if (listBytes <= 0) return NO_XATTRS;
  const found: Record<string, string> = {};
  for (const name of list
    .toString('latin1', 0, listBytes - 1)
    .split('\0')
    .sort()) {
    const size = get(name);
    if (size >= 0) found[name] = value.toString('hex', 0, size);
  }
  return found;
}
