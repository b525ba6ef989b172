/**
 * What statx(2) says of an open file, left where the kernel wrote it: a scan asks twice for each file, and the
 * objects that `fs.fstatSync` makes of it cost as much as asking. Field offsets: linux/stat.h, the same on
 * every architecture.
 */
import type { Attributes } from './entry.ts';
import { pinned, statx } from './libc.ts';

const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const AT_EMPTY_PATH = 0x1000;
const TWO_TO_32 = 4_294_967_296;
/** Offsets in words of four bytes. */
const NLINK = 4;
const UID = 5;
const GID = 6;
const MODE = 7;
const INO = 8;
const SIZE = 10;
const CTIME = 24;
const MTIME = 28;
const DEV_MAJOR = 34;
const DEV_MINOR = 35;
/** Of a time: seconds in two words, nanoseconds in the third. */
const TIME_WORDS = 3;

const emptyPath = pinned(1);

export class FileState implements Attributes {
  readonly #memory = pinned(STATX_BYTES);
  readonly #words = new Uint32Array(this.#memory.bytes.buffer);

  /** Whether the kernel answered. */
  read(descriptor: number): boolean {
    return statx(descriptor, emptyPath.address, AT_EMPTY_PATH, STATX_BASIC_STATS, this.#memory.address) === 0;
  }

  set(other: FileState): void {
    this.#words.set(other.#words);
  }

  /** The change time, too: nobody can set that one back. */
  isSame(other: FileState): boolean {
    return (
      this.#sameWords(other, SIZE, 2) &&
      this.#sameWords(other, CTIME, TIME_WORDS) &&
      this.#sameWords(other, MTIME, TIME_WORDS)
    );
  }

  get isFile(): boolean {
    return (this.mode & 0o170000) === 0o100000;
  }

  get mode(): number {
    return this.#word(MODE) & 0xffff;
  }

  get uid(): number {
    return this.#word(UID);
  }

  get gid(): number {
    return this.#word(GID);
  }

  get size(): number {
    return this.#long(SIZE);
  }

  get mtimeMs(): number {
    return this.#time(MTIME);
  }

  get ctimeMs(): number {
    return this.#time(CTIME);
  }

  get ino(): number {
    return this.#long(INO);
  }

  /** As makedev(3) puts them together. */
  get dev(): number {
    const [major, minor] = [this.#word(DEV_MAJOR), this.#word(DEV_MINOR)];
    const high = Math.floor(major / 0x1000) * TWO_TO_32 * 0x1000 + Math.floor(minor / 0x100) * 0x100000;
    return high + (major & 0xfff) * 0x100 + (minor & 0xff);
  }

  get nlink(): number {
    return this.#word(NLINK);
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }

  #long(at: number): number {
    return this.#word(at + 1) * TWO_TO_32 + this.#word(at);
  }

  /** Seconds may lie before 1970. */
  #time(at: number): number {
    return ((this.#word(at + 1) | 0) * TWO_TO_32 + this.#word(at)) * 1_000 + this.#word(at + 2) / 1_000_000;
  }

  #sameWords(other: FileState, at: number, count: number): boolean {
    for (let index = at; index < at + count; index += 1)
      if (this.#word(index) !== other.#word(index)) return false;
    return true;
  }
}
