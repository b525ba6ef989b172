/**
 * The ledger as a file: newline JSON, one act, piece of evidence, key or source a line. Anybody can write one, and
 * anybody can resolve it without a running platform (`docs/ledger-format.md`).
 */
import { canonicalJson } from '@demarc/platform/canonical';
import { EvidenceResult, EvidenceRuleId } from '@demarc/platform/contract';
import { TenantIdParam } from '@demarc/platform/contract/api';
import { digestOf } from '@demarc/platform/evidence';
import * as z from 'zod';
import { ACT_NAMES, type Act, type ActName, Acts } from '../model/acts.ts';
import { GENESIS, hashOf, type LedgerRecord } from '../model/chain.ts';
import type { EvidenceRow } from '../model/evidence.ts';
import { ledgerErrors } from './ledger-errors.ts';

export const LEDGER_FORMAT = 'demarc-ledger';
const VERSION = 1;
/** Of one line, of all lines; beyond them the file is refused rather than the memory filled. */
const LINE_CHARACTERS_MAX = 1_048_576;
const LINES_MAX = 10_000_000;
const ACTS_MAX = 1_000_000;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
/** ISO 8601 with its zone, or milliseconds since the epoch; a date without a zone is nobody's instant. */
const When = z.union([
  z.int().min(0),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

/** What each kind of line has; the documentation is generated from these. */
export const LedgerLines = {
  ledger: z.strictObject({
    kind: z.literal('ledger'),
    format: z.literal(LEDGER_FORMAT).default(LEDGER_FORMAT),
    version: z.literal(VERSION).default(VERSION),
    tenantId: TenantIdParam.default('ledger'),
    catalogue: z.strictObject({ id: z.string(), version: z.string() }).optional(),
  }),
  act: z.strictObject({
    kind: z.literal('act'),
    act: z.string().min(1).max(64),
    validAt: When,
    /** The same as `validAt` where it is left out. */
    recordedAt: When.optional(),
    actor: z.string().min(1).max(256).default('unknown'),
    payload: z.record(z.string(), z.unknown()).default({}),
    seq: z.int().min(1).optional(),
    previousHash: Hash.optional(),
    hash: Hash.optional(),
  }),
  evidence: z.strictObject({
    kind: z.literal('evidence'),
    uid: z.string().min(1).max(128).optional(),
    assetId: z.string().min(1).max(128),
    rule: EvidenceRuleId,
    service: z.string().min(1).max(64).default('unknown'),
    result: EvidenceResult,
    because: z.string().max(1_000).default(''),
    observedAt: When,
    /** The same as `observedAt` where it is left out. */
    receivedAt: When.optional(),
    expiresAt: When.optional(),
    operator: z.string().max(63).optional(),
    raw: z.record(z.string(), z.unknown()).optional(),
    digest: Hash.optional(),
    signature: z.string().max(1_024).optional(),
  }),
  key: z.strictObject({
    kind: z.literal('key'),
    /** `platform` for the platform's own. */
    assetId: z.string().min(1).max(128),
    publicKeyPem: z.string().max(4_096),
  }),
  source: z.strictObject({
    kind: z.literal('source'),
    rule: EvidenceRuleId,
    freshForSeconds: z.number().min(0),
  }),
} as const;
type Kind = keyof typeof LedgerLines;

export type LedgerEntry =
  | { readonly kind: 'ledger'; readonly line: number; readonly header: z.infer<typeof LedgerLines.ledger> }
  | {
      readonly kind: 'act';
      readonly line: number;
      readonly act: Act;
      /** Where the line has its chain fields; they were verified. */
      readonly record: LedgerRecord | undefined;
    }
  | { readonly kind: 'evidence'; readonly line: number; readonly evidence: EvidenceRow }
  | { readonly kind: 'key'; readonly line: number; readonly assetId: string; readonly publicKeyPem: string }
  | {
      readonly kind: 'source';
      readonly line: number;
      readonly rule: string;
      readonly freshForSeconds: number;
    };

/**
 * Reads the lines one after the other, whatever their order. Digests and, where they are there, chain fields are
 * verified on the way.
 *
 * @throws LEDGER_LINE_INVALID, LEDGER_ACT_UNKNOWN, LEDGER_CHAIN_BROKEN, LEDGER_TOO_LARGE
 */
export async function* readLedgerFile(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<LedgerEntry> {
  const chain = { seq: 0, hash: GENESIS, unchained: false };
  let line = 0;
  let acts = 0;
  for await (const text of lines) {
    line += 1;
    if (line > LINES_MAX) throw ledgerErrors.make('LEDGER_TOO_LARGE', { what: 'lines', max: LINES_MAX });
    if (text.trim() === '') continue;
    const value = parsed(text, line);
    const kind = value['kind'];
    switch (kind) {
      case 'ledger':
        yield { kind, line, header: shaped(kind, value, line) };
        break;
      case 'act': {
        acts += 1;
        if (acts > ACTS_MAX) throw ledgerErrors.make('LEDGER_TOO_LARGE', { what: 'acts', max: ACTS_MAX });
        yield actEntry(shaped(kind, value, line), line, chain);
        break;
      }
      case 'evidence':
        yield { kind, line, evidence: evidenceRow(shaped(kind, value, line), line) };
        break;
      case 'key':
        yield { ...shaped(kind, value, line), line };
        break;
      case 'source':
        yield { ...shaped(kind, value, line), line };
        break;
      default:
        throw ledgerErrors.make('LEDGER_LINE_INVALID', {
          line,
          field: 'kind',
          because: `it is ${JSON.stringify(kind ?? null).slice(0, 80)}, and should be one of ${Object.keys(LedgerLines).join(', ')}`,
        });
    }
  }
}

function parsed(text: string, line: number): Readonly<Record<string, unknown>> {
  const invalid = (because: string): Error =>
    ledgerErrors.make('LEDGER_LINE_INVALID', { line, field: '', because });
  if (text.length > LINE_CHARACTERS_MAX) throw invalid(`it is longer than ${LINE_CHARACTERS_MAX} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is not JSON (${error instanceof Error ? error.message.slice(0, 120) : ''})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('it is not an object');
  return value as Readonly<Record<string, unknown>>;
}

function shaped<Name extends Kind>(
  kind: Name,
  value: unknown,
  line: number,
): z.infer<(typeof LedgerLines)[Name]> {
  const result = LedgerLines[kind].safeParse(value);
  if (result.success) return result.data as z.infer<(typeof LedgerLines)[Name]>;
  throw fieldError(result.error, line, []);
}

function fieldError(error: z.ZodError, line: number, above: readonly string[]): Error {
  const issue = error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...above, ...(issue?.path ?? []), ...keys].join('.');
  return ledgerErrors.make('LEDGER_LINE_INVALID', {
    line,
    field,
    because: (issue?.message ?? 'not understood').slice(0, 300),
  });
}

function actEntry(
  given: z.infer<typeof LedgerLines.act>,
  line: number,
  chain: { seq: number; hash: string; unchained: boolean },
): LedgerEntry {
  const { act: name, validAt, recordedAt = validAt, actor, payload, seq, previousHash, hash } = given;
  if (!(ACT_NAMES as readonly string[]).includes(name))
    throw ledgerErrors.make('LEDGER_ACT_UNKNOWN', { line, act: name.slice(0, 80) });
  const result = Acts[name as ActName].safeParse(withInstants(payload));
  if (!result.success) throw fieldError(result.error, line, ['payload']);
  const record = linked();
  const act = {
    name,
    payload: result.data,
    atMs: validAt,
    recordedAtMs: recordedAt,
    actor,
    recordId: seq === undefined ? `line:${line}` : `ledger:${seq}`,
  } as Act;
  return { kind: 'act', line, act, record };

  /** Chained lines must be all of them, from the first on, one after the other. */
  function linked(): LedgerRecord | undefined {
    const broken = (because: string): Error => ledgerErrors.make('LEDGER_CHAIN_BROKEN', { line, because });
    if (hash === undefined) {
      if (chain.seq > 0) throw broken('an act has no hash, and those before it do');
      chain.unchained = true;
      return undefined;
    }
    if (chain.unchained) throw broken('an act has a hash, and those before it do not');
    if (seq === undefined || previousHash === undefined)
      throw ledgerErrors.make('LEDGER_LINE_INVALID', {
        line,
        field: seq === undefined ? 'seq' : 'previousHash',
        because: 'a line with a hash has this, too',
      });
    const made: LedgerRecord = {
      seq,
      act: name,
      valid_at_ms: validAt,
      recorded_at_ms: recordedAt,
      actor,
      payload: canonicalJson(payload),
      previous_hash: previousHash,
      hash,
    };
    if (seq !== chain.seq + 1) throw broken(`record ${seq} comes after record ${chain.seq}`);
    if (previousHash !== chain.hash) throw broken('the link to the record before does not hold');
    if (hashOf(made) !== hash) throw broken('the hash is not that of the record');
    chain.seq = seq;
    chain.hash = hash;
    return made;
  }
}

/** `toMs`, `endsAtMs` and the like may be given as ISO 8601 with a zone; in the ledger itself they are milliseconds. */
function withInstants(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withInstants);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (!key.endsWith('Ms') || typeof inner !== 'string') return [key, withInstants(inner)];
      const when = When.safeParse(inner);
      return [key, when.success ? when.data : inner];
    }),
  );
}

function evidenceRow(given: z.infer<typeof LedgerLines.evidence>, line: number): EvidenceRow {
  const { raw, observedAt, receivedAt = observedAt, digest, uid = `line:${line}` } = given;
  if (raw !== undefined && digest !== undefined && digestOf(raw) !== digest)
    throw ledgerErrors.make('LEDGER_LINE_INVALID', {
      line,
      field: 'digest',
      because: 'it is not that of the raw record',
    });
  return {
    uid,
    asset_id: given.assetId,
    rule: given.rule,
    service: given.service,
    result: given.result,
    because: given.because,
    observed_at_ms: observedAt,
    received_at_ms: receivedAt,
    effective_at_ms: Math.min(observedAt, receivedAt),
    expires_at_ms: given.expiresAt ?? null,
    operator: given.operator ?? null,
    digest: digest ?? (raw === undefined ? '' : digestOf(raw)),
    raw: raw ?? {},
    signature: given.signature ?? null,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** One record of the platform's ledger as a line, with its chain. */
export function actLine(record: LedgerRecord): string {
  const { act, valid_at_ms, recorded_at_ms, actor, payload, seq, previous_hash, hash } = record;
  return JSON.stringify({
    kind: 'act',
    seq,
    act,
    validAt: iso(valid_at_ms),
    recordedAt: iso(recorded_at_ms),
    actor,
    payload: JSON.parse(payload) as unknown,
    previousHash: previous_hash,
    hash,
  });
}

export function evidenceLine(row: EvidenceRow): string {
  return JSON.stringify({
    kind: 'evidence',
    uid: row.uid,
    assetId: row.asset_id,
    rule: row.rule,
    service: row.service,
    result: row.result,
    because: row.because,
    observedAt: iso(row.observed_at_ms),
    receivedAt: iso(row.received_at_ms),
    ...(row.expires_at_ms === null ? {} : { expiresAt: iso(row.expires_at_ms) }),
    ...(row.operator === null ? {} : { operator: row.operator }),
    digest: row.digest,
    raw: row.raw,
    ...(row.signature === null ? {} : { signature: row.signature }),
  });
}
