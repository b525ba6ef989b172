/** Hands a room's page everything it needs; rooms import nothing of the console. */
import type { ConsoleTools, RoomPage } from '@demarc/platform/contract/console';
import { useParams } from '@tanstack/react-router';
import { useCallback } from 'react';
import * as z from 'zod';
import { ActWithReason } from '../parts/act-with-reason.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { EventsPage } from '../parts/events-page.tsx';
import { Button, Choice, TextField } from '../parts/forms.tsx';
import { ListPage } from '../parts/list-page.tsx';
import { Mark, PartyMark } from '../parts/marks.tsx';
import { Details, Diff, Empty, Facts, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { call, get } from './api.ts';
import { usePageSearch } from './page-search.ts';
import { Asset } from './schemas.ts';

const parts: ConsoleTools['parts'] = {
  ListPage,
  EventsPage,
  DataTable,
  PageHeader,
  Details,
  Facts,
  Instant,
  Diff,
  Timeline,
  Empty,
  Failure,
  Loading,
  Button,
  TextField,
  Choice,
  ActWithReason,
  Mark,
  PartyMark,
};

export function RoomPageHost({ page: { component: Page } }: { readonly page: RoomPage }) {
  const { tenantId = 'local' } = useParams({ strict: false });
  const { search, setSearch } = usePageSearch();
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
  return <Page tools={{ tenantId, api, assets, search, setSearch, parts }} />;
}
