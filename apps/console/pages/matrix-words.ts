/** A cell of the matrix in plain words: its overlays, its flags, its status and its ownership. Pure. */
import type { MatrixCell } from '@demarc/platform/contract/api';
import { partyWord } from '../parts/party.ts';

/** `pending:provider` → `→ Provider, waits`; `observed:ams` → `AMS team at work`. */
export function flagWords(flags: readonly string[]): readonly string[] {
  return flags.map((flag) => {
    const [kind, party = ''] = flag.split(':');
    if (kind === 'pending') return `→ ${partyWord(party)}, waits`;
    return kind === 'observed' ? `${partyWord(party)} at work` : flag;
  });
}

export function overlayText(cell: MatrixCell): string | undefined {
  if (cell.exception !== null)
    return `Accepted until ${cell.exception.until} by ${cell.exception.approver}: ${cell.exception.reason}`;
  return cell.notApplicableBecause === null ? undefined : `Not applicable: ${cell.notApplicableBecause}`;
}

const OWN: Readonly<Record<MatrixCell['status'], string>> = {
  satisfied: 'Its own evidence is fresh and passes.',
  'partially-satisfied': 'Some of its evidence was never received, or an optional check fails.',
  'stale-evidence': 'A pass that it needs is older than it may be.',
  'not-assessed': 'Nothing was ever received about it, so nobody knows.',
  'not-satisfied': 'A check that it needs fails; only a newer pass clears that.',
  'not-applicable': 'It was approved that it is not about this asset.',
};

/** The rule that made the status, then what holds it down, then what only warns. */
export function statusReasons(cell: MatrixCell): readonly string[] {
  const capped = cell.ownStatus !== cell.status;
  return [
    OWN[cell.ownStatus],
    ...(capped ? [`It is held down by what it leans on: ${cell.rootCauses.join(', ')}.`] : []),
    ...cell.warnings.map((warning) => `A warning, without effect on the status: ${warning}.`),
  ];
}

const OWNERSHIP: Readonly<Record<string, string>> = {
  'provider-owned': 'All of it is the provider’s.',
  'customer-owned': 'All of it is the customer’s.',
  'third-party': 'All of it is with one other party.',
  'shared-independent': 'Shared: each party’s part holds without the other’s.',
  'shared-dependent': 'Shared: one party’s part needs the other’s.',
  unowned: 'A part of it is nobody’s.',
  contested: 'A part of it is disputed.',
};

export function ownershipWords(cell: MatrixCell): string {
  return `${OWNERSHIP[cell.ownership] ?? cell.ownership} ${partyWord(cell.accountable)} is accountable.`;
}
