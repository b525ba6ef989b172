/**
 * How records are found in a file. Files that grow are cut behind the last record that ended; files that come
 * whole (CloudTrail's, event logs) are taken apart when they are complete.
 */
import type { RecordFormat, SourceSettings } from '@demarc/platform/contract/intake';
import { linesOf } from '../framing/lines.ts';
import { BoundsList } from '../record.ts';
import { journalEntries } from './journal-export.ts';

export type FileFormat = Extract<SourceSettings, { readonly kind: 'file' }>['format'];

export interface Cut {
  readonly format: RecordFormat;
  readonly bytes: Buffer;
  readonly bounds: Uint32Array;
  /** How far the file's own bytes are done with. */
  readonly consumed: number;
  readonly tooLong: readonly Uint8Array[];
}

/** Gives the records of an event log file as JSON texts. Handed in, for the parser is elsewhere. */
export type ReadEvtx = (file: Buffer) => Iterable<string>;

const LF = 0x0a;
const AUDIT_ID = /msg=(audit\([^)]*\))/;

export const isWhole = (format: FileFormat): boolean => format === 'cloudtrail' || format === 'evtx';

/**
 * Of bytes from a growing file.
 *
 * @param isQuiet nothing was added for a while: the last record will not go on
 */
export function cutGrowing(format: FileFormat, bytes: Buffer, isQuiet: boolean): Cut {
  if (format === 'journal') return fromTexts('journal', journalEntries(bytes, isQuiet));
  const end = bytes.lastIndexOf(LF) + 1;
  const whole = bytes.subarray(0, end);
  const { bounds, tooLong } = linesOf(whole);
  const lost = tooLong.map(([from, to]) => whole.subarray(from, to));
  if (format !== 'auditd') {
    const kind = format === 'json' ? 'json' : 'text';
    return { format: kind, bytes: whole, bounds, consumed: end, tooLong: lost };
  }
  const groups = auditGroups(whole, bounds, isQuiet);
  return { format: 'auditd', bytes: whole, ...groups, tooLong: lost };
}

/** Lines of one audit event share its serial number, and follow each other. */
function auditGroups(
  bytes: Buffer,
  lines: Uint32Array,
  isQuiet: boolean,
): { readonly bounds: Uint32Array; readonly consumed: number } {
  const groups = new BoundsList();
  let open: { id: string | undefined; start: number; end: number } | undefined;
  for (let at = 0; at < lines.length; at += 2) {
    const [start, end] = [lines[at] ?? 0, lines[at + 1] ?? 0];
    const id = AUDIT_ID.exec(bytes.toString('latin1', start, end))?.[1];
    if (open !== undefined && id !== undefined && open.id === id) open.end = end;
    else {
      if (open !== undefined) groups.add(open.start, open.end);
      open = { id, start, end };
    }
  }
  if (open === undefined) return { bounds: groups.take(), consumed: bytes.length };
  if (!isQuiet) return { bounds: groups.take(), consumed: open.start };
  groups.add(open.start, open.end);
  return { bounds: groups.take(), consumed: bytes.length };
}

/** Of a file that is there as a whole. @throws when it is not what its format says */
export function cutWhole(format: FileFormat, file: Buffer, readEvtx: ReadEvtx | undefined): Cut {
  if (format === 'evtx') {
    if (readEvtx === undefined) throw new Error('event log files cannot be read here yet');
    return fromTexts('evtx', { texts: [...readEvtx(file)], consumed: file.length });
  }
  const { Records: records } = JSON.parse(file.toString('utf8')) as { readonly Records?: unknown };
  if (!Array.isArray(records)) throw new Error('it has no Records');
  const texts = records.map((record) => JSON.stringify(record));
  return fromTexts('cloudtrail', { texts, consumed: file.length });
}

function fromTexts(
  format: RecordFormat,
  { texts, consumed }: { readonly texts: readonly string[]; readonly consumed: number },
): Cut {
  const bounds = new BoundsList();
  const parts: Buffer[] = [];
  let length = 0;
  for (const text of texts) {
    const part = Buffer.from(text);
    parts.push(part);
    bounds.add(length, length + part.length);
    length += part.length;
  }
  return { format, bytes: Buffer.concat(parts), bounds: bounds.take(), consumed, tooLong: [] };
}
