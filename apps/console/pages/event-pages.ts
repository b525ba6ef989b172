/** A search of events, page by page, and how many there are over its time. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { post } from '../app/api.ts';
import { EventHistogram, EventPage } from '../app/schemas.ts';
import { rangeOf } from '../parts/time.ts';

/** Kept in the page; older ones are found by narrowing the time. */
const PAGES_MAX = 20;

/**
 * @param name what is looked for: nobody else's answers are taken for these
 * @param query as the API takes it, without a cursor
 */
export function useEventPages(name: string, tenantId: string, query: object) {
  const key = JSON.stringify(query);
  const page = useInfiniteQuery({
    queryKey: [name, tenantId, key],
    queryFn: ({ pageParam }) =>
      post(`/v1/tenants/${tenantId}/events/search`, EventPage, {
        ...query,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last, pages) => (pages.length < PAGES_MAX ? last.nextCursor : null),
    placeholderData: keepPreviousData,
  });
  const chart = useQuery({
    queryKey: [name, tenantId, 'histogram', key],
    queryFn: () => post(`/v1/tenants/${tenantId}/events/histogram`, EventHistogram, query),
    placeholderData: keepPreviousData,
  });
  return { page, chart };
}

/**
 * How many more there are by now than when the page was asked for.
 *
 * Undefined until the page is there: compared with the one before it, what it is about to show would be called new, and
 * whoever asks for it then asks anew before the answer is there, and so on.
 *
 * @param range as the address has it: a relative one goes on, another has its end
 * @param page of `useEventPages` for the same query
 */
export function useRecount(
  tenantId: string,
  query: object,
  range: string | undefined,
  page: ReturnType<typeof useEventPages>['page'],
): (() => Promise<number>) | undefined {
  const key = JSON.stringify(query);
  const matchedCount = page.isPlaceholderData ? undefined : page.data?.pages[0]?.matchedCount;
  return useMemo(
    () =>
      matchedCount === undefined
        ? undefined
        : async () => {
            const { to } = rangeOf(range, Date.now());
            const asked = { ...(JSON.parse(key) as object), to, limit: 1 };
            const now = await post(`/v1/tenants/${tenantId}/events/search`, EventPage, asked);
            return now.matchedCount - matchedCount;
          },
    [tenantId, key, range, matchedCount],
  );
}
