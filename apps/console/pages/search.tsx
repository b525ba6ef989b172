/** Every event: words, fields, time; the chart narrows the range, a field of an event becomes a filter. */
import { Button, Group, Pill } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { post } from '../app/api.ts';
import { liveStream } from '../app/live.ts';
import { usePageSearch } from '../app/page-search.ts';
import { EventHistogram, EventPage } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import {
  Details,
  Empty,
  Facts,
  Failure,
  Fresh,
  Instant,
  Json,
  Loading,
  PageHeader,
  SearchBox,
  TimeRange,
} from '../parts/parts.tsx';
import { counted, rangeOf } from '../parts/time.ts';
import { TimeChart } from '../parts/time-chart.tsx';
import { useTenantId } from './queries.ts';
import { type FieldFilter, fieldsOf, filtersOf, textOfFilters } from './search-filters.ts';

const LIMIT = 500;
/** Kept in the page; older than that is found by narrowing the time. */
const PAGES_MAX = 20;
const SEVERITY = ['', 'Informational', 'Low', 'Medium', 'High', 'Critical'];
type Event = Readonly<Record<string, unknown>>;
const uidOf = (event: Event): string => (event['metadata'] as { readonly uid: string }).uid;

function shownOf(shown: number, matched: number): string {
  return shown < matched ? `; the newest ${shown} are shown` : '';
}

export function SearchPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const [askedAt, setAskedAt] = useState(() => Date.now());
  const [fresh, setFresh] = useState(0);
  const range = rangeOf(search['range'], askedAt);
  const filters = filtersOf(search['filters']);
  const query = {
    ...range,
    limit: LIMIT,
    ...(search['text'] === undefined ? {} : { text: search['text'] }),
    ...(filters.length === 0 ? {} : { filters }),
  };
  const key = JSON.stringify(query);
  const page = useInfiniteQuery({
    queryKey: ['events', tenantId, key],
    queryFn: ({ pageParam }) =>
      post(`/v1/tenants/${tenantId}/events/search`, EventPage, {
        ...query,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last, pages) => (pages.length < PAGES_MAX ? last.nextCursor : null),
    placeholderData: keepPreviousData,
  });
  const [newest] = page.data?.pages ?? [];
  const events = useMemo(() => page.data?.pages.flatMap((each) => each.events) ?? [], [page.data]);
  const chart = useQuery({
    queryKey: ['histogram', tenantId, key],
    queryFn: () => post(`/v1/tenants/${tenantId}/events/histogram`, EventHistogram, query),
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    setFresh(0);
    return liveStream(tenantId).subscribe((message) => {
      if (message.kind === 'event') setFresh((count) => count + 1);
    });
  }, [tenantId, askedAt]);
  const setFilters = (changed: readonly FieldFilter[]): void =>
    setSearch({ filters: textOfFilters(changed) });
  const selected = events.find((event) => uidOf(event) === search['open']);
  return (
    <>
      <PageHeader
        title="Event search"
        summary={
          newest === undefined
            ? 'Searching…'
            : `${counted(newest.matchedCount, 'event')}, found in ${Math.round(newest.elapsedMs)} ms${shownOf(events.length, newest.matchedCount)}.`
        }
        actions={
          <>
            <Fresh count={fresh} onShow={() => setAskedAt(Date.now())} />
            <SearchBox label="Search events" placeholder='Words, or "a phrase"' name="text" />
            <TimeRange />
          </>
        }
      />
      {filters.length === 0 ? null : (
        <Group gap="xs" mb="sm">
          {filters.map((filter) => (
            <Pill
              key={`${filter.field}${filter.op}${filter.value}`}
              withRemoveButton
              removeButtonProps={{
                'aria-label': `Remove filter ${filter.field}`,
                'aria-hidden': false,
                tabIndex: 0,
              }}
              onRemove={() => setFilters(filters.filter((other) => other !== filter))}
            >
              {filter.field} {filter.op === 'eq' ? '=' : '≠'} {filter.value}
            </Pill>
          ))}
        </Group>
      )}
      {page.isError ? <Failure error={page.error} /> : null}
      {chart.data === undefined ? null : <TimeChart histogram={chart.data} from={range.from} to={range.to} />}
      {newest === undefined ? (
        page.isError ? null : (
          <Loading />
        )
      ) : (
        <DataTable<Event>
          label="Events"
          rows={events}
          {...(page.hasNextPage
            ? {
                more: {
                  label: `Show ${LIMIT} older`,
                  busy: page.isFetchingNextPage,
                  bring: () => void page.fetchNextPage(),
                },
              }
            : {})}
          rowKey={uidOf}
          selectedKey={search['open']}
          onOpen={(event) => setSearch({ open: uidOf(event) })}
          empty={<Empty title="Nothing matches">Widen the time range, or take a word or filter away.</Empty>}
          columns={[
            {
              key: 'time',
              title: 'Time',
              width: '8rem',
              render: (event) => <Instant at={Number(event['time'])} />,
            },
            {
              key: 'severity',
              title: 'Severity',
              width: '8rem',
              render: (event) => SEVERITY[Number(event['severity_id'])] ?? '',
            },
            {
              key: 'class',
              title: 'Class',
              width: '9rem',
              render: (event) =>
                event['class_uid'] === 2004
                  ? 'Finding'
                  : event['class_uid'] === 1001
                    ? 'File activity'
                    : String(event['class_uid']),
            },
            {
              key: 'host',
              title: 'Host',
              width: '9rem',
              render: (event) =>
                (event['device'] as { readonly hostname?: string } | undefined)?.hostname ?? '',
            },
            {
              key: 'message',
              title: 'Message',
              width: 'minmax(24rem, 1fr)',
              render: (event) => String(event['message'] ?? ''),
            },
          ]}
        />
      )}
      {selected === undefined ? null : (
        <Details title="Event" onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={fieldsOf(selected).map(([field, value]) => [
              field,
              <>
                {value}{' '}
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-label={`Filter by ${field}`}
                  onClick={() => setFilters([...filters, { field, op: 'eq', value }])}
                >
                  filter
                </Button>
              </>,
            ])}
          />
          <details open>
            <summary>Raw record (OCSF)</summary>
            <Json value={selected} />
          </details>
        </Details>
      )}
    </>
  );
}
