/** What people vouch for, and what auditors look at: population, evidence, samples, ledger, who had a look. */
import * as z from 'zod';
import { ControlStatus, Instant } from '../api.ts';
import { EvidenceResult, EvidenceRuleId } from '../service.ts';

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const AssetId = z.string().min(1).max(128);
const ControlId = z.string().regex(/^[A-Z]{3}-\d{2}$/);
const ASSETS_MAX = 10_001;

export const Attest = z.strictObject({
  rule: EvidenceRuleId,
  assetId: AssetId.default('tenant'),
  statement: z.string().min(1).max(900),
  /** False: the person says that it does not hold. */
  holds: z.boolean().default(true),
  until: Instant,
  /** Somebody else's report, by its title and the SHA-256 of the file. */
  report: z.strictObject({ title: z.string().min(1).max(300), digest: Digest }).optional(),
});
export type Attest = z.input<typeof Attest>;
export const Attested = z.strictObject({ uid: z.string() });

export const AuditPopulation = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  controlId: ControlId.nullable(),
  /** The question in words: what was asked of which record. */
  query: z.string(),
  /** Over instant, question and members: two populations with one digest are the same. */
  digest: Digest,
  included: z
    .array(
      z.strictObject({
        assetId: AssetId,
        name: z.string(),
        type: z.string(),
        labels: z.record(z.string(), z.string()),
        /** Of the control, where one was asked for. */
        status: ControlStatus.nullable(),
        ownStatus: ControlStatus.nullable(),
      }),
    )
    .max(ASSETS_MAX),
  excluded: z
    .array(z.strictObject({ assetId: AssetId, name: z.string(), type: z.string(), because: z.string() }))
    .max(ASSETS_MAX),
});
export type AuditPopulation = z.infer<typeof AuditPopulation>;

export const SIGNATURES = ['holds', 'fails', 'unsigned', 'no-key'] as const;
export const AuditEvidence = z.strictObject({
  uid: z.string(),
  assetId: AssetId,
  rule: EvidenceRuleId,
  controlId: ControlId,
  asserts: z.string(),
  /** Who collected it: a room of an agent, a source of the platform, or a person's attestation. */
  collector: z.string(),
  result: EvidenceResult,
  because: z.string(),
  observedAt: Instant,
  receivedAt: Instant,
  expiresAt: Instant.nullable(),
  operator: z.string().nullable(),
  digest: Digest,
  /** Worked out at the moment of asking: the digest is that of the raw record. */
  digestHolds: z.boolean(),
  /** Verified at the moment of asking, against the keys of the asset and of the platform. */
  signature: z.enum(SIGNATURES),
  signedBy: z.enum(['asset', 'platform']).nullable(),
});
export type AuditEvidence = z.infer<typeof AuditEvidence>;
export const AuditRecord = AuditEvidence.extend({
  raw: z.record(z.string(), z.unknown()),
  signatureText: z.string().nullable(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

export const SAMPLE_MAX = 500;
export const AuditSample = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  controlId: ControlId,
  query: z.string(),
  populationDigest: Digest,
  populationCount: z.int(),
  /** With the population and this, anybody draws the same. */
  seed: z.string(),
  method: z.string(),
  /** Over everything that was drawn, with its evidence. */
  digest: Digest,
  items: z
    .array(
      z.strictObject({
        assetId: AssetId,
        name: z.string(),
        status: ControlStatus,
        ownStatus: ControlStatus,
        evidence: z.array(AuditEvidence).max(16),
      }),
    )
    .max(SAMPLE_MAX),
});
export type AuditSample = z.infer<typeof AuditSample>;

export const AuditLedger = z.strictObject({
  records: z
    .array(
      z.strictObject({
        seq: z.int(),
        act: z.string(),
        validAt: Instant,
        recordedAt: Instant,
        actor: z.string(),
        payload: z.record(z.string(), z.unknown()),
        hash: Digest,
        previousHash: Digest,
        /** Of the hand-over, or the claim, that the act belongs to. */
        signatures: z
          .array(z.strictObject({ side: z.string(), party: z.string(), person: z.string(), at: Instant }))
          .max(8),
      }),
    )
    .max(500),
  /** Newest first: the next page begins below this record. */
  nextBefore: z.int().nullable(),
  chain: z.strictObject({ holds: z.boolean(), brokenAt: z.int().nullable(), checked: z.int() }),
});
export type AuditLedger = z.infer<typeof AuditLedger>;

export const AuditAccess = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        /** The minute in which it began. */
        at: Instant,
        accountId: z.string(),
        name: z.string(),
        role: z.string(),
        method: z.string(),
        route: z.string(),
        count: z.int(),
        refused: z.int(),
      }),
    )
    .max(1_000),
  /** Looks that could not be written down in time and are missing here. */
  lostCount: z.int(),
});
export type AuditAccess = z.infer<typeof AuditAccess>;
