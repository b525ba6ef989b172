/** Reads what fanotify(7) writes: event metadata, then information records with file handles and names. */

export interface FanotifyEvent {
  readonly mask: number;
  readonly pid: number;
  readonly infos: readonly FanotifyInfo[];
}

export interface FanotifyInfo {
  readonly type: number;
  /** File system id and handle, as one latin1 string: the key of the directory. */
  readonly key: string;
  /** The struct file_handle itself. */
  readonly handle: Buffer;
  /** Name in the directory, one character a byte. */
  readonly name: string;
}

/** linux/fanotify.h: which directory and name the record means. */
export const INFO = { DFID_NAME: 2, OLD_DFID_NAME: 10, NEW_DFID_NAME: 12 } as const;

const METADATA_BYTES = 24;
const HANDLE_HEADER_BYTES = 8;

/** Events in `bytes`, of which the first `length` were filled by read(2). */
export function* parseEvents(bytes: Buffer, length: number): Generator<FanotifyEvent> {
  let at = 0;
  while (at + METADATA_BYTES <= length) {
    const eventLength = bytes.readUInt32LE(at);
    if (eventLength < METADATA_BYTES || at + eventLength > length) return;
    const infos: FanotifyInfo[] = [];
    let info = at + bytes.readUInt16LE(at + 6);
    const end = at + eventLength;
    while (info + 4 <= end) {
      const type = bytes[info] ?? 0;
      const infoLength = bytes.readUInt16LE(info + 2);
      if (infoLength < 4 || info + infoLength > end) break;
      if (type === INFO.DFID_NAME || type === INFO.OLD_DFID_NAME || type === INFO.NEW_DFID_NAME) {
        const handleStart = info + 12;
        const handleEnd = handleStart + HANDLE_HEADER_BYTES + bytes.readUInt32LE(handleStart);
        const nameEnd = bytes.indexOf(0, handleEnd);
        infos.push({
          type,
          key: bytes.toString('latin1', info + 4, handleEnd),
          handle: bytes.subarray(handleStart, handleEnd),
          name: bytes.toString(
            'latin1',
            handleEnd,
            nameEnd === -1 || nameEnd > info + infoLength ? info + infoLength : nameEnd,
          ),
        });
      }
      info += infoLength;
    }
    yield { mask: bytes.readUInt32LE(at + 8), pid: bytes.readInt32LE(at + 20), infos };
    at = end;
  }
}
