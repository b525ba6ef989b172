/**
 * systemd's journal export format: entries apart by an empty line, each field `NAME=text` on a line, or, where
 * the value has bytes that a line cannot hold, `NAME`, its length in eight bytes little-endian, and the value.
 *
 * Reads as the bytes come; bounded, so that a stream that is something else cannot fill the memory.
 *
 * @see https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
import { own } from '../../syslog/record.ts';

/** A value of bytes that are no UTF-8 is a list of numbers, as in journalctl's JSON. */
export type JournalEntry = Record<
  string,
  string | readonly number[] | readonly (string | readonly number[])[]
>;

export interface JournalBounds {
  /** Of one entry, names included. */
  readonly entryBytesMax: number;
  readonly fieldsMax: number;
}
/** journald itself refuses entries of more than 1,024 fields; core dumps are larger than any event here. */
const BOUNDS: JournalBounds = { entryBytesMax: 1_048_576, fieldsMax: 1_024 };
const NEWLINE = 10;
const EQUALS = 61;

export class JournalExportReader {
  readonly #bounds: JournalBounds;
  #rest: Buffer = Buffer.alloc(0);
  #entry: JournalEntry = {};
  #fields = 0;
  #bytes = 0;
  #isTooLarge = false;
  /** Entries left out because they exceed a bound; the caller counts them as refused. */
  tooLargeCount = 0;

  constructor(bounds: Partial<JournalBounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /** @returns the entries that these bytes complete */
  push(bytes: Uint8Array): JournalEntry[] {
    const input = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const entries: JournalEntry[] = [];
    let at = 0;
    for (;;) {
      const next = this.#field(input, at, entries);
      if (next < 0) break;
      at = next;
    }
    this.#rest = input.subarray(at);
    // Half a field longer than an entry may be: what there is of it is dropped, the entry counted.
    if (this.#rest.length > this.#bounds.entryBytesMax) {
      this.#rest = Buffer.alloc(0);
      this.#isTooLarge = true;
    }
    return entries;
  }

  /** The entry that no empty line ended, at the end of a file. */
  flush(): JournalEntry[] {
    const entries: JournalEntry[] = [];
    this.push(Buffer.from('\n')).forEach((entry) => entries.push(entry));
    this.#end(entries);
    this.#rest = Buffer.alloc(0);
    return entries;
  }

  /** Reads one field at `at`; @returns behind it, or -1 when it is not whole yet. */
  #field(input: Buffer, at: number, entries: JournalEntry[]): number {
    const end = input.indexOf(NEWLINE, at);
    if (end < 0) return -1;
    if (end === at) {
      this.#end(entries);
      return end + 1;
    }
    const equals = input.indexOf(EQUALS, at);
    if (equals >= 0 && equals < end) {
      this.#set(input.toString('latin1', at, equals), input.subarray(equals + 1, end));
      return end + 1;
    }
    if (input.length < end + 9) return -1;
    const length = input.readBigUInt64LE(end + 1);
    const name = input.toString('latin1', at, end);
    if (length > BigInt(this.#bounds.entryBytesMax)) {
      // No such field exists in a journal that anybody keeps: read on behind the length.
      this.#isTooLarge = true;
      return end + 9;
    }
    const valueEnd = end + 9 + Number(length);
    if (input.length < valueEnd + 1) return -1;
    this.#set(name, input.subarray(end + 9, valueEnd));
    return valueEnd + 1;
  }

  #set(name: string, value: Buffer): void {
    this.#fields += 1;
    this.#bytes += name.length + value.length;
    if (this.#fields > this.#bounds.fieldsMax || this.#bytes > this.#bounds.entryBytesMax) {
      this.#isTooLarge = true;
      return;
    }
    const decoded = textOrBytes(value);
    const before = Object.hasOwn(this.#entry, name) ? this.#entry[name] : undefined;
    if (before === undefined) own(this.#entry, name, decoded);
    else if (Array.isArray(before) && typeof before[0] !== 'number')
      own(this.#entry, name, [...(before as readonly string[]), decoded] as JournalEntry[string]);
    else own(this.#entry, name, [before, decoded] as JournalEntry[string]);
  }

  #end(entries: JournalEntry[]): void {
    if (this.#isTooLarge) this.tooLargeCount += 1;
    else if (this.#fields > 0) entries.push(this.#entry);
    this.#entry = {};
    this.#fields = 0;
    this.#bytes = 0;
    this.#isTooLarge = false;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOrBytes(value: Buffer): string | readonly number[] {
  try {
    return utf8.decode(value);
  } catch {
    return [...value];
  }
}
