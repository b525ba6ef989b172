/** What the page about frameworks shows of what the API says. */
import type { FrameworkCoverage } from '@demarc/platform/contract/assurance/frameworks';

export type CoverageRow = FrameworkCoverage['rows'][number];

export const VIEWS: Readonly<Record<string, readonly [title: string, keep: (row: CoverageRow) => boolean]>> =
  {
    all: ['All', () => true],
    unmapped: ['Unmapped', ({ status }) => status === null],
    open: [
      'Not holding',
      ({ status }) => status !== null && status !== 'satisfied' && status !== 'not-applicable',
    ],
    holds: ['Holding', ({ status }) => status === 'satisfied'],
  };

/** By id, title or group, in any case. */
export function matches({ controlId, title, group }: CoverageRow, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return `${controlId} ${title} ${group}`.toLowerCase().includes(wanted);
}

export function summaryOf({ rows, counts, mappedCount }: FrameworkCoverage): string {
  const answered = `${mappedCount} of ${rows.length} controls are answered by ours`;
  const holding = `${counts['satisfied'] ?? 0} of these hold throughout`;
  return `${answered}; ${holding}. An answer is an overlap: it is no certificate.`;
}

export type Format = 'csv' | 'xlsx' | 'oscal';

/** By the file's ending; undefined where it says nothing. */
export function formatOf(name: string): Format | undefined {
  const ending = name.split('.').at(-1)?.toLowerCase();
  if (ending === 'xlsx') return 'xlsx';
  if (ending === 'json') return 'oscal';
  return ending === 'csv' || ending === 'tsv' || ending === 'txt' ? 'csv' : undefined;
}

/** A short name that the API takes, out of the file's. */
export function idOf(name: string): string {
  return name
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 63);
}

/** Of so many bytes at a time: a call cannot take more arguments. */
const CHUNK = 32_768;

export function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}
