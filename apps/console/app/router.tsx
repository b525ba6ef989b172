/** Which page is where. Pages of the rooms stand beside the shell's own. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  redirect,
  useParams,
} from '@tanstack/react-router';
import type React from 'react';
import { AssetsPage } from '../pages/assets.tsx';
import { AuditPage } from '../pages/audit.tsx';
import { DecisionsPage } from '../pages/decisions.tsx';
import { FindingsPage } from '../pages/detection/findings.tsx';
import { RulesPage } from '../pages/detection/rules.tsx';
import { SourcesPage } from '../pages/detection/sources.tsx';
import { ExceptionsPage } from '../pages/exceptions.tsx';
import { ExportsPage } from '../pages/exports.tsx';
import { FrameworksPage } from '../pages/frameworks.tsx';
import { GapsPage } from '../pages/gaps.tsx';
import { HandoversPage } from '../pages/handovers.tsx';
import { MatrixPage } from '../pages/matrix.tsx';
import { MinePage } from '../pages/mine.tsx';
import { ObligationsPage } from '../pages/obligations.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { PlatformPage } from '../pages/platform.tsx';
import { RisksPage } from '../pages/risks.tsx';
import { SearchPage } from '../pages/search.tsx';
import { ServicesPage } from '../pages/services.tsx';
import { FirstPage, SignInPage } from '../pages/sign-in.tsx';
import { StackPage } from '../pages/stack.tsx';
import { StandardsPage } from '../pages/standards.tsx';
import { WorkbookPage } from '../pages/workbook.tsx';
import { ROOMS } from '../services.ts';
import { whoAmI } from './api.ts';
import { validatePageSearch } from './page-search.ts';
import { RoomPageHost } from './room-page.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Outlet, validateSearch: validatePageSearch });
const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async () => {
    const me = await whoAmI().catch(() => undefined);
    if (me === undefined) throw redirect({ to: '/sign-in' });
    throw redirect({
      to: '/t/$tenantId/overview',
      params: { tenantId: me.grants.find(({ tenantId }) => tenantId !== null)?.tenantId ?? 'local' },
    });
  },
});
const first = createRoute({ getParentRoute: () => root, path: '/first', component: FirstPage });
const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: SignInPage });
const tenant = createRoute({
  getParentRoute: () => root,
  path: '/t/$tenantId',
  beforeLoad: async () => {
    const me = await whoAmI().catch(() => undefined);
    if (me === undefined) throw redirect({ to: '/sign-in' });
    return { me };
  },
  component: TenantLayout,
});

function TenantLayout() {
  const { tenantId } = useParams({ strict: false });
  return <Shell tenantId={tenantId ?? 'local'} />;
}

const page = (path: string, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => tenant, path, component });

const pages = [
  page('overview', OverviewPage),
  page('stack', StackPage),
  page('matrix', MatrixPage),
  page('mine', MinePage),
  page('gaps', GapsPage),
  page('audit', AuditPage),
  page('decisions', DecisionsPage),
  page('obligations', ObligationsPage),
  page('frameworks', FrameworksPage),
  page('services', ServicesPage),
  page('exports', ExportsPage),
  page('handovers', HandoversPage),
  page('workbook', WorkbookPage),
  page('risks', RisksPage),
  page('exceptions', ExceptionsPage),
  page('standards', StandardsPage),
  page('assets', AssetsPage),
  page('findings', FindingsPage),
  page('rules', RulesPage),
  page('sources', SourcesPage),
  page('search', SearchPage),
  page('platform', PlatformPage),
  ...ROOMS.flatMap((room) => room.pages).map((roomPage) =>
    page(roomPage.path, () => <RoomPageHost page={roomPage} />),
  ),
];

export const router = createRouter({
  routeTree: root.addChildren([start, first, signIn, tenant.addChildren(pages)]),
  defaultPreload: false,
});
