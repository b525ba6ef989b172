/** Findings: what the rules have found, newest first, with everything that a decision about one needs beside it. */
import type { EventPage as Page } from '@demarc/platform/contract/api';
import type { Column } from '@demarc/platform/contract/console';
import { Link } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { usePageSearch } from '../../app/page-search.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { useFresh } from '../../parts/fresh.ts';
import { Empty, Failure, Fresh, Instant, Loading, PageHeader, TimeRange } from '../../parts/parts.tsx';
import { rangeOf } from '../../parts/time.ts';
import { TimeChart } from '../../parts/time-chart.tsx';
import { counted, shownOf } from '../../parts/words.ts';
import { useEventPages, useRecount } from '../event-pages.ts';
import { useTenantId } from '../queries.ts';
import { FindingDetails } from './finding-details.tsx';
import { FindingFilters } from './finding-filters.tsx';
import { eventSays, type Finding, findingOf } from './finding-view.ts';
import { DETECTION_FINDING, findingsQuery, fits } from './findings-view.ts';
import { LevelMark } from './marks.tsx';

const LIMIT = 500;
export function FindingsPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const [askedAt, setAskedAt] = useState(() => Date.now());
  const range = rangeOf(search['range'], askedAt);
  const query = findingsQuery(search, range, LIMIT);
  const { page, chart } = useEventPages('findings', tenantId, query);
  const findings = useMemo(
    () => page.data?.pages.flatMap(({ events }) => events.map(findingOf)) ?? [],
    [page.data],
  );
  const [newest] = page.data?.pages ?? [];
  const recount = useRecount(tenantId, query, search['range'], page);
  const isShown = useCallback(
    (event: Record<string, unknown>) =>
      event['class_uid'] === DETECTION_FINDING && fits(findingOf(event), search),
    [search],
  );
  const fresh = useFresh({ tenantId, askedAtMs: askedAt, isShown, recount });
  const open = search['open'];
  return (
    <>
      <PageHeader
        title="Findings"
        summary={newest === undefined ? 'Looking…' : summaryOf(newest, findings)}
        actions={
          <>
            <Fresh count={fresh} onShow={() => setAskedAt(Date.now())} />
            <TimeRange />
          </>
        }
      />
      <FindingFilters hosts={hostsOf(findings)} titleOf={titleOf(findings)} />
      {page.isError ? <Failure error={page.error} /> : null}
      {chart.data === undefined ? null : (
        <TimeChart histogram={chart.data} from={range.from} to={range.to} what="findings" />
      )}
      {newest === undefined ? (
        page.isError ? null : (
          <Loading />
        )
      ) : (
        <DataTable<Finding>
          label="Findings"
          printLabel={`Findings from ${range.from} to ${range.to}`}
          rows={findings}
          columns={COLUMNS}
          rowKey={(finding) => finding.uid}
          selectedKey={open}
          onOpen={(finding) => setSearch({ open: finding.uid })}
          empty={
            <NoFinding
              tenantId={tenantId}
              isFiltered={(query.filters ?? []).length > 0 || query.text !== undefined}
            />
          }
          {...(page.hasNextPage
            ? {
                more: {
                  label: `Show ${LIMIT} older`,
                  busy: page.isFetchingNextPage,
                  bring: () => void page.fetchNextPage(),
                },
              }
            : {})}
        />
      )}
      {open === undefined ? null : (
        <FindingDetails uid={open} onClose={() => setSearch({ open: undefined })} />
      )}
    </>
  );
}

function summaryOf(newest: Page, findings: readonly Finding[]): string {
  const rules = new Set(findings.map(({ ruleId }) => ruleId)).size;
  const hosts = hostsOf(findings).length;
  if (findings.length === 0) return `No finding, looked up in ${Math.round(newest.elapsedMs)} ms.`;
  return `${counted(newest.matchedCount, 'finding')} of ${counted(rules, 'rule')}${hosts === 0 ? '' : ` on ${counted(hosts, 'host')}`}${shownOf(findings.length, newest.matchedCount)}.`;
}

const hostsOf = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ host }) => host))].filter(Boolean).toSorted();

const titleOf =
  (findings: readonly Finding[]) =>
  (wanted: string): string | undefined =>
    findings.find(({ ruleId }) => ruleId === wanted)?.title;

function NoFinding({ tenantId, isFiltered }: { readonly tenantId: string; readonly isFiltered: boolean }) {
  if (isFiltered)
    return <Empty title="No finding like that">Take a filter away, or widen the time range.</Empty>;
  return (
    <Empty title="No finding in this time">
      That is good news only if rules can fire:{' '}
      <Link
        to={'/t/$tenantId/rules' as '/'}
        params={{ tenantId } as never}
        search={{ show: 'never' } as never}
      >
        look which cannot
      </Link>
      , and{' '}
      <Link to={'/t/$tenantId/sources' as '/'} params={{ tenantId } as never}>
        what arrives
      </Link>
      .
    </Empty>
  );
}

const COLUMNS: readonly Column<Finding>[] = [
  { key: 'time', title: 'Time', width: '7.5rem', render: ({ atMs }) => <Instant at={atMs} /> },
  { key: 'level', title: 'Level', width: '9rem', render: ({ level }) => <LevelMark level={level} /> },
  { key: 'rule', title: 'Rule', width: 'minmax(15rem, 1.2fr)', render: ({ title }) => title },
  { key: 'host', title: 'Host', width: '9rem', render: ({ host }) => host },
  {
    key: 'what',
    title: 'What',
    width: 'minmax(18rem, 2fr)',
    render: eventSays,
  },
  {
    key: 'attack',
    title: 'ATT&CK',
    width: '10rem',
    render: ({ attacks }) => <span className="d-mono">{attacks.map(({ uid }) => uid).join(' ')}</span>,
  },
];
