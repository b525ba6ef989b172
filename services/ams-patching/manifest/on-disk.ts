/** What is on the disk of a root before anything is changed: digests, and where a path really leads. */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

const LINKS_MAX = 40;
const CHUNK = 1_048_576;

export interface OnDisk {
  readonly type: 'file' | 'symlink' | 'directory' | 'other';
  readonly sha256?: string;
  readonly md5?: string;
  readonly target?: string;
}

/** Undefined where nothing is. The path's directories hold no link (`Tree.real`). */
export function onDisk(root: string, path: string): OnDisk | undefined {
  const at = join(root, path);
  const stats = statsOf(at);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return { type: 'symlink', target: readlinkSync(at) };
  if (stats.isDirectory()) return { type: 'directory' };
  if (!stats.isFile()) return { type: 'other' };
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  const fd = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK, Math.max(1, stats.size)));
    for (let count = readSync(fd, chunk); count > 0; count = readSync(fd, chunk)) {
      sha256.update(chunk.subarray(0, count));
      md5.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
  return { type: 'file', sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Paths of packages as the kernel knows them: `/lib/x` is `/usr/lib/x` where /lib is a link. */
export class Tree {
  readonly #root: string;
  readonly #directories = new Map<string, string>([['/', '/']]);

  constructor(root: string) {
    this.#root = root;
  }

  real(path: string): string {
    return path === '/' ? path : join(this.#directory(dirname(path), 0), basename(path));
  }

  #directory(path: string, links: number): string {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const at = join(this.#directory(dirname(path), links), basename(path));
    const stats = statsOf(join(this.#root, at));
    let real = at;
    if (stats?.isSymbolicLink() === true && links < LINKS_MAX) {
      const target = readlinkSync(join(this.#root, at));
      // Above the root is the root: normalize keeps it there.
      real = this.#directory(
        normalize(target.startsWith('/') ? target : join(dirname(at), target)),
        links + 1,
      );
    }
    this.#directories.set(path, real);
    return real;
  }
}
