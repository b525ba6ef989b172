/** Policies of rooms as the API has them. */
import * as z from 'zod';
import { Instant } from './api.ts';

/** What is said for a scope: some fields of the room's policy. */
export const PolicyValues = z.record(z.string(), z.unknown());

export const PolicyScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant') }),
  z.strictObject({ kind: z.literal('group'), groupId: z.string() }),
  z.strictObject({ kind: z.literal('asset'), assetId: z.string() }),
  /** Not set by a person: what a service adds by itself, as shields do. */
  z.strictObject({ kind: z.literal('service'), serviceId: z.string() }),
]);
export type PolicyScope = z.infer<typeof PolicyScope>;

export const PolicyLayer = z.strictObject({
  scope: PolicyScope,
  policy: PolicyValues,
  setBy: z.string(),
  setAt: Instant,
  /** Why it is left out of what is in force. */
  problem: z.string().nullable(),
});
export type PolicyLayer = z.infer<typeof PolicyLayer>;

export const PolicyReply = z.strictObject({
  serviceId: z.string(),
  policyVersion: z.string(),
  policy: z.unknown(),
  /** What it is made of, the least specific first; the room's own defaults come before them. */
  layers: z.array(PolicyLayer),
});
export const PolicyLayers = z.strictObject({ layers: z.array(PolicyLayer) });
