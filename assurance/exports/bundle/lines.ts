/** A dossier ↔ the ledger as a file: newline JSON that `demarc assurance replay` reads (docs/ledger-format.md). */
import { EvidenceResult } from '@demarc/platform/contract';
import { TenantIdParam } from '@demarc/platform/contract/api';
import { canonicalJson } from '@demarc/platform/ocsf';
import * as z from 'zod';
import { instant } from '../../evaluation/describe.ts';
import type { Dossier, DossierFacts } from '../../evaluation/dossier.ts';
import type { EvidenceRow } from '../../store/evidence.ts';
import type { LedgerRecord } from '../../store/ledger.ts';
import { exportErrors } from '../exports-errors.ts';

/** A key that evidence is signed with, of an asset's agent or, as `platform`, of the server itself. */
export interface HeldKey {
  readonly holder: string;
  /** SPKI, PEM. */
  readonly publicKeyPem: string;
}

const LINE_CHARACTERS_MAX = 1_048_576;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const At = z.iso.datetime({ precision: 3 }).transform((text) => Date.parse(text));
const Line = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ledger'),
    format: z.literal('demarc-ledger'),
    version: z.literal(1),
    tenantId: TenantIdParam,
    catalogue: z.strictObject({ id: z.string(), version: z.string() }),
  }),
  z.strictObject({ kind: z.literal('key'), assetId: z.string(), publicKeyPem: z.string().max(4_096) }),
  z.strictObject({ kind: z.literal('source'), rule: z.string(), freshForSeconds: z.number().min(0) }),
  z.strictObject({
    kind: z.literal('act'),
    seq: z.int().min(1),
    act: z.string(),
    validAt: At,
    recordedAt: At,
    actor: z.string(),
    payload: z.record(z.string(), z.unknown()),
    previousHash: Hash,
    hash: Hash,
  }),
  z.strictObject({
    kind: z.literal('evidence'),
    uid: z.string(),
    assetId: z.string(),
    rule: z.string(),
    service: z.string(),
    result: EvidenceResult,
    because: z.string(),
    observedAt: At,
    receivedAt: At,
    expiresAt: At.optional(),
    operator: z.string().optional(),
    raw: z.record(z.string(), z.unknown()),
    digest: Hash,
    signature: z.string().optional(),
  }),
]);
type Line = z.input<typeof Line>;

/** In one order only: beginning, keys, sources, acts, evidence; so that the same facts are the same bytes. */
export function ledgerText(
  { tenantId, records, evidence, sources, assessment }: Dossier,
  keys: readonly HeldKey[],
): string {
  const { id, version } = assessment.catalogue;
  const lines: readonly Line[] = [
    { kind: 'ledger', format: 'demarc-ledger', version: 1, tenantId, catalogue: { id, version } },
    ...sorted(keys, ({ holder, publicKeyPem }) => `${holder} ${publicKeyPem}`).map(
      ({ holder: assetId, publicKeyPem }): Line => ({ kind: 'key', assetId, publicKeyPem }),
    ),
    ...sorted([...sources], ([rule]) => rule).map(
      ([rule, freshForSeconds]): Line => ({ kind: 'source', rule, freshForSeconds }),
    ),
    ...records.map(actLine),
    ...sorted(evidence, ({ asset_id, rule, uid }) => `${asset_id} ${rule} ${uid}`).map(evidenceLine),
  ];
  return lines.map((line) => `${canonicalJson(line)}\n`).join('');
}

function actLine(record: LedgerRecord): Line {
  return {
    kind: 'act',
    seq: record.seq,
    act: record.act,
    validAt: instant(record.valid_at_ms),
    recordedAt: instant(record.recorded_at_ms),
    actor: record.actor,
    payload: JSON.parse(record.payload) as Record<string, unknown>,
    previousHash: record.previous_hash,
    hash: record.hash,
  };
}

function evidenceLine(row: EvidenceRow): Line {
  return {
    kind: 'evidence',
    uid: row.uid,
    assetId: row.asset_id,
    rule: row.rule,
    service: row.service,
    result: row.result,
    because: row.because,
    observedAt: instant(row.observed_at_ms),
    receivedAt: instant(row.received_at_ms),
    ...(row.expires_at_ms === null ? {} : { expiresAt: instant(row.expires_at_ms) }),
    ...(row.operator === null ? {} : { operator: row.operator }),
    raw: { ...row.raw },
    digest: row.digest,
    ...(row.signature === null ? {} : { signature: row.signature }),
  };
}

/** @throws EXPORT_BUNDLE_UNREADABLE with the number of the line */
export function readLedgerText(text: string): Pick<
  DossierFacts,
  'tenantId' | 'records' | 'evidence' | 'sources'
> & {
  readonly keys: readonly HeldKey[];
} {
  let tenantId = '';
  const records: LedgerRecord[] = [];
  const evidence: EvidenceRow[] = [];
  const sources = new Map<string, number>();
  const keys: HeldKey[] = [];
  for (const [index, json] of text.split('\n').entries()) {
    if (json === '') continue;
    const line = parsed(json, index + 1);
    switch (line.kind) {
      case 'ledger':
        ({ tenantId } = line);
        break;
      case 'key':
        keys.push({ holder: line.assetId, publicKeyPem: line.publicKeyPem });
        break;
      case 'source':
        sources.set(line.rule, line.freshForSeconds);
        break;
      case 'act':
        records.push({
          seq: line.seq,
          act: line.act,
          valid_at_ms: line.validAt,
          recorded_at_ms: line.recordedAt,
          actor: line.actor,
          payload: canonicalJson(line.payload),
          previous_hash: line.previousHash,
          hash: line.hash,
        });
        break;
      case 'evidence':
        evidence.push({
          uid: line.uid,
          asset_id: line.assetId,
          rule: line.rule,
          service: line.service,
          result: line.result,
          because: line.because,
          observed_at_ms: line.observedAt,
          received_at_ms: line.receivedAt,
          effective_at_ms: Math.min(line.observedAt, line.receivedAt),
          expires_at_ms: line.expiresAt ?? null,
          operator: line.operator ?? null,
          digest: line.digest,
          raw: line.raw,
          signature: line.signature ?? null,
        });
    }
  }
  return { tenantId, records, evidence, sources, keys };
}

function parsed(json: string, number: number): z.output<typeof Line> {
  const no = (because: string) =>
    exportErrors.make('EXPORT_BUNDLE_UNREADABLE', { because: `line ${number} of ledger.ndjson ${because}` });
  if (json.length > LINE_CHARACTERS_MAX) throw no(`is longer than ${LINE_CHARACTERS_MAX} characters`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw no('is not JSON');
  }
  const result = Line.safeParse(value);
  if (!result.success) throw no(`is not as it should be: ${z.prettifyError(result.error).slice(0, 200)}`);
  return result.data;
}

function sorted<T>(items: readonly T[], by: (item: T) => string): readonly T[] {
  return items
    .map((item) => [by(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}
