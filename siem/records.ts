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

export interface Records {
  readonly events: readonly BatchEvent[];
  /** Unparsed beyond JSON: to be checked by whoever takes it. */
  readonly evidence: readonly { readonly index: number; readonly evidence: unknown }[];
  readonly malformed: readonly Rejected[];
}

const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;

const HEAD = Buffer.from('{"kind":"event","event":');

/**
 * @param body the decompressed lines, without the header; events keep a view of their part of it
 * @throws SIEM_BATCH_TOO_LARGE
 */
export function readRecords(body: Buffer): Records {
  const events: BatchEvent[] = [];
  const evidence: { index: number; evidence: unknown }[] = [];
  const malformed: Rejected[] = [];
  const isText = isUtf8(body);
  let index = 0;
  for (let start = 0; start < body.length; index += 1) {
    if (index >= BATCH_RECORDS_MAX)
      throw siemErrors.make('SIEM_BATCH_TOO_LARGE', { recordsMax: BATCH_RECORDS_MAX });
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    try {
      if (end - start > RECORD_BYTES_MAX) throw new Error(`longer than ${RECORD_BYTES_MAX} bytes`);
      if (!isText && !isUtf8(body.subarray(start, end))) throw new Error('not UTF-8');
      const found = eventOf(body, start, end) ?? recordOf(body.toString('utf8', start, end));
      if ('event' in found) events.push({ index, ...found });
      else evidence.push({ index, evidence: found.evidence });
    } catch (error) {
      const detail = error instanceof Error ? error.message.slice(0, 200) : String(error);
      malformed.push({ index, code: 'SIEM_RECORD_MALFORMED', detail, raw: body.subarray(start, end) });
    }
    start = end + 1;
  }
  return { events, evidence, malformed };
}

/**
 * An event record as agents write it: what lies between prefix and brace is the event's own JSON, which is
 * parsed alone. If anything else stands there, it is not JSON alone, and the line is read as a whole.
 */
function eventOf(
  body: Buffer,
  start: number,
  end: number,
): { readonly event: OcsfEvent; readonly json: Uint8Array } | undefined {
  const from = start + HEAD.length;
  if (
    end - 1 <= from ||
    body[end - 1] !== CLOSING_BRACE ||
    body.compare(HEAD, 0, HEAD.length, start, from) !== 0
  )
    return undefined;
  try {
    const event = JSON.parse(body.toString('utf8', from, end - 1)) as OcsfEvent;
    return isRecord(event) ? { event, json: body.subarray(from, end - 1) } : undefined;
  } catch {
    return undefined;
  }
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
