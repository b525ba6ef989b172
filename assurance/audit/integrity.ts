/** Whether what is kept is still what was written: the ledger's chain, and digest and signature of the evidence that counts. */
import { digestOf, signatureHolds } from '@demarc/platform/evidence';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { brokenAt } from '../model/chain.ts';
import { type EvidenceRow, signedPartOf } from '../model/evidence.ts';
import { latestEvidenceRows } from '../store/evidence.ts';
import { readRecords } from '../store/ledger.ts';

export interface Integrity {
  readonly recordCount: number;
  /** The first record that does not hold. */
  readonly brokenAt: number | undefined;
  readonly evidenceCount: number;
  /** Evidence that was changed after it was signed; the first hundred. */
  readonly changed: readonly { readonly uid: string; readonly assetId: string; readonly rule: string }[];
}

export type KeysOf = (assetId: string) => readonly string[];

const CHANGED_LISTED_MAX = 100;
const CHECKED_PER_BREATH = 50;
const FOREVER = Number.MAX_SAFE_INTEGER;

/** @param keysOf of an asset, the platform's own among them, those of before a renewal too */
export async function integrityOf(
  inTenant: InTenant,
  tenant: TenantScope,
  keysOf: KeysOf,
): Promise<Integrity> {
  const { records, rows } = await inTenant(tenant, async (db) => ({
    records: await readRecords(db, FOREVER),
    rows: await latestEvidenceRows(db, FOREVER, FOREVER),
  }));
  const changed: { uid: string; assetId: string; rule: string }[] = [];
  for (const [at, row] of rows.entries()) {
    // A signature takes a tenth of a millisecond; nobody waits for thousands.
    if (at % CHECKED_PER_BREATH === CHECKED_PER_BREATH - 1)
      await new Promise((resolve) => setImmediate(resolve));
    const { digest, signature } = checked(row, keysOf(row.asset_id));
    if ((digest && signature === 'holds') || changed.length >= CHANGED_LISTED_MAX) continue;
    changed.push({ uid: row.uid, assetId: row.asset_id, rule: row.rule });
  }
  return { recordCount: records.length, brokenAt: brokenAt(records), evidenceCount: rows.length, changed };
}

export interface Checked {
  /** The digest is that of the raw record. */
  readonly digest: boolean;
  readonly signature: 'holds' | 'fails' | 'unsigned' | 'no-key';
}

/** One piece of evidence against its own digest, and against the keys that may have signed it. */
export function checked(row: EvidenceRow, keys: readonly string[]): Checked {
  const digest = digestOf(row.raw) === row.digest;
  if (row.signature === null) return { digest, signature: 'unsigned' };
  if (keys.length === 0) return { digest, signature: 'no-key' };
  const signed = signedPartOf(row);
  return { digest, signature: keys.some((key) => signatureHolds(signed, key)) ? 'holds' : 'fails' };
}
