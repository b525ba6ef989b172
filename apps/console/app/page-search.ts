/** Filters, range and selection of a page: in the URL, so that every view can be sent to a colleague. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type PageSearch = Readonly<Record<string, string>>;

export function validatePageSearch(raw: Readonly<Record<string, unknown>>): PageSearch {
  return Object.fromEntries(
    Object.entries(raw).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  );
}

export function usePageSearch(): {
  readonly search: PageSearch;
  setSearch(changes: Readonly<Record<string, string | undefined>>): void;
} {
  const search = useSearch({ strict: false }) as PageSearch;
  const navigate = useNavigate();
  const setSearch = useCallback(
    (changes: Readonly<Record<string, string | undefined>>) => {
      void navigate({
        to: '.',
        replace: true,
        search: (before: PageSearch) =>
          Object.fromEntries(
            Object.entries({ ...before, ...changes }).filter(([, value]) => value !== undefined),
          ),
      });
    },
    [navigate],
  );
  return { search, setSearch };
}
