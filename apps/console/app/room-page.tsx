/** Hands a room's page everything it needs; rooms import nothing of the console. */
import type { ConsoleTools, RoomPage } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import * as z from 'zod';
import { DataTable } from '../parts/data-table.tsx';
import { Events } from '../parts/events.tsx';
import { Button, Choice, TextField } from '../parts/forms.tsx';
import {
  Details,
  Diff,
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
import { rangeOf } from '../parts/time.ts';
import { Timeline } from '../parts/timeline.tsx';
import { call, get, post } from './api.ts';
import { liveStream } from './live.ts';
import { usePageSearch } from './page-search.ts';
import { Asset, EventPage } from './schemas.ts';

const parts: ConsoleTools['parts'] = {
  DataTable,
  TimeRange,
  Instant,
  Diff,
  Json,
  PageHeader,
  Details,
  Facts,
  Empty,
  Failure,
  Loading,
  SearchBox,
  Fresh,
  Button,
  TextField,
  Choice,
  Timeline,
  Events,
};

export function RoomPageHost({ page: { component: Page } }: { readonly page: RoomPage }) {
  const { tenantId = 'local' } = useParams({ strict: false });
  const { search, setSearch } = usePageSearch();
  const searchEvents = useCallback<ConsoleTools['searchEvents']>(
    (query) => post(`/v1/tenants/${tenantId}/events/search`, EventPage, query),
    [tenantId],
  );
  const subscribe = useCallback<ConsoleTools['subscribe']>(
    (listener) => liveStream(tenantId).subscribe(listener),
    [tenantId],
  );
  const api = useCallback(
    // Rooms share no schemas with the console; the server checks each reply against that of its route.
    <Reply,>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Reply> =>
      call(method, `/v1/tenants/${tenantId}/${path}`, z.custom<Reply>(), body),
    [tenantId],
  );
  const assets = useCallback<ConsoleTools['assets']>(
    () => get(`/v1/tenants/${tenantId}/assets`, z.array(Asset)),
    [tenantId],
  );
  // Not the whole address: opening a row must not ask for everything again.
  const chosen = search['range'];
  const range = useCallback(() => rangeOf(chosen, Date.now()), [chosen]);
  return <Page tools={{ tenantId, api, assets, searchEvents, subscribe, search, setSearch, parts, range }} />;
}
