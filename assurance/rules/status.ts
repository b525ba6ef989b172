/** What the evidence says of one control on one asset, before what it depends on is asked. */
import type { ControlStatus } from '@demarc/platform/contract/api';

export interface RuleEvidence {
  /** The last result that says something; a collector's error says nothing. */
  readonly last?: 'pass' | 'fail';
  readonly at?: number;
  /** For how long a pass is fresh, in the unit of `at`. */
  readonly fresh: number;
  /** Optional rules cannot fail a control, only hold it at partial. */
  readonly required?: boolean;
}

/**
 * In this order: not applicable; a required failure, which never ages into anything better; nothing ever
 * received; a required pass that is too old; a required rule never received or an optional one failing;
 * satisfied.
 */
export function ownStatus(
  control: { readonly na?: boolean; readonly evidence: readonly RuleEvidence[] },
  t: number,
): ControlStatus {
  if (control.na === true) return 'not-applicable';
  const required = control.evidence.filter((rule) => rule.required !== false);
  if (required.some((rule) => rule.last === 'fail')) return 'not-satisfied';
  if (control.evidence.every((rule) => rule.last === undefined)) return 'not-assessed';
  if (required.some((rule) => rule.last === 'pass' && isStale(rule, t))) return 'stale-evidence';
  const missing = required.some((rule) => rule.last === undefined);
  const optionalFailing = control.evidence.some((rule) => rule.required === false && rule.last === 'fail');
  return missing || optionalFailing ? 'partially-satisfied' : 'satisfied';
}

/** The first millisecond at which a pass is stale; a failure has none: it does not age. */
export function staleAt(rule: RuleEvidence): number | undefined {
  return rule.last === 'pass' && rule.at !== undefined ? rule.at + rule.fresh + 1 : undefined;
}

/** Exactly at the limit is still fresh. */
export function isStale(rule: RuleEvidence, t: number): boolean {
  return rule.at !== undefined && t - rule.at > rule.fresh;
}
