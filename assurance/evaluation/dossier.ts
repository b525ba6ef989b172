/** One instant of one tenant with all that it was decided from: what an evidence bundle is made of, and checked with. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type EvidenceRow, kept } from '../model/evidence.ts';
import { replay } from '../model/standing.ts';
import { actOf, type LedgerRecord } from '../store/ledger.ts';
import { type Assessment, assess } from './assessment.ts';
import { Evaluation, keyOf } from './evaluation.ts';

export interface DossierFacts {
  readonly tenantId: string;
  readonly asOfMs: number;
  readonly knownAtMs: number;
  /** In the order of the chain: all that was recorded by then, also what holds from later on. */
  readonly records: readonly LedgerRecord[];
  /** At least the last pass or fail of each rule on each asset; others among them change nothing. */
  readonly evidence: readonly EvidenceRow[];
  /** Rule → for how many seconds it is fresh; rules that are not here have no source. */
  readonly sources: ReadonlyMap<string, number>;
}

export interface Dossier extends DossierFacts {
  readonly assessment: Assessment;
}

/** Decides it from the facts alone. Pure. */
export function decided(facts: DossierFacts, catalogue: Catalogue): Dossier {
  const { tenantId, asOfMs, knownAtMs, records, evidence, sources } = facts;
  const acts = records
    .filter((record) => record.valid_at_ms <= asOfMs && record.recorded_at_ms <= knownAtMs)
    .sort((a, b) => a.valid_at_ms - b.valid_at_ms || a.seq - b.seq)
    .map(actOf);
  const evaluation = new Evaluation({
    catalogue,
    standing: replay(acts, catalogue),
    evidence: latest(evidence, asOfMs, knownAtMs),
    sources,
    t: asOfMs,
  });
  return { ...facts, assessment: assess(evaluation, { tenantId, knownAtMs }) };
}

/** As the store gives it: by when it was made, then by when it arrived, then by name; errors say nothing. */
function latest(evidence: readonly EvidenceRow[], asOfMs: number, knownAtMs: number) {
  const newest = new Map<string, EvidenceRow>();
  for (const row of evidence) {
    if (row.effective_at_ms > asOfMs || row.received_at_ms > knownAtMs || row.result === 'error') continue;
    const key = keyOf(row.asset_id, row.rule);
    const known = newest.get(key);
    if (known === undefined || isNewer(row, known)) newest.set(key, row);
  }
  return new Map([...newest].map(([key, row]) => [key, kept(row)]));
}

function isNewer(row: EvidenceRow, known: EvidenceRow): boolean {
  if (row.effective_at_ms !== known.effective_at_ms) return row.effective_at_ms > known.effective_at_ms;
  if (row.received_at_ms !== known.received_at_ms) return row.received_at_ms > known.received_at_ms;
  return row.uid > known.uid;
}
