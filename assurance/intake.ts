/** What evidence must be before it counts. Each refusal has a reason, is said to whoever sent it, and is counted. */

import { canonicalJson } from '@demarc/platform/canonical';
import type { Evidence } from '@demarc/platform/contract';
import { digestOf, signatureHolds } from '@demarc/platform/evidence';
import type { Catalogue } from './catalogue/catalogue.ts';
import { type AssuredAsset, applies } from './evaluation/population.ts';

/** A clock may run ahead by so much before what it says is about the future. */
export const AHEAD_MS_MAX = 60_000;
const RAW_CHARACTERS_MAX = 65_536;

export const REFUSALS = [
  'unknownRule',
  'future',
  'tooLarge',
  'digest',
  'unsigned',
  'foreignTenant',
  'signature',
  'unknownAsset',
  'notApplicable',
  'notPromised',
  'replayed',
  'uidReused',
  'expiry',
] as const;
export type RefusalReason = (typeof REFUSALS)[number];

export interface Refusal {
  readonly reason: RefusalReason;
  readonly because: string;
}

/** Evidence, and the asset it is about. */
export interface ObservedOn {
  readonly assetId: string;
  readonly evidence: Evidence;
}

export interface TakenIn {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly ({ readonly uid: string } & Refusal)[];
}

export interface IntakeRules {
  readonly catalogue: Catalogue;
  readonly receivedAtMs: number;
  readonly publicKeysPem: readonly string[];
  /** Service → the rules that it may give evidence for. */
  readonly promised: ReadonlyMap<string, ReadonlySet<string>>;
}

const no = (reason: RefusalReason, because: string): Refusal => ({ reason, because });

/** What can be told without knowing what is kept already. Undefined when it is acceptable so far. */
export function refusal(evidence: Evidence, rules: IntakeRules): Refusal | undefined {
  const { catalogue, receivedAtMs, publicKeysPem, promised } = rules;
  const { rule, observedAtMs, expiresAtMs } = evidence;
  if (!catalogue.rules.has(rule)) return no('unknownRule', `${rule} is not a rule of the catalogue`);
  if (observedAtMs > receivedAtMs + AHEAD_MS_MAX) return no('future', 'it is dated in the future');
  const raw = canonicalJson(evidence.raw);
  if (raw.length > RAW_CHARACTERS_MAX)
    return no('tooLarge', `its raw record is longer than ${RAW_CHARACTERS_MAX} characters`);
  if (digestOf(evidence.raw) !== evidence.digest)
    return no('digest', 'its digest is not that of its raw record');
  if (evidence.signature === undefined) return no('unsigned', 'it is not signed');
  if (!publicKeysPem.some((key) => signatureHolds(evidence, key)))
    return no('signature', 'its signature is not by a key of the asset it came from');
  if (promised.get(evidence.service)?.has(rule) !== true)
    return no('notPromised', `${evidence.service} does not promise ${rule}`);
  const seen = evidence.raw['observedAtMs'];
  if (typeof seen === 'number' && seen !== observedAtMs)
    return no('replayed', 'its raw record was observed at another instant than it says');
  if (expiresAtMs !== undefined && expiresAtMs <= observedAtMs)
    return no('expiry', 'it expires before it was made');
  return undefined;
}

/** Whether it is about an asset that is there, and a control that is about such assets. */
export function misplaced(
  catalogue: Catalogue,
  { assetId, evidence }: ObservedOn,
  asset: AssuredAsset | undefined,
): Refusal | undefined {
  if (asset === undefined)
    return no('unknownAsset', `${assetId} is not an asset of this tenant, or not any more`);
  const control = catalogue.rules.get(evidence.rule)?.control;
  if (control === undefined || !applies(control, asset))
    return no(
      'notApplicable',
      `${control?.id ?? evidence.rule} is not about assets of the type ${asset.type}`,
    );
  return undefined;
}

/** What is kept of evidence with the same uid, or the same raw record. */
export interface KnownEvidence {
  readonly uid: string;
  readonly asset_id: string;
  readonly rule: string;
  readonly digest: string;
  readonly result: string;
  readonly observed_at_ms: number;
}

/** `duplicate` when the very same was taken before. */
export function seenBefore(
  { assetId, evidence }: ObservedOn,
  known: readonly KnownEvidence[],
): 'duplicate' | Refusal | undefined {
  for (const other of known) {
    const same =
      other.asset_id === assetId &&
      other.rule === evidence.rule &&
      other.digest === evidence.digest &&
      other.result === evidence.result &&
      other.observed_at_ms === evidence.observedAtMs;
    if (other.uid === evidence.uid)
      return same ? 'duplicate' : no('uidReused', 'its uid is that of other evidence');
    if (other.asset_id === assetId && other.rule === evidence.rule && other.digest === evidence.digest)
      return no('replayed', `its raw record was received before, as ${other.uid.slice(0, 16)}`);
  }
  return undefined;
}
