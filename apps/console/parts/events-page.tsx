/** Events of a room as a page: newest first, older ones piece by piece, live ones counted until they are asked for. */
import type { EventPage } from '@demarc/platform/contract/api';
import type { EventRow, EventsPageProps } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { post } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { EventPage as Page } from '../app/schemas.ts';
import { useFresh } from './fresh.ts';
import { ListPage } from './list-page.tsx';
import { Fresh, Json, SearchBox, TimeRange } from './parts.tsx';
import { rangeOf } from './time.ts';
import { shownOf } from './words.ts';

/** Kept in the page; older than that is found by narrowing the time. */
const EVENTS_MAX = 10_000;

export function EventsPage<Row extends EventRow>({
  search: query,
  rowOf,
  summary,
  words,
  actions,
  renderAbove,
  renderDetails,
  ...table
}: EventsPageProps<Row>) {
  const { search } = usePageSearch();
  // Not the whole address: opening a row must not ask for everything again.
  const found = useEvents(query, search['range'], words === undefined ? undefined : search['text'], rowOf);
  const rows = useMemo(() => found.page?.events.flatMap((event) => rowOf(event) ?? []), [found.page, rowOf]);
  const { page } = found;
  return (
    <ListPage<Row>
      {...table}
      summary={
        page === undefined || rows === undefined
          ? 'Looking…'
          : `${summary(rows, page.matchedCount)}${shownOf(page.events.length, page.matchedCount)}.`
      }
      actions={
        <>
          <Fresh count={found.freshCount} onShow={found.reload} />
          {words === undefined ? null : <SearchBox {...words} name="text" />}
          {actions}
          <TimeRange />
        </>
      }
      failure={found.failure}
      rows={rows}
      rowKey={({ uid }) => uid}
      above={page === undefined || rows === undefined ? null : renderAbove?.(rows, page.asked)}
      {...(found.older === undefined
        ? {}
        : { more: { label: 'Show older', busy: found.isBusy, bring: found.older } })}
      renderDetails={(row) => {
        const { more, ...rest } = renderDetails(row);
        return {
          ...rest,
          more: (
            <>
              {more}
              <details>
                <summary>Raw record (OCSF)</summary>
                <Json value={row.raw} />
              </details>
            </>
          ),
        };
      }}
    />
  );
}

interface Asked extends EventPage {
  /** The time that was asked about: a relative one moves on. */
  readonly asked: { readonly from: string; readonly to: string };
  readonly askedAtMs: number;
}

function useEvents(
  query: EventsPageProps<EventRow>['search'],
  range: string | undefined,
  text: string | undefined,
  rowOf: EventsPageProps<EventRow>['rowOf'],
) {
  const { tenantId = 'local' } = useParams({ strict: false });
  const [page, setPage] = useState<Asked>();
  const [failure, setFailure] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const turn = useRef(0);
  const ask = useCallback(
    (asked: Asked['asked'], cursor?: string, limit?: number) =>
      post(`/v1/tenants/${tenantId}/events/search`, Page, {
        ...query,
        ...(limit === undefined ? {} : { limit }),
        ...asked,
        ...(text === undefined ? {} : { text }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
    [tenantId, query, text],
  );
  const load = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    const askedAtMs = Date.now();
    const asked = rangeOf(range, askedAtMs);
    try {
      const first = await ask(asked);
      // What was asked since is what the page is about now.
      if (mine !== turn.current) return;
      setPage({ ...first, asked, askedAtMs });
      setFailure(undefined);
    } catch (error) {
      if (mine === turn.current) setFailure(error);
    }
  }, [ask, range]);
  useEffect(() => void load(), [load]);
  const isShown = useCallback(
    (event: Record<string, unknown>) => rowOf(event as EventPage['events'][number]) !== undefined,
    [rowOf],
  );
  // Not by the page itself: older ones that are brought do not make it another list.
  const { asked, askedAtMs = 0, matchedCount = 0 } = page ?? {};
  const recount = useMemo(
    () =>
      asked === undefined
        ? undefined
        : async () => {
            const { to } = rangeOf(range, Date.now());
            return (await ask({ from: asked.from, to }, undefined, 1)).matchedCount - matchedCount;
          },
    [ask, asked, matchedCount, range],
  );
  const freshCount = useFresh({ tenantId, askedAtMs, isShown, recount });
  const bring = async (known: Asked, cursor: string): Promise<void> => {
    setBusy(true);
    try {
      const next = await ask(known.asked, cursor);
      setPage((now) =>
        now === known ? { ...known, ...next, events: [...known.events, ...next.events] } : now,
      );
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const cursor = (page?.events.length ?? 0) < EVENTS_MAX ? (page?.nextCursor ?? undefined) : undefined;
  return {
    page,
    failure,
    freshCount,
    isBusy,
    reload: () => void load(),
    older: page === undefined || cursor === undefined ? undefined : () => void bring(page, cursor),
  };
}
