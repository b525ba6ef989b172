/**
 * Locks of files that package managers respect, held for a whole job.
 *
 * Locks of an open file description (fcntl(2), F_OFD_SETLK) keep out whoever takes an ordinary record lock, as apt and
 * dpkg do, and stay with a program that is handed the descriptor: when we are killed, apt-get is still at work, and the
 * next start waits for it. An ordinary lock would be gone with us.
 */
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';

const fcntl = koffi.load('libc.so.6').func('int fcntl(int, int, void*)') as (
  fd: number,
  command: number,
  lock: Uint8Array,
) => number;

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
const F_UNLCK = 2;
const ATTEMPT_MS = 200;
const PROCESSES_MAX = 65_536;

/** `struct flock` of 64-bit Linux: type, whence, start, length, pid. Zero to zero is the whole file. */
function whole(): Buffer {
  const lock = Buffer.alloc(32);
  lock.writeInt16LE(F_WRLCK, 0);
  return lock;
}

export interface Held extends Disposable {
  readonly descriptors: readonly number[];
}

/**
 * All of them, or none.
 *
 * @param alsoFree files whose locks are only waited for: whoever holds them is not done yet
 * @returns who holds one, as a sentence, when that did not end in `waitMs`
 */
export async function hold(
  paths: readonly string[],
  alsoFree: readonly string[],
  waitMs: number,
): Promise<Held | string> {
  const descriptors: number[] = [];
  const release = (): void => {
    for (const fd of descriptors.splice(0)) closeSync(fd);
  };
  const deadline = performance.now() + waitMs;
  try {
    for (const path of [...paths, ...alsoFree]) {
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
      descriptors.push(fd);
      while (fcntl(fd, F_OFD_SETLK, whole()) !== 0) {
        const holder = holderOf(fd, path);
        if (holder !== undefined && performance.now() >= deadline) {
          release();
          return `${path} is held by ${holder}`;
        }
        await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
      }
    }
    // Whoever works for us takes these itself.
    for (const fd of descriptors.splice(paths.length)) closeSync(fd);
    return { descriptors, [Symbol.dispose]: release };
  } catch (error) {
    release();
    if (error instanceof Error && 'syscall' in error) return error.message;
    throw error;
  }
}

/** Undefined when it was let go meanwhile. */
function holderOf(fd: number, path: string): string | undefined {
  const lock = whole();
  if (fcntl(fd, F_OFD_GETLK, lock) !== 0 || lock.readInt16LE(0) === F_UNLCK) return undefined;
  const pid = lock.readInt32LE(24);
  // A lock of an open file description has no process; whoever has the file open is shown instead.
  const found = pid > 0 ? pid : openedBy(path);
  return found === undefined
    ? 'a process that cannot be seen from here'
    : `process ${found} (${nameOf(found)})`;
}

function nameOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim();
    return (line === '' ? readFileSync(`/proc/${pid}/comm`, 'utf8').trim() : line).slice(0, 200);
  } catch {
    return 'ended meanwhile';
  }
}

function openedBy(path: string): number | undefined {
  for (const entry of readdirSync('/proc').slice(0, PROCESSES_MAX)) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`))
        if (readlinkSync(`/proc/${entry}/fd/${fd}`) === path) return Number(entry);
    } catch {
      // It ended, or is not ours to look at.
    }
  }
  return undefined;
}
