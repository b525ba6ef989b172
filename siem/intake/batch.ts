/** Blocks of a spool as one batch for the road: records are normalised while it is read, and again each time. */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Batch, BatchEvent } from '../carry.ts';
import { ROW_BYTES_HINT } from '../event-table.ts';
import type { NormaliseContext, Normalised } from '../normalise/normaliser.ts';
import { type Block, type IntakeRecord, type Normalise, recordCount } from './record.ts';
import type { Position } from './spool/spool.ts';

export interface Cut {
  readonly blocks: readonly { readonly block: Block; readonly start: Position }[];
  readonly from: Position;
  readonly until: Position;
}

export interface CutBatch extends Batch {
  readonly records: number;
  /** As of the last time it was read to its end. */
  readonly read: { parsed: number; unparsed: number };
}

export function batchOfCut(sourceId: string, cut: Cut, normalise: Normalise): CutBatch {
  const read = { parsed: 0, unparsed: 0 };
  const records = cut.blocks.reduce((sum, { block }) => sum + recordCount(block.bounds), 0);
  const bytes = cut.blocks.reduce((sum, { block }) => sum + block.bytes.length, 0);
  return {
    batchToken: tokenOf(sourceId, cut),
    assetId: sourceId,
    records,
    read,
    isSoleOwner: true,
    bytesHint: bytes * 2 + records * ROW_BYTES_HINT,
    events: { [Symbol.iterator]: () => eventsOf(cut, normalise, read) },
  };
}

/** The same cut has the same token, and no other has it: a segment's name is never given twice. */
function tokenOf(sourceId: string, { from, until }: Cut): string {
  const said = JSON.stringify([sourceId, from.segment, from.offset, until.segment, until.offset]);
  return createHash('sha256').update(said).digest('hex');
}

function* eventsOf(
  { blocks }: Cut,
  normalise: Normalise,
  read: { parsed: number; unparsed: number },
): Generator<BatchEvent> {
  read.parsed = 0;
  read.unparsed = 0;
  let index = 0;
  for (const { block, start } of blocks) {
    const { bounds, receivedAtMs, peer, format, about } = block;
    const textOf = textsOf(block);
    const place = `${start.segment.replace('.segment', '')}.${start.offset}.`;
    for (let at = 0; at < bounds.length; at += 2) {
      const record: IntakeRecord = { format, text: textOf(bounds[at] ?? 0, bounds[at + 1] ?? 0), about };
      const context: NormaliseContext = {
        uid: place + at / 2,
        receivedAtMs,
        peer: peer === '' ? undefined : peer,
      };
      const { event, parser } = normalised(record, context, normalise);
      if (parser === undefined) read.unparsed += 1;
      else read.parsed += 1;
      yield { index, event, isMadeHere: true };
      index += 1;
    }
  }
}

/** One call into the runtime for a block of ASCII; its lines are then slices of one text. */
function textsOf({ bytes }: Block): (start: number, end: number) => string {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isAscii(whole)) return (start, end) => whole.toString('utf8', start, end);
  const text = whole.toString('latin1');
  return (start, end) => text.slice(start, end);
}

/** A parser that fails at a record must not stop the others behind it. */
function normalised(record: IntakeRecord, context: NormaliseContext, normalise: Normalise): Normalised {
  try {
    return normalise(record, context);
  } catch {
    return baseEvent(record, context);
  }
}

/** OCSF Base Event: the record as it came, and nothing that it might mean. */
export function baseEvent(
  { text, format }: IntakeRecord,
  { uid, receivedAtMs, peer }: NormaliseContext,
): Normalised {
  return {
    parser: undefined,
    event: {
      class_uid: 0,
      category_uid: 0,
      activity_id: 0,
      type_uid: 0,
      severity_id: 0,
      time: receivedAtMs,
      raw_data: text,
      metadata: {
        uid,
        version: '1.8.0',
        product: { name: 'Demarc intake', vendor_name: 'Demarc' },
        log_format: format,
        ...(peer === undefined ? {} : { loggers: [{ name: peer, device: { ip: peer, type_id: 0 } }] }),
      },
    },
  };
}
