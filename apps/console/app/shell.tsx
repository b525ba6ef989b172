/** The frame around every page: navigation, tenant, time zone, colours, who is signed in. */
import type { Permission } from '@demarc/platform/contract/api';
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Menu,
  NativeSelect,
  SegmentedControl,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMoon, IconSun, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import * as z from 'zod';
import { AsOfControl } from '../parts/as-of.tsx';
import type { Zone } from '../parts/time.ts';
import { zoneName } from '../parts/time.ts';
import { ROOMS } from '../services.ts';
import { call, get, whoAmI } from './api.ts';
import { asOfSearch, PAGES_WITH_AS_OF } from './as-of.ts';
import { liveStream } from './live.ts';
import { usePageSearch } from './page-search.ts';
import { Done, Tenant } from './schemas.ts';
import { ZoneContext } from './zone.ts';

const roomLinks = (group: string) =>
  ROOMS.flatMap((room) => room.pages)
    .filter((page) => page.group === group)
    .map((page) => [page.path, page.title] as const);

const NAVIGATION: readonly (readonly [
  group: string,
  links: readonly (readonly [path: string, title: string])[],
])[] = [
  ['', [['overview', 'Overview']]],
  [
    'Responsibility',
    [
      ['stack', 'Stack'],
      ['matrix', 'Matrix'],
      ['mine', 'Mine'],
      ['gaps', 'Gaps'],
      ['decisions', 'Decisions'],
      ['obligations', 'Obligations'],
      ['services', 'Services'],
      ['exports', 'Exports'],
      ['audit', 'Audit'],
      ['handovers', 'Hand-overs'],
      ...roomLinks('Responsibility'),
    ],
  ],
  [
    'Controls and risks',
    [
      ['workbook', 'Workbook'],
      ['risks', 'Risks'],
      ['exceptions', 'Exceptions'],
      ['standards', 'Standards'],
      ['frameworks', 'Frameworks'],
    ],
  ],
  ['Protect', roomLinks('Protect')],
  [
    'Detection',
    [
      ['findings', 'Findings'],
      ['rules', 'Rules'],
      ['sources', 'Sources'],
      ['search', 'Event search'],
      ...roomLinks('Detect'),
    ],
  ],
  ['Settings', [['assets', 'Assets'], ['platform', 'Platform'], ...roomLinks('Settings')]],
];

/** Pages that not everybody who may see the tenant may read. */
const NEEDS: Readonly<Record<string, Permission>> = {
  obligations: 'obligation:read',
  findings: 'event:read',
  rules: 'rule:read',
  sources: 'source:read',
};

function isOffered(path: string, permissions: readonly Permission[] | undefined): boolean {
  const needed = NEEDS[path];
  return needed === undefined || permissions?.includes(needed) === true;
}

export function Shell({ tenantId }: { readonly tenantId: string }) {
  const [opened, { toggle, close }] = useDisclosure();
  const [zone, setZone] = useState<Zone>('local');
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { search } = usePageSearch();
  const carried = asOfSearch(search);
  const page = useLocation().pathname.split('/')[3] ?? '';
  const turnsBack = PAGES_WITH_AS_OF.includes(page);
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI });
  const tenants = useQuery({ queryKey: ['tenants'], queryFn: () => get('/v1/tenants', z.array(Tenant)) });
  // What the server says has changed is asked for again, wherever it is shown.
  useEffect(
    () =>
      liveStream(tenantId).subscribe((message) => {
        if (message.kind === 'matrix') void queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
        if (message.kind === 'rules') void queries.invalidateQueries({ queryKey: ['rules', tenantId] });
        if (message.kind === 'asset' || message.kind === 'evidence')
          void queries.invalidateQueries({ queryKey: ['assets', tenantId] });
      }),
    [tenantId, queries],
  );
  const signOut = async (): Promise<void> => {
    await call('DELETE', '/v1/session', Done);
    queries.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <ZoneContext.Provider value={zone}>
      <a href="#content" className="d-skip">
        Skip to content
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 210, breakpoint: 'sm', collapsed: { mobile: !opened } }}
        padding="md"
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="md" wrap="nowrap">
              <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
              <span className="d-brand">
                <i aria-hidden="true" />
                <span>Demarc</span>
              </span>
              <NativeSelect
                aria-label="Tenant"
                size="xs"
                value={tenantId}
                data={(tenants.data ?? [{ tenantId, name: tenantId }]).map((tenant) => ({
                  value: tenant.tenantId,
                  label: tenant.name,
                }))}
                onChange={(event) =>
                  void navigate({
                    to: '/t/$tenantId/overview',
                    params: { tenantId: event.currentTarget.value },
                  })
                }
              />
              {turnsBack || carried['asOf'] !== undefined ? <AsOfControl /> : null}
            </Group>
            <Group gap="xs" wrap="nowrap">
              {zoneName('local') === 'UTC' ? null : (
                <SegmentedControl
                  size="xs"
                  visibleFrom="sm"
                  aria-label="Time zone"
                  value={zone}
                  onChange={(value) => setZone(value === 'utc' ? 'utc' : 'local')}
                  data={[
                    { value: 'local', label: zoneName('local') },
                    { value: 'utc', label: 'UTC' },
                  ]}
                />
              )}
              <ActionIcon
                variant="subtle"
                size="lg"
                aria-label="Switch between light and dark"
                onClick={() => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark')}
              >
                {colorScheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
              </ActionIcon>
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon variant="subtle" size="lg" aria-label="Account">
                    <IconUser size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Label>{me.data?.name ?? ''}</Menu.Label>
                  <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs">
          <nav className="d-nav" aria-label="Pages">
            {NAVIGATION.filter(([, links]) => links.length > 0).map(([group, links]) => (
              <div key={group}>
                {group === '' ? null : <h2>{group}</h2>}
                {links
                  .filter(([path]) => isOffered(path, me.data?.permissions))
                  .map(([path, title]) => (
                    <Link
                      key={path}
                      to={`/t/$tenantId/${path}` as '/'}
                      params={{ tenantId }}
                      search={carried as never}
                      activeOptions={{ includeSearch: false }}
                      onClick={close}
                    >
                      {title}
                    </Link>
                  ))}
              </div>
            ))}
          </nav>
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1}>
          {!turnsBack && carried['asOf'] !== undefined ? (
            <p className="d-asof-note" role="status">
              This page shows the present; the date in the header is kept for the pages about responsibility.
            </p>
          ) : null}
          <Outlet />
        </AppShell.Main>
      </AppShell>
    </ZoneContext.Provider>
  );
}
