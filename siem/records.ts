/**
 * Reads the record lines of one exchange (`platform/link`): events for the road, evidence for whoever
 * judges it. A line that cannot be read is named by its place and loses nothing else.
 */
import { isUtf8 } from 'node:buffer';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { BATCH_RECORDS_MAX, RECORD_BYTES_MAX } from '@demarc/platform/link';
import type { Rejected } from './accept.ts';
import type { BatchEvent } from './carry.ts';
import { siemErrors } from './errors.ts';
import { ROW_BYTES_HINT } from './event-table.ts';

export interface Records {
  /** Parsed while it is iterated, and again each time; a line that is no JSON comes as its rejection. */
  readonly events: Iterable<BatchEvent | Rejected>;
  /** Unparsed beyond JSON: to be checked by whoever takes it. */
  readonly evidence: readonly { readonly index: number; readonly evidence: unknown }[];
  readonly malformed: readonly Rejected[];
  /** About how many bytes the events will take as rows. */
  readonly bytesHint: number;
}

interface Line {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;
const HEAD = Buffer.from('{"kind":"event","event":');

/**
 * @param body the decompressed lines, without the header; events keep a view of their part of it
 * @throws SIEM_BATCH_TOO_LARGE
 */
export function readRecords(body: Buffer): Records {
  const events: (Line | BatchEvent)[] = [];
  const evidence: { index: number; evidence: unknown }[] = [];
  const malformed: Rejected[] = [];
  const isText = isUtf8(body);
  for (const line of linesOf(body)) {
    const { index, start, end } = line;
    try {
      if (end - start > RECORD_BYTES_MAX) throw new Error(`longer than ${RECORD_BYTES_MAX} bytes`);
      if (!isText && !isUtf8(body.subarray(start, end))) throw new Error('not UTF-8');
      if (isEvent(body, line)) events.push(line);
      else {
        const record = recordOf(body.toString('utf8', start, end));
        if ('event' in record) events.push({ index, event: record.event });
        else evidence.push({ index, evidence: record.evidence });
      }
    } catch (error) {
      malformed.push(malformedLine(body, line, error));
    }
  }
  return {
    events: { [Symbol.iterator]: () => parsed(body, events) },
    evidence,
    malformed,
    bytesHint: body.length + events.length * ROW_BYTES_HINT,
  };
}

function* linesOf(body: Buffer): Generator<Line> {
  let index = 0;
  for (let start = 0; start < body.length; index += 1) {
    if (index >= BATCH_RECORDS_MAX)
      throw siemErrors.make('SIEM_BATCH_TOO_LARGE', { recordsMax: BATCH_RECORDS_MAX });
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    yield { index, start, end };
    start = end + 1;
  }
}

function* parsed(body: Buffer, events: readonly (Line | BatchEvent)[]): Generator<BatchEvent | Rejected> {
  for (const item of events) yield 'event' in item ? item : eventOf(body, item);
}

function isEvent(body: Buffer, { start, end }: Line): boolean {
  const from = start + HEAD.length;
  return (
    end - 1 > from && body[end - 1] === CLOSING_BRACE && body.compare(HEAD, 0, HEAD.length, start, from) === 0
  );
}

/**
 * An event record as agents write it: what lies between prefix and brace is the event's own JSON, which is
 * parsed alone. If anything else stands there, it is not JSON alone, and the line is read as a whole.
 */
function eventOf(body: Buffer, line: Line): BatchEvent | Rejected {
  const { index, start, end } = line;
  const from = start + HEAD.length;
  try {
    const event = JSON.parse(body.toString('utf8', from, end - 1)) as OcsfEvent;
    if (isRecord(event)) return { index, event, json: body.subarray(from, end - 1) };
  } catch {
    // Read as a whole below, which says what is wrong.
  }
  try {
    const record = recordOf(body.toString('utf8', start, end));
    if ('event' in record) return { index, event: record.event };
    throw new Error('is not an event');
  } catch (error) {
    return malformedLine(body, line, error);
  }
}

function malformedLine(body: Buffer, { index, start, end }: Line, error: unknown): Rejected {
  const detail = error instanceof Error ? error.message.slice(0, 200) : String(error);
  return { index, code: 'SIEM_RECORD_MALFORMED', detail, raw: body.subarray(start, end) };
}

function recordOf(line: string): { readonly event: OcsfEvent } | { readonly evidence: unknown } {
  const record: unknown = JSON.parse(line);
  if (!isRecord(record)) throw new Error('not an object');
  const { kind, event, evidence, ...rest } = record;
  if (Object.keys(rest).length > 0) throw new Error('has members besides kind and what it is');
  if (kind === 'event' && evidence === undefined && isRecord(event)) return { event: event as OcsfEvent };
  if (kind === 'evidence' && event === undefined && isRecord(evidence)) return { evidence };
  throw new Error('is neither an event nor evidence');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
