/** Hands a room's page everything it needs; rooms import nothing of the console. */
import type { ConsoleTools, RoomPage } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import { DataTable } from '../parts/data-table.tsx';
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
import { post } from './api.ts';
import { liveStream } from './live.ts';
import { usePageSearch } from './page-search.ts';
import { EventPage } from './schemas.ts';

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
  const range = useCallback(() => rangeOf(search['range'], Date.now()), [search]);
  return <Page tools={{ tenantId, searchEvents, subscribe, search, setSearch, parts, range }} />;
}
