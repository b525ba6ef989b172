/** Every event: words, fields, time; the chart narrows the range, a field of an event becomes a filter. */
import { Button, Group, Pill } from '@mantine/core';
import { useMemo, useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { useFresh } from '../parts/fresh.ts';
import { ListPage } from '../parts/list-page.tsx';
import { Empty, Fresh, Instant, Json, SearchBox, TimeRange } from '../parts/parts.tsx';
import { rangeOf } from '../parts/time.ts';
import { TimeChart } from '../parts/time-chart.tsx';
import { counted, shownOf } from '../parts/words.ts';
import { useEventPages, useRecount } from './event-pages.ts';
import { useTenantId } from './queries.ts';
import { type FieldFilter, fieldsOf, filtersOf, textOfFilters } from './search-filters.ts';

const LIMIT = 500;
const SEVERITY = ['', 'Informational', 'Low', 'Medium', 'High', 'Critical'];
type Event = Readonly<Record<string, unknown>>;
const uidOf = (event: Event): string => (event['metadata'] as { readonly uid: string }).uid;

/** What is filtered for is not looked at here: a number that is too high brings the list up to date all the same. */
const whatever = (): boolean => true;

export function SearchPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const [askedAt, setAskedAt] = useState(() => Date.now());
  const range = rangeOf(search['range'], askedAt);
  const filters = filtersOf(search['filters']);
  const query = {
    ...range,
    limit: LIMIT,
    ...(search['text'] === undefined ? {} : { text: search['text'] }),
    ...(filters.length === 0 ? {} : { filters }),
  };
  const { page, chart } = useEventPages('events', tenantId, query);
  const [newest] = page.data?.pages ?? [];
  const events = useMemo(() => page.data?.pages.flatMap((each) => each.events) ?? [], [page.data]);
  const recount = useRecount(tenantId, query, search['range'], page);
  const fresh = useFresh({ tenantId, askedAtMs: askedAt, isShown: whatever, recount });
  const setFilters = (changed: readonly FieldFilter[]): void =>
    setSearch({ filters: textOfFilters(changed) });
  return (
    <ListPage<Event>
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
      above={
        <>
          <Filters filters={filters} onChange={setFilters} />
          {chart.data === undefined ? null : (
            <TimeChart histogram={chart.data} from={range.from} to={range.to} />
          )}
        </>
      }
      failure={page.error}
      rows={newest === undefined ? undefined : events}
      label="Events"
      rowKey={uidOf}
      {...(page.hasNextPage
        ? {
            more: {
              label: `Show ${LIMIT} older`,
              busy: page.isFetchingNextPage,
              bring: () => void page.fetchNextPage(),
            },
          }
        : {})}
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
          render: (event) => (event['device'] as { readonly hostname?: string } | undefined)?.hostname ?? '',
        },
        {
          key: 'message',
          title: 'Message',
          width: 'minmax(24rem, 1fr)',
          render: (event) => String(event['message'] ?? ''),
        },
      ]}
      renderDetails={(selected) => ({
        title: 'Event',
        facts: fieldsOf(selected).map(([field, value]) => [
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
        ]),
        more: (
          <details open>
            <summary>Raw record (OCSF)</summary>
            <Json value={selected} />
          </details>
        ),
      })}
    />
  );
}

function Filters({
  filters,
  onChange,
}: {
  readonly filters: readonly FieldFilter[];
  readonly onChange: (filters: readonly FieldFilter[]) => void;
}) {
  if (filters.length === 0) return null;
  return (
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
          onRemove={() => onChange(filters.filter((other) => other !== filter))}
        >
          {filter.field} {filter.op === 'eq' ? '=' : '≠'} {filter.value}
        </Pill>
      ))}
    </Group>
  );
}
