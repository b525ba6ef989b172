/** Events for a room's page: newest first, older ones piece by piece, live ones counted until they are asked for. */
import type { EventPage } from '@demarc/platform/contract/api';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { post } from '../app/api.ts';
import { liveStream } from '../app/live.ts';
import { usePageSearch } from '../app/page-search.ts';
import { EventPage as Page } from '../app/schemas.ts';
import { rangeOf } from './time.ts';

/** Kept in the page; older than that is found by narrowing the time. */
const EVENTS_MAX = 10_000;

export const Events: ConsoleTools['parts']['Events'] = ({ search, isFresh, children }) => {
  const { tenantId = 'local' } = useParams({ strict: false });
  const { search: address } = usePageSearch();
  // Not the whole address: opening a row must not ask for everything again.
  const chosen = address['range'];
  const [found, setFound] = useState<EventPage>();
  const [failure, setFailure] = useState<unknown>();
  const [freshCount, setFreshCount] = useState(0);
  const [busy, setBusy] = useState(false);
  const ask = useCallback(
    (cursor?: string) =>
      post(`/v1/tenants/${tenantId}/events/search`, Page, {
        ...search,
        ...rangeOf(chosen, Date.now()),
        ...(cursor === undefined ? {} : { cursor }),
      }),
    [tenantId, search, chosen],
  );
  const load = useCallback(async () => {
    try {
      setFound(await ask());
      setFailure(undefined);
      setFreshCount(0);
    } catch (error) {
      setFailure(error);
    }
  }, [ask]);
  useEffect(() => void load(), [load]);
  useEffect(
    () =>
      liveStream(tenantId).subscribe((message) => {
        if (message.kind === 'event' && isFresh(message.event)) setFreshCount((count) => count + 1);
      }),
    [tenantId, isFresh],
  );
  const cursor = (found?.events.length ?? 0) < EVENTS_MAX ? (found?.nextCursor ?? null) : null;
  const older = async (from: string): Promise<void> => {
    setBusy(true);
    try {
      const page = await ask(from);
      setFound((known) =>
        known?.nextCursor === from ? { ...page, events: [...known.events, ...page.events] } : known,
      );
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return children({
    events: found?.events,
    matchedCount: found?.matchedCount ?? 0,
    failure,
    freshCount,
    hasOlder: cursor !== null,
    busy,
    reload: () => void load(),
    bringOlder: () => {
      if (cursor !== null) void older(cursor);
    },
  });
};
