/** A ledger file → who owns each duty and whether each control holds, at any instant, without a platform. */
import { signatureHolds } from '@demarc/platform/evidence';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Assessment, assess } from '../evaluation/assessment.ts';
import { whyOf } from '../evaluation/describe.ts';
import { Evaluation, keyOf } from '../evaluation/evaluation.ts';
import { AHEAD_MS_MAX } from '../intake.ts';
import type { Act } from '../model/acts.ts';
import { type EvidenceRow, type KeptEvidence, kept, signedPartOf } from '../model/evidence.ts';
import { replay } from '../model/standing.ts';
import { ledgerErrors } from './ledger-errors.ts';
import type { LedgerEntry } from './ledger-file.ts';

export interface ResolveOptions {
  readonly catalogue: Catalogue;
  readonly asOfMs: number;
  /** By what was known then; everything in the file unless told. */
  readonly knownAtMs?: number;
}

export interface Resolved {
  readonly assessment: Assessment;
  readonly evaluation: Evaluation;
  /** Of acts: `verified`, or `absent` where the lines carry no hashes. */
  readonly chain: 'verified' | 'absent';
  readonly actCount: number;
  readonly evidenceCount: number;
  readonly refusedCount: number;
  /** Evidence that does not count, and why; the first hundred. */
  readonly refused: readonly { readonly line: number; readonly uid: string; readonly because: string }[];
}

const REFUSED_LISTED_MAX = 100;
const PLATFORM = 'platform';

/** @throws what reading the lines throws; LEDGER_LINE_INVALID for a rule that the catalogue does not have */
export async function resolveLedger(
  entries: AsyncIterable<LedgerEntry>,
  { catalogue, asOfMs, knownAtMs = Number.MAX_SAFE_INTEGER }: ResolveOptions,
): Promise<Resolved> {
  let tenantId = 'ledger';
  let chained = false;
  let actCount = 0;
  let evidenceCount = 0;
  const acts: Act[] = [];
  const passes = new Map<string, KeptEvidence>();
  const errors = new Map<string, KeptEvidence>();
  const keys = new Map<string, string[]>();
  const sources = new Map<string, number>();
  const refused: { line: number; uid: string; because: string }[] = [];
  let refusedCount = 0;
  const ruleOf = (rule: string, line: number) => {
    const known = catalogue.rules.get(rule)?.rule;
    if (known === undefined)
      throw ledgerErrors.make('LEDGER_LINE_INVALID', {
        line,
        field: 'rule',
        because: `${rule} is not a rule of the catalogue`,
      });
    return known;
  };
  for await (const entry of entries) {
    switch (entry.kind) {
      case 'ledger':
        tenantId = entry.header.tenantId;
        break;
      case 'act':
        actCount += 1;
        chained ||= entry.record !== undefined;
        if (entry.act.atMs <= asOfMs && entry.act.recordedAtMs <= knownAtMs) acts.push(entry.act);
        break;
      case 'key':
        keys.set(entry.assetId, [...(keys.get(entry.assetId) ?? []), entry.publicKeyPem]);
        break;
      case 'source':
        sources.set(
          entry.rule,
          Math.min(ruleOf(entry.rule, entry.line).freshForSeconds, entry.freshForSeconds),
        );
        break;
      case 'evidence': {
        evidenceCount += 1;
        ruleOf(entry.evidence.rule, entry.line);
        const because = doubt(entry.evidence, keys);
        if (because !== undefined) {
          refusedCount += 1;
          if (refused.length < REFUSED_LISTED_MAX)
            refused.push({ line: entry.line, uid: entry.evidence.uid, because });
          break;
        }
        const item = kept(entry.evidence);
        if (item.observedAtMs > asOfMs || item.receivedAtMs > knownAtMs) break;
        const there = item.result === 'error' ? errors : passes;
        const key = keyOf(item.assetId, item.rule);
        if (isNewer(item, there.get(key))) there.set(key, item);
        break;
      }
    }
  }
  // As the ledger gives them: by when they hold, and what holds from one instant in the order of writing.
  acts.sort((a, b) => a.atMs - b.atMs);
  const everyRule = new Map([...catalogue.rules].map(([id, { rule }]) => [id, rule.freshForSeconds]));
  const evaluation = new Evaluation({
    catalogue,
    standing: replay(acts, catalogue),
    evidence: passes,
    errors,
    sources: sources.size === 0 ? everyRule : sources,
    t: asOfMs,
  });
  return {
    assessment: assess(evaluation, { tenantId, knownAtMs: Math.min(knownAtMs, 8_640_000_000_000_000) }),
    evaluation,
    chain: chained ? 'verified' : 'absent',
    actCount,
    evidenceCount,
    refusedCount,
    refused,
  };
}

/** What the command line prints: owner, status and reason for each duty and control. */
export function ledgerReport({ assessment, evaluation, ...read }: Resolved) {
  const { tenantId, asOfMs, knownAtMs, rollUp, cells, digest } = assessment;
  const atEnd = knownAtMs >= 8_640_000_000_000_000;
  return {
    tenantId,
    asOf: new Date(asOfMs).toISOString(),
    asKnown: atEnd ? null : new Date(knownAtMs).toISOString(),
    catalogue: { id: assessment.catalogue.id, version: assessment.catalogue.version },
    chain: read.chain,
    acts: read.actCount,
    evidence: read.evidenceCount,
    refusedCount: read.refusedCount,
    refused: read.refused,
    counts: rollUp.counts,
    applicable: rollUp.applicable,
    assessed: rollUp.assessed,
    score: rollUp.score ?? null,
    unownedCount: cells.flatMap(({ cell }) => cell.duties).filter(({ state }) => state === 'unowned').length,
    contestedCount: cells.flatMap(({ cell }) => cell.duties).filter(({ state }) => state === 'contested')
      .length,
    digest,
    cells: cells.map(({ control, asset, cell }) => ({
      controlId: control.id,
      title: control.title,
      assetId: asset.assetId,
      assetName: asset.name,
      status: cell.status,
      ownStatus: cell.ownStatus,
      accountable: cell.accountable,
      ownership: cell.ownership,
      reasons: whyOf(evaluation, control, asset).reasons,
      rootCauses: cell.rootCauses,
      duties: cell.duties.map(({ duty, state, party, by, because, recordId, flags }) => ({
        duty,
        state,
        owner: party,
        by,
        reason: because,
        record: recordId,
        flags,
      })),
    })),
  };
}
export type LedgerReport = ReturnType<typeof ledgerReport>;

/** Why evidence of the file does not count; with keys in the file, what holds by none of them does not. */
function doubt(row: EvidenceRow, keys: ReadonlyMap<string, readonly string[]>): string | undefined {
  if (row.observed_at_ms > row.received_at_ms + AHEAD_MS_MAX) return 'it is dated after it was received';
  if (keys.size === 0) return undefined;
  if (row.signature === null) return 'it is not signed';
  const evidence = signedPartOf(row);
  const own = [...(keys.get(row.asset_id) ?? []), ...(keys.get(PLATFORM) ?? [])];
  return own.some((key) => signatureHolds(evidence, key))
    ? undefined
    : 'its signature is by no key of its asset, nor by the platform’s';
}

/** In the order in which the store would give them. */
function isNewer(item: KeptEvidence, known: KeptEvidence | undefined): boolean {
  if (known === undefined) return true;
  if (item.observedAtMs !== known.observedAtMs) return item.observedAtMs > known.observedAtMs;
  if (item.receivedAtMs !== known.receivedAtMs) return item.receivedAtMs > known.receivedAtMs;
  return item.uid > known.uid;
}
