/**
 * Door: what is about to change on this host, from who changes it to who watches files. A directory of root's alone, one
 * file for each job: it outlives both of them and a reboot, so that a change that is only found days later is explained
 * as well as one that is seen at once.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ChangeManifest } from '../contract/patching.ts';
import { replaceFile } from '../files/files.ts';

export const CHANGES_DIRECTORY = '/var/lib/demarc/changes';
const SUFFIX = '.changes.json';
/** A week lies between two verifications of an integrity baseline at most. */
const KEPT_MS = 8 * 86_400_000;
const MANIFESTS_MAX = 64;
/** Of all that is read together, the newest first: one job of 200,000 files. */
const BYTES_MAX = 33_554_432;
/** The times of directories are not finer than the kernel's tick; what was written just now may be followed by more. */
const TICK_MS = 50;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * On disk when it returns. The same job again replaces what it said before; what is long over is forgotten.
 *
 * @throws what the system says (ENOSPC, EACCES)
 */
export function announceChanges(manifest: ChangeManifest, directory = CHANGES_DIRECTORY): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  forgetOld(directory, nameOf(manifest.jobId));
  replaceFile(join(directory, nameOf(manifest.jobId)), JSON.stringify(ChangeManifest.parse(manifest)));
}

function forgetOld(directory: string, but: string): void {
  const others = namesIn(directory).filter(({ name }) => name !== but);
  for (const [index, { name, atMs }] of others.entries())
    if (index >= MANIFESTS_MAX - 1 || atMs < Date.now() - KEPT_MS)
      rmSync(join(directory, name), { recursive: true, force: true });
}

/** Of announcements, the one that was written last first. */
function namesIn(directory: string): readonly { readonly name: string; readonly atMs: number }[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => ({
      name,
      atMs: lstatSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.atMs - a.atMs);
}

/** A job's name is anything; that of its file is not. */
const nameOf = (jobId: string): string => `${encodeURIComponent(jobId)}${SUFFIX}`;

/** Reads again what was announced when the directory says that it changed. */
export class AnnouncedChanges {
  readonly #directory: string;
  readonly #unread: (name: string, because: string) => void;
  #readAtMs = 0;
  #changedAtMs = -1;
  #manifests: readonly ChangeManifest[] = [];

  /** @param unread what lies there and is not believed, or too much; said once for each change of the directory */
  constructor(unread: (name: string, because: string) => void, directory = CHANGES_DIRECTORY) {
    this.#directory = directory;
    this.#unread = unread;
  }

  /** Newest first. One call of the system where nothing changed. */
  manifests(): readonly ChangeManifest[] {
    const changedAtMs = statSync(this.#directory, { throwIfNoEntry: false })?.mtimeMs ?? -1;
    if (changedAtMs === this.#changedAtMs && this.#readAtMs - changedAtMs > TICK_MS) return this.#manifests;
    this.#readAtMs = Date.now();
    if (changedAtMs === -1) this.#manifests = [];
    else {
      const isTold = changedAtMs === this.#changedAtMs;
      this.#manifests = manifestsIn(this.#directory, isTold ? () => undefined : this.#unread);
    }
    this.#changedAtMs = changedAtMs;
    return this.#manifests;
  }
}

function manifestsIn(
  directory: string,
  unread: (name: string, because: string) => void,
): readonly ChangeManifest[] {
  const found: ChangeManifest[] = [];
  let bytes = 0;
  try {
    if (isOthers(statSync(directory))) {
      unread(directory, 'others may write into it');
      return [];
    }
    for (const { name } of namesIn(directory)) {
      const read =
        found.length < MANIFESTS_MAX ? readOne(join(directory, name), BYTES_MAX - bytes) : 'one too many';
      if (typeof read === 'string') unread(name, read);
      else {
        found.push(read.manifest);
        bytes += read.bytes;
      }
    }
  } catch (error) {
    unread(directory, String(error));
  }
  return found.sort((a, b) => b.fromMs - a.fromMs);
}

/**
 * By its descriptor: what is looked at is what is read, and no more of it than was looked at.
 *
 * @returns why not
 */
function readOne(
  file: string,
  bytesMax: number,
): { readonly manifest: ChangeManifest; readonly bytes: number } | string {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || isOthers(stats)) return 'it is no file of ours alone';
      if (stats.size > bytesMax) return `it is larger than ${bytesMax} bytes`;
      const bytes = Buffer.alloc(stats.size);
      const length = readSync(fd, bytes, 0, stats.size, 0);
      const { data, error } = ChangeManifest.safeParse(JSON.parse(bytes.toString('utf8', 0, length)));
      return data === undefined ? z.prettifyError(error) : { manifest: data, bytes: length };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return String(error);
  }
}

/** Whoever may write it may explain away what they changed. */
function isOthers({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return uid !== process.getuid?.() || (mode & WRITABLE_BY_OTHERS) !== 0;
}
