/**
 * The instant that the pages about responsibility and status look at: `asOf` in the address, now without it.
 *
 * It belongs to the frame: the control is in the header, links carry it from page to page, and a page that asks
 * the server with it says so (`parts/as-of.tsx`).
 */
import { usePageSearch } from './page-search.ts';

/** Pages that can be turned back to a date; the others show the present, and the frame says that they do. */
export const PAGES_WITH_AS_OF: readonly string[] = ['matrix', 'stack', 'mine', 'gaps', 'decisions'];

export interface AsOf {
  /** ISO 8601 in UTC with milliseconds, as the API takes it; undefined: now. */
  readonly asOf: string | undefined;
  /** `?asOf=…` for a path of the API without other parameters, or nothing. */
  readonly query: string;
  setAsOf(asOf: string | undefined): void;
}

export function useAsOf(): AsOf {
  const { search, setSearch } = usePageSearch();
  const asOf = asOfIn(search);
  return {
    asOf,
    query: asOf === undefined ? '' : `?${new URLSearchParams({ asOf })}`,
    setAsOf: (changed) => setSearch({ asOf: changed }),
  };
}

/** What is no instant is now: an address that somebody shortened must not show an error. */
export function asOfIn(search: Readonly<Record<string, string>>): string | undefined {
  const at = Date.parse(search['asOf'] ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** The part of the address that goes along from page to page. */
export function asOfSearch(search: Readonly<Record<string, string>>): Record<string, string> {
  const asOf = asOfIn(search);
  return asOf === undefined ? {} : { asOf };
}

/** `2026-11-20T12:00`, as a browser's date field takes it and gives it, in the reader's zone or in UTC. */
export function fieldOf(asOf: string | undefined, zone: 'local' | 'utc'): string {
  if (asOf === undefined) return '';
  const at = new Date(asOf);
  const shiftMs = zone === 'utc' ? 0 : at.getTimezoneOffset() * 60_000;
  return new Date(at.getTime() - shiftMs).toISOString().slice(0, 16);
}

/** Undefined for a field that is empty or not filled in. */
export function instantOfField(field: string, zone: 'local' | 'utc'): string | undefined {
  const at = Date.parse(zone === 'utc' ? `${field}Z` : field);
  return field === '' || Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
