/** What the workbook page shows of its rows: pure, so that it can be tried without a browser. */
import { CONTROL_STATUSES } from '@demarc/platform/contract/api';
import type { WorkbookRow } from '@demarc/platform/contract/assurance/workbook';
import type { PageSearch } from '../app/page-search.ts';

export const SORTS = [
  ['catalogue', 'By area'],
  ['status', 'Worst first'],
  ['worth', 'Most worth first'],
  ['evidence', 'Oldest evidence first'],
  ['review', 'Next review first'],
] as const;

/** From what needs somebody to what does not. */
const STATUS_ORDER = [
  'not-satisfied',
  'stale-evidence',
  'not-assessed',
  'partially-satisfied',
  'satisfied',
  'not-applicable',
];

export function rowsOf(rows: readonly WorkbookRow[], search: PageSearch): readonly WorkbookRow[] {
  const words = (search['text'] ?? '').toLowerCase();
  const { status, area, owner, written } = search as Readonly<Record<string, string | undefined>>;
  const kept = rows.filter(
    (row) =>
      (status === undefined || row.status === status) &&
      (area === undefined || row.area === area) &&
      (owner === undefined || operators(row).includes(owner)) &&
      (written === undefined || WRITTEN[written]?.[1](row) !== false) &&
      textOf(row).includes(words),
  );
  return sorted(kept, search['sort']);
}

/** What people have, or have not, done about a control. */
export const WRITTEN: Readonly<Record<string, readonly [string, (row: WorkbookRow) => boolean]>> = {
  unwritten: ['Nothing written', (row) => row.rationale === '' && row.applied === null],
  contradicted: ['Said to be applied, and is not', (row) => row.contradicted],
  overdue: ['Review overdue', (row) => row.reviewOverdue],
  excepted: ['Under an exception', (row) => row.exceptedCount > 0],
  standard: ['Named by a standard', (row) => row.standards.length > 0],
};

const textOf = (row: WorkbookRow): string =>
  [row.controlId, row.title, row.area, row.capability, row.objective, row.rationale, row.configuration]
    .join(' ')
    .toLowerCase();

function sorted(rows: readonly WorkbookRow[], by: string | undefined): readonly WorkbookRow[] {
  const order: Readonly<Record<string, (row: WorkbookRow) => string | number>> = {
    status: (row) => STATUS_ORDER.indexOf(row.status),
    worth: (row) => -row.worth,
    // Never received is older than everything.
    evidence: (row) => row.evidenceOldestAt ?? '',
    review: (row) => row.reviewAt ?? '9999',
  };
  const key = order[by ?? ''];
  if (key === undefined) return rows;
  return rows.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** Who has the duty to operate it, on any asset; `nobody` where nobody does. */
export function operators(row: WorkbookRow): readonly string[] {
  const shares = row.owners.find(({ duty }) => duty === 'operate')?.shares ?? [];
  return [...new Set(shares.map(({ party }) => party ?? 'nobody'))];
}

export const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(1)} %`;

/** `12 of 14 hold`, with every other status that there is. */
export function countsText(counts: WorkbookRow['score']['counts']): string {
  const words: Readonly<Record<string, string>> = {
    satisfied: 'hold',
    'partially-satisfied': 'partly',
    'stale-evidence': 'stale',
    'not-assessed': 'unknown',
    'not-satisfied': 'fail',
    'not-applicable': 'not applicable',
  };
  return CONTROL_STATUSES.filter((status) => (counts[status] ?? 0) > 0)
    .map((status) => `${counts[status]} ${words[status] ?? status}`)
    .join(', ');
}

/** The controls that are ticked, as they stand in the URL. */
export const chosenOf = (search: PageSearch): ReadonlySet<string> =>
  new Set((search['chosen'] ?? '').split(' ').filter((id) => /^[A-Z]{3}-\d{2}$/.test(id)));

export function toggled(chosen: ReadonlySet<string>, controlId: string): string | undefined {
  const next = new Set(chosen);
  if (!next.delete(controlId)) next.add(controlId);
  return textOfChosen([...next]);
}

export const textOfChosen = (ids: readonly string[]): string | undefined =>
  ids.length === 0 ? undefined : [...ids].sort().join(' ');

/** `HLD-7#3.2`, one a line. */
export function designsOf(text: string): { document: string; section: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [document = '', section = ''] = line.split(/#(.*)/s);
      return { document: document.trim(), section: section.trim() };
    });
}

export const textOfDesigns = (
  designs: readonly { readonly document: string; readonly section: string }[],
): string =>
  designs.map(({ document, section }) => (section === '' ? document : `${document}#${section}`)).join('\n');

/** A day of a date field, at its start in UTC; an instant with milliseconds, as the API takes it. */
export const instantOfDay = (day: string): string => `${day}T00:00:00.000Z`;

/** The day so many days from now, for a date field. */
export const dayIn = (days: number, nowMs: number): string =>
  new Date(nowMs + days * 86_400_000).toISOString().slice(0, 10);
