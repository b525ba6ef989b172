/** Events for a room's page: newest first, older ones piece by piece, live ones counted until they are asked for. */
import type { EventPage, EventSearch } from '@demarc/platform/contract/api';
import type { ConsoleTools, FoundEvents } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useState } from 'react';

/** Kept in the page; older than that is found by narrowing the time. */
const EVENTS_MAX = 10_000;

type Search = Parameters<ConsoleTools['useEvents']>[0];

/** The hook that a page gets, for one tenant and one time. */
export function eventsHook({
  searchEvents,
  subscribe,
  range,
}: Pick<ConsoleTools, 'searchEvents' | 'subscribe' | 'range'>): ConsoleTools['useEvents'] {
  return function useEvents(search, isFresh): FoundEvents {
    const [found, setFound] = useState<EventPage>();
    const [failure, setFailure] = useState<unknown>();
    const [freshCount, setFreshCount] = useState(0);
    const [busy, setBusy] = useState(false);
    const ask = useCallback(
      (cursor?: string) =>
        searchEvents({
          ...(search as Search),
          ...range(),
          ...(cursor === undefined ? {} : { cursor }),
        } as EventSearch),
      [search, range, searchEvents],
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
        subscribe((message) => {
          if (message.kind === 'event' && isFresh(message.event)) setFreshCount((count) => count + 1);
        }),
      [isFresh, subscribe],
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
    return {
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
    };
  };
}
