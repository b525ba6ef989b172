/** What the model says, in the words of sheets and pages; the same words as on the screens. */
import type { ControlStatus, EvidenceState } from '@demarc/platform/contract/api';
import type { Assessment } from '../evaluation/assessment.ts';
import { instant } from '../evaluation/describe.ts';
import type { DesignRef, Scope } from '../model/acts.ts';

export const STATUS_WORDS: Readonly<Record<ControlStatus, string>> = {
  satisfied: 'Holds',
  'partially-satisfied': 'Partly',
  'stale-evidence': 'Stale',
  'not-assessed': 'Unknown',
  'not-satisfied': 'Fails',
  'not-applicable': 'Not applicable',
};

export const EVIDENCE_WORDS: Readonly<Record<EvidenceState['state'], string>> = {
  pass: 'Passed',
  fail: 'Failed',
  stale: 'Stale',
  'not-received': 'Never received',
  'no-source': 'No source',
};

const PARTIES: Readonly<Record<string, string>> = { provider: 'Provider', customer: 'Customer', ams: 'AMS' };

/** `provider+ams` → `Provider + AMS`; a registered party by its name. */
export function partyName({ standing }: Pick<Assessment, 'standing'>, party: string | null): string {
  if (party === null) return '';
  return party
    .split('+')
    .map((id) => standing.parties.get(id)?.name ?? PARTIES[id] ?? id)
    .join(' + ');
}

export function scopeName(
  { standing, assets }: Pick<Assessment, 'standing' | 'assets'>,
  scope: Scope,
): string {
  switch (scope.kind) {
    case 'tenant':
      return 'everything';
    case 'group':
      return `group ${standing.groups.get(scope.groupId)?.name ?? scope.groupId}`;
    case 'asset':
      return assets.find(({ assetId }) => assetId === scope.assetId)?.name ?? scope.assetId;
  }
}

export function designRefs(refs: readonly DesignRef[] | undefined): string {
  return (refs ?? [])
    .map(({ document, section, digest }) => {
      const where = section === '' ? document : `${document}, ${section}`;
      return digest === undefined ? where : `${where} (sha256 ${digest.slice(0, 12)}…)`;
    })
    .join('\n');
}

export const percent = (share: number | undefined): string =>
  share === undefined ? 'nothing to count' : `${(share * 100).toFixed(1)} %`;

/** At the foot of every page and sheet: of when it is, as known when, how much was looked at, and by which digest. */
export function footing(assessment: Assessment): string {
  const { tenantId, asOfMs, knownAtMs, rollUp, digest } = assessment;
  return `${tenantId} · as of ${instant(asOfMs)} · recorded as of ${instant(knownAtMs)} · coverage ${percent(rollUp.coverage)} · ${digest.slice(0, 16)}`;
}

/** The same, line by line, for the first page of a document. */
export function facts(assessment: Assessment): readonly (readonly [string, string])[] {
  const { tenantId, asOfMs, knownAtMs, rollUp, digest, catalogue } = assessment;
  return [
    ['Tenant', tenantId],
    ['As of (UTC)', instant(asOfMs)],
    ['Recorded as of (UTC)', instant(knownAtMs)],
    ['Catalogue', `${catalogue.id} ${catalogue.version}`],
    [
      'Coverage',
      `${percent(rollUp.coverage)} (${rollUp.assessed} of ${rollUp.applicable} applicable were assessed)`,
    ],
    ['Digest (SHA-256)', digest],
  ];
}

/** `2026-11-20 12:34:56`; the heading says that it is UTC. */
export const instantWords = (ms: number): string => instant(ms).slice(0, 19).replace('T', ' ');

/** `4 min`, `7.5 h`, `12 d` */
export function ageWords(hours: number): string {
  if (hours < 1) return `${Math.max(0, Math.floor(hours * 60))} min`;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.floor(hours / 24)} d`;
}
