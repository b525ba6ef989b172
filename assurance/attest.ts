/** What a person vouches for: a statement, or somebody else's report, with an expiry. Machines' rules take neither. */
import type { EvidenceKey } from '@demarc/platform/evidence';
import { signedEvidence } from '@demarc/platform/evidence';
import type { Catalogue, EvidenceRule } from './catalogue/catalogue.ts';
import { assuranceErrors } from './errors.ts';
import type { ObservedOn } from './intake.ts';

/** The service that attestations name. */
export const ATTESTATION = 'attestation';

export interface Attestation {
  readonly rule: string;
  readonly assetId: string;
  readonly statement: string;
  /** False: the person says that it does not hold. */
  readonly holds: boolean;
  /** From then on, to the millisecond, it says nothing more. */
  readonly untilMs: number;
  /** Who says so: the name that everybody reads, and the account that was signed in. */
  readonly person: string;
  readonly accountId: string;
  readonly report?: { readonly title: string; readonly digest: string };
}

/** A record of people's own doings can be vouched for by people; a record that an interface keeps cannot. */
export function isAttestable({ kind, source }: Pick<EvidenceRule, 'kind' | 'source'>): boolean {
  return (
    kind === 'attestation' ||
    kind === 'third_party_report' ||
    (kind === 'record' && (source === 'workflow' || source === 'document'))
  );
}

/** Rules that people may vouch for here: those that nothing here observes. */
export function attestableRules(
  catalogue: Catalogue,
  observed: (rule: string) => boolean,
): ReadonlySet<string> {
  return new Set(
    [...catalogue.rules].filter(([id, { rule }]) => isAttestable(rule) && !observed(id)).map(([id]) => id),
  );
}

/** @throws ASSURANCE_ATTESTATION_REFUSED, ASSURANCE_DATE_INVALID */
export function attested(
  given: Attestation,
  {
    catalogue,
    attestable,
    key,
    nowMs,
  }: {
    readonly catalogue: Catalogue;
    readonly attestable: ReadonlySet<string>;
    readonly key: EvidenceKey;
    readonly nowMs: number;
  },
): ObservedOn {
  const refused = (because: string): Error =>
    assuranceErrors.make('ASSURANCE_ATTESTATION_REFUSED', { rule: given.rule, because });
  const rule = catalogue.rules.get(given.rule)?.rule;
  if (rule === undefined) throw refused('the catalogue has no such rule');
  if (!isAttestable(rule)) throw refused(`it is evidence of the kind ${rule.kind}, which a machine gives`);
  if (!attestable.has(rule.id))
    throw refused('this installation observes it itself, and a statement is not more than that');
  if (rule.kind === 'third_party_report' && given.report === undefined)
    throw refused('it asks for somebody else’s report: name it, with its digest');
  if (given.untilMs <= nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'it lies in the past' });
  const { assetId, statement, person, accountId, report, untilMs, holds } = given;
  return {
    assetId,
    evidence: signedEvidence(
      {
        rule: rule.id,
        result: holds ? 'pass' : 'fail',
        because: `${person} ${holds ? 'states' : 'denies'}: ${statement}`.slice(0, 1_000),
        raw: { statement, person, accountId, ...(report === undefined ? {} : { report }) },
      },
      {
        service: ATTESTATION,
        assetId,
        observedAtMs: nowMs,
        expiresAtMs: untilMs,
        sign: (bytes) => key.sign(bytes),
      },
    ),
  };
}
