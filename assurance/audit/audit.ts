/** Door: what an auditor looks at. Everything is worked out, and every signature verified, at the moment of asking. */
import { canonicalJson } from '@demarc/platform/canonical';
import type {
  AuditEvidence,
  AuditLedger,
  AuditPopulation,
  AuditRecord,
  AuditSample,
} from '@demarc/platform/contract/assurance/evidence';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { AsOf, Assurance } from '../assurance.ts';
import type { Catalogue, Control } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import { instant } from '../evaluation/describe.ts';
import { brokenAt, type LedgerRecord } from '../model/chain.ts';
import type { EvidenceRow } from '../model/evidence.ts';
import type { Standing } from '../model/standing.ts';
import { evidenceByUid, latestEvidenceOf } from '../store/evidence.ts';
import { readRecords } from '../store/ledger.ts';
import { checked } from './integrity.ts';
import { draw, populationOf, SAMPLING_METHOD, sha256 } from './population.ts';

export interface AuditDeps {
  readonly assurance: Assurance;
  readonly inTenant: InTenant;
  /** Public keys of one asset, those of before a renewal too. */
  keysOf(tenant: TenantScope): Promise<ReadonlyMap<string, readonly string[]>>;
  readonly platformKeyPem: string;
}

const FOREVER = Number.MAX_SAFE_INTEGER;

export async function auditPopulation(
  { assurance }: AuditDeps,
  tenant: TenantScope,
  asOf: AsOf,
  controlId: string | undefined,
): Promise<AuditPopulation> {
  const control = controlOf(assurance.catalogue, controlId);
  const frozen = await frozenAt(assurance, tenant, asOf);
  return assurance.look(tenant, (evaluation) => populationOf(evaluation, frozen.knownAtMs, control), frozen);
}

/** Of one rule on one asset, newest first. */
export async function auditHistory(
  deps: AuditDeps,
  tenant: TenantScope,
  query: { readonly assetId: string; readonly rule: string; readonly limit: number },
): Promise<AuditEvidence[]> {
  const rows = await deps.assurance.evidenceHistory(tenant, query.assetId, query.rule, query.limit);
  const keys = await deps.keysOf(tenant);
  return rows.map((row) => audited(deps, row, keys));
}

/** One piece of evidence with its raw record. @throws ASSURANCE_EVIDENCE_UNKNOWN */
export async function auditRecord(deps: AuditDeps, tenant: TenantScope, uid: string): Promise<AuditRecord> {
  const row = await deps.inTenant(tenant, (db) => evidenceByUid(db, uid));
  if (row === undefined) throw assuranceErrors.make('ASSURANCE_EVIDENCE_UNKNOWN', { uid });
  const keys = await deps.keysOf(tenant);
  return { ...audited(deps, row, keys), raw: { ...row.raw }, signatureText: row.signature };
}

export async function auditSample(
  deps: AuditDeps,
  tenant: TenantScope,
  asOf: AsOf,
  { controlId, n, seed }: { readonly controlId: string; readonly n: number; readonly seed: string },
): Promise<AuditSample> {
  const frozen = await frozenAt(deps.assurance, tenant, asOf);
  const population = await auditPopulation(deps, tenant, frozen, controlId);
  const drawn = draw(population, n, seed);
  const control = controlOf(deps.assurance.catalogue, controlId);
  const rules = control?.evidence.map(({ id }) => id) ?? [];
  const rows = await deps.inTenant(tenant, (db) =>
    latestEvidenceOf(
      db,
      drawn.map(({ assetId }) => assetId),
      rules,
      frozen.asOfMs,
      frozen.knownAtMs,
    ),
  );
  const keys = await deps.keysOf(tenant);
  const items = drawn.map(({ assetId, name, status, ownStatus }) => ({
    assetId,
    name,
    status: status ?? 'not-assessed',
    ownStatus: ownStatus ?? 'not-assessed',
    evidence: rows.filter((row) => row.asset_id === assetId).map((row) => audited(deps, row, keys)),
  }));
  const facts = items.map((item) => ({
    assetId: item.assetId,
    status: item.status,
    evidence: item.evidence.map(({ uid, digest, result }) => ({ uid, digest, result })),
  }));
  return {
    asOf: population.asOf,
    knownAt: population.knownAt,
    controlId,
    query: population.query,
    populationDigest: population.digest,
    populationCount: population.included.length,
    seed,
    method: SAMPLING_METHOD,
    digest: sha256(canonicalJson({ population: population.digest, seed, items: facts })),
    items,
  };
}

/** Newest first, with whoever signed for what each act is part of; the whole chain is checked for every page. */
export async function auditLedger(
  { assurance, inTenant }: AuditDeps,
  tenant: TenantScope,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<AuditLedger> {
  const records = await inTenant(tenant, (db) => readRecords(db, FOREVER));
  const broken = brokenAt(records);
  const below = records.filter(({ seq }) => before === undefined || seq < before);
  const page = below.slice(-limit).toReversed();
  const shown = await assurance.look(tenant, ({ world }) =>
    page.map((record) => ledgerRecord(record, world.standing)),
  );
  return {
    records: shown,
    nextBefore: below.length > page.length ? (page.at(-1)?.seq ?? null) : null,
    chain: { holds: broken === undefined, brokenAt: broken ?? null, checked: records.length },
  };
}

function ledgerRecord(record: LedgerRecord, standing: Standing): AuditLedger['records'][number] {
  const payload = JSON.parse(record.payload) as Record<string, unknown>;
  return {
    seq: record.seq,
    act: record.act,
    validAt: instant(record.valid_at_ms),
    recordedAt: instant(record.recorded_at_ms),
    actor: record.actor,
    payload,
    hash: record.hash,
    previousHash: record.previous_hash,
    signatures: signaturesOf(payload, standing).slice(0, 8),
  };
}

/** A hand-over has two sides; a claim has who proposed it and who answered. */
function signaturesOf(
  payload: Readonly<Record<string, unknown>>,
  standing: Standing,
): AuditLedger['records'][number]['signatures'] {
  const { handoverId, entitlementId, claimId } = payload;
  const handovers = [...standing.handovers.values()].filter(
    (handover) => handover.handoverId === handoverId || handover.entitlementId === entitlementId,
  );
  const claim = typeof claimId === 'string' ? standing.claims.get(claimId) : undefined;
  return [
    ...handovers.flatMap(({ signatures }) =>
      signatures.map(({ side, party, person, atMs }) => ({ side, party, person, at: instant(atMs) })),
    ),
    ...(claim?.history ?? []).map((step) => ({
      side: step.standing,
      party: claim?.party ?? '',
      person: step.by,
      at: instant(step.atMs),
    })),
  ];
}

function audited(
  { assurance, platformKeyPem }: AuditDeps,
  row: EvidenceRow,
  keys: ReadonlyMap<string, readonly string[]>,
): AuditEvidence {
  const rule = assurance.catalogue.rules.get(row.rule);
  const own = checked(row, keys.get(row.asset_id) ?? []);
  const platform = checked(row, [platformKeyPem]);
  const signedBy = own.signature === 'holds' ? 'asset' : platform.signature === 'holds' ? 'platform' : null;
  return {
    uid: row.uid,
    assetId: row.asset_id,
    rule: row.rule,
    controlId: row.rule.split('.')[0] ?? '',
    asserts: rule?.rule.asserts ?? '',
    collector: row.service,
    result: row.result,
    because: row.because,
    observedAt: instant(row.observed_at_ms),
    receivedAt: instant(row.received_at_ms),
    expiresAt: row.expires_at_ms === null ? null : instant(row.expires_at_ms),
    operator: row.operator,
    digest: row.digest,
    digestHolds: own.digest,
    signature: signedBy === null ? own.signature : 'holds',
    signedBy,
  };
}

function controlOf(catalogue: Catalogue, controlId: string | undefined): Control | undefined {
  if (controlId === undefined) return undefined;
  const control = catalogue.controls.get(controlId);
  if (control === undefined)
    throw assuranceErrors.make('ASSURANCE_CELL_UNKNOWN', { controlId, assetId: 'any' });
  return control;
}

/** Whatever is asked of now is frozen at an instant first, so that it can be asked again. */
async function frozenAt(assurance: Assurance, tenant: TenantScope, { asOfMs, knownAtMs }: AsOf) {
  const t = asOfMs ?? (await assurance.look(tenant, (evaluation) => evaluation.t));
  return {
    asOfMs: t,
    knownAtMs: knownAtMs ?? Math.max(t, await assurance.look(tenant, (evaluation) => evaluation.t)),
  };
}
