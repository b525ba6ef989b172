/**
 * What a directory holds, as getdents64(2) wrote it: names stay where the kernel put them, so that a file is opened
 * by the directory's descriptor and the address of its name. `fs.readdirSync` sorts them and makes two objects of
 * each, and a whole path is walked again for every file. Record layout: linux/dirent.h, the same everywhere.
 */
import { lastError, pinned, syscall } from './libc.ts';

export type Kind = 'directory' | 'file' | 'other';

/** @param name one character for each byte (paths.ts) @param address of the name, until the next call */
export type OnName = (name: string, kind: Kind, address: number) => void;

/** One reading tells of some hundred names; of larger directories it takes several. */
const BUFFER_BYTES = 32_768;
const RECORD_LENGTH = 16;
const TYPE = 18;
const NAME = 19;
const DT_UNKNOWN = 0;
const DT_DIRECTORY = 4;
const DT_REGULAR = 8;
/** asm/unistd.h: glibc has had a function for it since 2.30 only. */
const GETDENTS64 = process.arch === 'arm64' ? 61 : 217;

const buffer = pinned(BUFFER_BYTES);

/**
 * @param kindOf is asked where the file system does not say
 * @returns why the reading ended before the end of the directory
 */
export function namesIn(
  descriptor: number,
  kindOf: (name: string) => Kind,
  onName: OnName,
): string | undefined {
  const { bytes, address } = buffer;
  for (;;) {
    const length = Number(syscall(GETDENTS64, descriptor, address, BUFFER_BYTES));
    if (length === 0) return undefined;
    if (length < 0) return lastError();
    for (let at = 0; at < length; at += bytes.readUInt16LE(at + RECORD_LENGTH)) {
      const start = at + NAME;
      const name = bytes.toString('latin1', start, bytes.indexOf(0, start));
      if (name === '.' || name === '..') continue;
      const type = bytes[at + TYPE];
      onName(name, type === DT_UNKNOWN ? kindOf(name) : kindOfType(type), address + start);
    }
  }
}

function kindOfType(type: number | undefined): Kind {
  if (type === DT_REGULAR) return 'file';
  return type === DT_DIRECTORY ? 'directory' : 'other';
}
