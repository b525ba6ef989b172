/**
 * The journal's export format: fields `NAME=value`, or the name alone and then a length and that many bytes; an
 * empty line ends an entry. Each entry becomes JSON with the fields as texts; a field that is there several times
 * is a list, as `journalctl -o json` writes it.
 *
 * @see https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
const LF = 0x0a;
const EQUALS = 0x3d;
const LENGTH_BYTES = 8;

export interface Entries {
  readonly texts: readonly string[];
  /** Behind the last entry that ended. */
  readonly consumed: number;
}

/** @param isQuiet no more will come: an entry without its empty line is one, too */
export function journalEntries(bytes: Buffer, isQuiet: boolean): Entries {
  const texts: string[] = [];
  let consumed = 0;
  let entry: Record<string, string | string[]> = {};
  let isEmpty = true;
  const close = (at: number): void => {
    if (!isEmpty) texts.push(JSON.stringify(entry));
    entry = {};
    isEmpty = true;
    consumed = at;
  };
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === LF) {
      at += 1;
      close(at);
      continue;
    }
    const field = fieldAt(bytes, at);
    if (field === undefined) break;
    add(entry, field.name, field.value);
    isEmpty = false;
    at = field.end;
  }
  if (isQuiet && at >= bytes.length) close(at);
  return { texts, consumed };
}

interface Field {
  readonly name: string;
  readonly value: string;
  readonly end: number;
}

/** Undefined when it is not there as a whole. */
function fieldAt(bytes: Buffer, at: number): Field | undefined {
  const end = bytes.indexOf(LF, at);
  if (end === -1) return undefined;
  const equals = bytes.indexOf(EQUALS, at);
  if (equals !== -1 && equals < end)
    return {
      name: bytes.toString('utf8', at, equals),
      value: bytes.toString('utf8', equals + 1, end),
      end: end + 1,
    };
  const start = end + 1 + LENGTH_BYTES;
  if (start > bytes.length) return undefined;
  const length = Number(bytes.readBigUInt64LE(end + 1));
  if (start + length + 1 > bytes.length) return undefined;
  return {
    name: bytes.toString('utf8', at, end),
    value: bytes.toString('utf8', start, start + length),
    end: start + length + 1,
  };
}

function add(entry: Record<string, string | string[]>, name: string, value: string): void {
  const there = Object.hasOwn(entry, name) ? entry[name] : undefined;
  const next = there === undefined ? value : [there, value].flat();
  Object.defineProperty(entry, name, { value: next, enumerable: true, configurable: true, writable: true });
}
