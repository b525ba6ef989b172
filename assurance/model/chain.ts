/** The ledger's chain: each record is linked to the one before it by hash. Pure, so that it can be checked anywhere. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';
import type * as z from 'zod';
import { type Act, type ActName, Acts, type NewAct } from './acts.ts';

/** One record as it is kept and as it is exported: `hash` is over all the rest, the one before it included. */
export interface LedgerRecord {
  readonly seq: number;
  readonly act: string;
  readonly valid_at_ms: number;
  readonly recorded_at_ms: number;
  readonly actor: string;
  /** Canonical JSON. */
  readonly payload: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export const GENESIS = '0'.repeat(64);

/** The record of an act, linked to the one before it. */
export function chained(seq: number, act: NewAct, previousHash: string): LedgerRecord {
  const record = {
    seq,
    act: act.name,
    valid_at_ms: act.atMs,
    recorded_at_ms: act.recordedAtMs,
    actor: act.actor,
    payload: canonicalJson(act.payload),
    previous_hash: previousHash,
  };
  return { ...record, hash: hashOf(record) };
}

export function actOf(record: LedgerRecord): Act {
  const schema: z.ZodType = Acts[record.act as ActName];
  return {
    name: record.act,
    payload: schema.parse(JSON.parse(record.payload)),
    atMs: record.valid_at_ms,
    recordedAtMs: record.recorded_at_ms,
    actor: record.actor,
    recordId: `ledger:${record.seq}`,
  } as Act;
}

/** The number of the first record whose hash or link does not hold; undefined when the whole chain does. */
export function brokenAt(records: readonly LedgerRecord[]): number | undefined {
  let previous = GENESIS;
  for (const [index, record] of records.entries()) {
    if (record.seq !== index + 1 || record.previous_hash !== previous || record.hash !== hashOf(record))
      return record.seq;
    previous = record.hash;
  }
  return undefined;
}

export function hashOf(record: Omit<LedgerRecord, 'hash'>): string {
  const { seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash } = record;
  return createHash('sha256')
    .update(canonicalJson({ seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash }))
    .digest('hex');
}
