/**
 * What a managed service (a room) says about itself, on one screen.
 *
 * Runs anywhere: no Node, no DOM. The agent, server and console halves are in `agent.ts`, `server.ts`
 * and `console.ts` beside this file.
 */
import * as z from 'zod';
import { canonicalJson } from '../ocsf/canonical.ts';

/** `VMS-09.1`: the first evidence rule of control VMS-09, in the catalogue's order. */
export const EvidenceRuleId = z.string().regex(/^[A-Z]{3}-\d{2}\.\d{1,2}$/);
export type EvidenceRuleId = z.infer<typeof EvidenceRuleId>;

export const EvidenceResult = z.enum(['pass', 'fail', 'error']);
export type EvidenceResult = z.infer<typeof EvidenceResult>;

/**
 * One dated observation about one control on one asset. `raw` is what was looked at, small enough to
 * keep; `digest` is the SHA-256 (hex) of its canonical JSON, `signature` is the agent's key over
 * `canonicalEvidence` (base64). Tenant and asset come from the client certificate, never from here.
 */
export const Evidence = z.strictObject({
  uid: z.string().min(8).max(128),
  rule: EvidenceRuleId,
  service: z.string().min(1).max(64),
  observedAtMs: z.int().min(0),
  result: EvidenceResult,
  /** One sentence in plain words; shown as the "why" of a status. */
  because: z.string().min(1).max(1_000),
  raw: z.record(z.string(), z.unknown()),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string().max(1_024).optional(),
  /** The party whose mechanism was seen at work, where it is not plain that it is the service's own. */
  operator: z.string().max(63).optional(),
  /** Of attestations and third parties' reports: from then on they say nothing more. */
  expiresAtMs: z.int().min(0).optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** What an agent signs and the server verifies: everything but the raw record, which the digest stands for. */
export function canonicalEvidence(evidence: Omit<Evidence, 'raw' | 'signature'>): string {
  const { uid, rule, service, observedAtMs, result, because, digest, operator, expiresAtMs } = evidence;
  return canonicalJson({
    uid,
    rule,
    service,
    observedAtMs,
    result,
    because,
    digest,
    ...(operator === undefined ? {} : { operator }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
}

/** What a pure `evidence.ts` concludes; the room's runner adds uid, digest and signature. */
export interface EvidenceFinding {
  readonly rule: EvidenceRuleId;
  readonly result: EvidenceResult;
  readonly because: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A promise of evidence. A room may tighten the catalogue's freshness, never loosen it. */
export interface EvidencePromise {
  readonly rule: EvidenceRuleId;
  readonly everySeconds: number;
  readonly freshForSeconds: number;
}

/** Distributions that keep things in the same places; ID and ID_LIKE of os-release(5) say which. */
export const OS_FAMILIES = ['debian', 'rhel', 'suse', 'alpine', 'arch', 'other'] as const;
export type OsFamily = (typeof OS_FAMILIES)[number];

export const OperatingSystem = z.strictObject({
  name: z.string().max(128),
  version: z.string().max(128),
  kernel: z.string().max(128),
  family: z.enum(OS_FAMILIES).default('other'),
});
export type OperatingSystem = z.infer<typeof OperatingSystem>;

export interface ServiceSpec<Policy extends z.ZodType = z.ZodType> {
  /** The id of `managed_services` in the control catalogue, unless it is `partOf` one. */
  readonly id: string;
  /** The managed service that customers buy, where several rooms are sold as one. */
  readonly partOf?: string;
  readonly title: string;
  /** Every field has a safe default, so that `policy.parse({})` is a working policy. */
  readonly policy: Policy;
  /** Where a distribution needs other defaults than the policy's own; what the tenant sets goes before both. */
  readonly defaultsFor?: (family: OsFamily) => Readonly<Record<string, unknown>>;
  /**
   * Layers of policy, the least specific first, as one; without it, each field is of the last layer that has it.
   * The first is what `defaultsFor` gives.
   */
  readonly inherit?: (
    layers: readonly Readonly<Record<string, unknown>>[],
  ) => Readonly<Record<string, unknown>>;
  /** OCSF class uids this room emits. */
  readonly emits: readonly number[];
  readonly evidences: readonly EvidencePromise[];
}

export function defineService<Policy extends z.ZodType>(spec: ServiceSpec<Policy>): ServiceSpec<Policy> {
  return Object.freeze(spec);
}

/** What entitlements and evidence name: the managed service that the room is, or is part of. */
export function managedServiceOf({ id, partOf }: Pick<ServiceSpec, 'id' | 'partOf'>): string {
  return partOf ?? id;
}

/** What can be bought, each with all that its rooms promise. */
export function managedServices(
  rooms: readonly Pick<ServiceSpec, 'id' | 'partOf' | 'evidences'>[],
): readonly Pick<ServiceSpec, 'id' | 'evidences'>[] {
  const ids = [...new Set(rooms.map(managedServiceOf))];
  return ids.map((id) => ({
    id,
    evidences: rooms.filter((room) => managedServiceOf(room) === id).flatMap(({ evidences }) => evidences),
  }));
}

export const HEALTH_STATES = ['starting', 'healthy', 'degraded', 'failed', 'stopped'] as const;

/** Health of a room, an engine or a process: a state and always a reason. */
export const Health = z.strictObject({
  state: z.enum(HEALTH_STATES),
  because: z.string().min(1).max(1_000),
  sinceMs: z.int().min(0),
  /** Share of the work at hand that is done, 0 to 1, with an estimate of what remains. */
  progress: z
    .strictObject({
      done: z.number().min(0).max(1),
      remainingSeconds: z.number().min(0).optional(),
      what: z.string().max(200),
    })
    .optional(),
  /** Bounds and counters worth a look: `{ queueBytes: 120, queueBytesMax: 8388608 }`. */
  figures: z.record(z.string(), z.number()).optional(),
});
export type Health = z.infer<typeof Health>;

/** Whatever is dropped is counted, with the stage and whether it was meant. */
export const DropRecord = z.strictObject({
  stage: z.string().min(1).max(64),
  reason: z.string().min(1).max(200),
  count: z.int().min(1),
  meant: z.boolean(),
});
export type DropRecord = z.infer<typeof DropRecord>;
