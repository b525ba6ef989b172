/** The filters of the findings page, as they stand in the address, as a search of the API. Pure. */
import type { EventFilter, EventSearch } from '@demarc/platform/contract/api';
import { RuleLevel } from '@demarc/platform/contract/detection';
import type { PageSearch } from '../../app/page-search.ts';
import { type AttackAsked, attackAsked } from './attack-view.ts';
import type { Finding } from './finding-view.ts';

/** OCSF Detection Finding. */
export const DETECTION_FINDING = 2004;

/** Worst first, as people choose them. */
export const LEVELS: readonly RuleLevel[] = RuleLevel.options.toReversed();

/** Chosen levels; all of them where none is chosen. */
export function levelsIn(search: PageSearch): readonly RuleLevel[] {
  const chosen = (search['level'] ?? '').split(',');
  const known = LEVELS.filter((level) => chosen.includes(level));
  return known.length === 0 ? LEVELS : known;
}

/** The address after a level was pressed: the last one that is taken away brings all back. */
export function withLevel(search: PageSearch, level: RuleLevel): string | undefined {
  const before = search['level'] === undefined ? [] : levelsIn(search);
  const after = before.includes(level) ? before.filter((each) => each !== level) : [...before, level];
  return after.length === 0 || after.length === LEVELS.length ? undefined : after.join(',');
}

const ATTACK_FIELD: Readonly<Record<NonNullable<AttackAsked>['kind'], string>> = {
  technique: 'finding_info.attacks.technique.uid',
  'sub-technique': 'finding_info.attacks.sub_technique.uid',
  tactic: 'finding_info.attacks.tactic.uid',
};

export function findingsQuery(
  search: PageSearch,
  range: { readonly from: string; readonly to: string },
  limit: number,
): EventSearch {
  const filters: EventFilter[] = [];
  const equal = (field: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') filters.push({ field, op: 'eq', value });
  };
  // There is no "or": a set of levels is what is left when the others are taken away.
  const levels = levelsIn(search);
  for (const level of LEVELS)
    if (!levels.includes(level))
      filters.push({ field: 'severity_id', op: 'ne', value: String(RuleLevel.options.indexOf(level) + 1) });
  equal('finding_info.analytic.uid', search['rule']);
  equal('device.hostname', search['host']);
  const asked = attackAsked(search['technique'] ?? '');
  if (asked !== undefined) equal(ATTACK_FIELD[asked.kind], asked.uid);
  return {
    ...range,
    classUids: [DETECTION_FINDING],
    limit,
    ...(search['text'] === undefined ? {} : { text: search['text'] }),
    ...(filters.length === 0 ? {} : { filters }),
  };
}

/** Whether a finding that has just arrived would be in the list; words are the server's to judge. */
export function fits(finding: Finding, search: PageSearch): boolean {
  const asked = attackAsked(search['technique'] ?? '');
  return (
    (finding.level === undefined || levelsIn(search).includes(finding.level)) &&
    [undefined, finding.ruleId].includes(search['rule']) &&
    [undefined, finding.host].includes(search['host']) &&
    (asked === undefined ||
      asked.kind === 'tactic' ||
      finding.attacks.some(({ uid }) => uid.startsWith(asked.uid)))
  );
}

/** Where the search page shows one event: its time is needed, for events are kept by time. */
export function searchFor(uid: string, atMs: number): Readonly<Record<string, string>> {
  const instant = (ms: number): string => new Date(ms).toISOString();
  return {
    filters: `metadata.uid=${uid}`,
    range: `${instant(atMs - 60_000)}..${instant(atMs + 60_000)}`,
    open: uid,
  };
}
