/** The room's routes, as api.ts has them. */
import type { RoomRoute, ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import * as z from 'zod';
import {
  Because,
  Calendar,
  CalendarQuery,
  FreezeList,
  JobDetail,
  JobsPage,
  JobsQuery,
  MakePlan,
  PatchingSettings,
  PlanList,
  SetFreeze,
  SettingsReply,
  SetWindow,
  ShownFreeze,
  ShownPlan,
  ShownWindow,
  WhatIf,
  WhatIfReply,
  WindowList,
} from '../api.ts';
import { approve, cancel, decline, rollBack } from './acts.ts';
import { type Asked, accountOf } from './kept.ts';
import { listPlans, makePlan, planOf, whatIf } from './plans.ts';
import { publishPlan } from './publish.ts';
import { setSettings, settingsOf } from './settings.ts';
import { listJobs, showJob } from './shown.ts';
import {
  addFreeze,
  addWindow,
  calendarOf,
  changeWindow,
  listFreezes,
  listWindows,
  removeFreeze,
  removeWindow,
} from './windows.ts';

const WindowParams = z.object({ windowId: z.uuid() });
const FreezeParams = z.object({ freezeId: z.uuid() });
const PlanParams = z.object({ planId: z.uuid() });
const JobParams = z.object({ jobId: z.uuid() });

const becauseOf = ({ body }: Asked): string => (body as z.infer<typeof Because>).because;
const windowIdOf = ({ params }: Asked): string => (params as z.infer<typeof WindowParams>).windowId;
const planIdOf = ({ params }: Asked): string => (params as z.infer<typeof PlanParams>).planId;
const jobIdOf = ({ params }: Asked): string => (params as z.infer<typeof JobParams>).jobId;

const settingsRoutes: readonly RoomRoute[] = [
  {
    method: 'GET',
    path: 'patching/settings',
    permission: 'policy:read',
    summary: 'Labels, constraints and thresholds of patching, as the tenant set them',
    response: SettingsReply,
    handle: (context, tenant) => settingsOf(context, tenant),
  },
  {
    method: 'PUT',
    path: 'patching/settings',
    permission: 'policy:write',
    summary: 'Sets labels, constraints and thresholds of patching, all at once',
    body: PatchingSettings,
    response: SettingsReply,
    handle: (context, tenant, asked) =>
      setSettings(context, tenant, asked.body as PatchingSettings, accountOf(asked)),
  },
];

const calendarRoutes: readonly RoomRoute[] = [
  {
    method: 'GET',
    path: 'patching/windows',
    permission: 'asset:read',
    summary: 'Maintenance windows: those in force, then what was removed last',
    response: WindowList,
    handle: (context, tenant) => listWindows(context, tenant),
  },
  {
    method: 'POST',
    path: 'patching/windows',
    permission: 'patch:plan',
    summary: 'Adds a maintenance window, once or recurring',
    body: SetWindow,
    response: ShownWindow,
    handle: (context, tenant, asked) => addWindow(context, tenant, asked.body as SetWindow, accountOf(asked)),
  },
  {
    method: 'PUT',
    path: 'patching/windows/:windowId',
    permission: 'patch:plan',
    summary: 'Changes a maintenance window; jobs that were made for it stay as they are',
    params: WindowParams,
    body: SetWindow,
    response: ShownWindow,
    handle: (context, tenant, asked) =>
      changeWindow(context, tenant, windowIdOf(asked), asked.body as SetWindow, accountOf(asked)),
  },
  {
    method: 'POST',
    path: 'patching/windows/:windowId/remove',
    permission: 'patch:plan',
    summary: 'Removes a maintenance window from plans to come; it stays in the list',
    params: WindowParams,
    body: Because,
    response: ShownWindow,
    handle: (context, tenant, asked) =>
      removeWindow(context, tenant, windowIdOf(asked), becauseOf(asked), accountOf(asked)),
  },
  {
    method: 'GET',
    path: 'patching/freezes',
    permission: 'asset:read',
    summary: 'Freezes: those in force, then what was removed last',
    response: FreezeList,
    handle: (context, tenant) => listFreezes(context, tenant),
  },
  {
    method: 'POST',
    path: 'patching/freezes',
    permission: 'patch:plan',
    summary: 'Adds a time in which nothing is planned',
    body: SetFreeze,
    response: ShownFreeze,
    handle: (context, tenant, asked) => addFreeze(context, tenant, asked.body as SetFreeze, accountOf(asked)),
  },
  {
    method: 'POST',
    path: 'patching/freezes/:freezeId/remove',
    permission: 'patch:plan',
    summary: 'Removes a freeze; it stays in the list',
    params: FreezeParams,
    body: Because,
    response: ShownFreeze,
    handle: (context, tenant, asked) =>
      removeFreeze(
        context,
        tenant,
        (asked.params as z.infer<typeof FreezeParams>).freezeId,
        becauseOf(asked),
        accountOf(asked),
      ),
  },
  {
    method: 'GET',
    path: 'patching/calendar',
    permission: 'asset:read',
    summary: 'Occurrences of windows within at most 100 days, with freezes and jobs',
    query: CalendarQuery,
    response: Calendar,
    handle: (context, tenant, { query }) =>
      calendarOf(context, tenant, query as z.infer<typeof CalendarQuery>),
  },
];

const planRoutes: readonly RoomRoute[] = [
  {
    method: 'GET',
    path: 'patching/plans',
    permission: 'asset:read',
    summary: 'Plans, the newest first',
    response: PlanList,
    handle: (context, tenant) => listPlans(context, tenant),
  },
  {
    method: 'POST',
    path: 'patching/plans',
    permission: 'patch:plan',
    summary: 'Makes a plan of what has to be patched now; nothing is done by it',
    body: MakePlan,
    response: ShownPlan,
    handle: (context, tenant, asked) => makePlan(context, tenant, asked.body as MakePlan, accountOf(asked)),
  },
  {
    method: 'GET',
    path: 'patching/plans/:planId',
    permission: 'asset:read',
    summary: 'A plan: what is done where and when, and what has no place',
    params: PlanParams,
    response: ShownPlan,
    handle: (context, tenant, asked) => planOf(context, tenant, planIdOf(asked)),
  },
  {
    method: 'POST',
    path: 'patching/plans/:planId/publish',
    permission: 'patch:plan',
    summary: 'Makes jobs of a plan, which wait for approval; what nobody approved of the plan before is over',
    params: PlanParams,
    body: Because,
    response: ShownPlan,
    handle: (context, tenant, asked) =>
      publishPlan(context, tenant, planIdOf(asked), becauseOf(asked), asked),
  },
  {
    method: 'POST',
    path: 'patching/plans/what-if',
    permission: 'patch:plan',
    summary: 'How a plan would be with other windows and freezes; nothing is kept',
    body: WhatIf,
    response: WhatIfReply,
    handle: (context, tenant, asked) => whatIf(context, tenant, asked.body as WhatIf),
  },
];

const jobRoutes: readonly RoomRoute[] = [
  {
    method: 'GET',
    path: 'patching/jobs',
    permission: 'asset:read',
    summary: 'Patch jobs, the newest window first',
    query: JobsQuery,
    response: JobsPage,
    handle: (context, tenant, asked) => listJobs(context, tenant, asked.query as JobsQuery, asked),
  },
  {
    method: 'GET',
    path: 'patching/jobs/:jobId',
    permission: 'asset:read',
    summary: 'A patch job with its packages, findings, result and history',
    params: JobParams,
    response: JobDetail,
    handle: (context, tenant, asked) => showJob(context, tenant, jobIdOf(asked), asked),
  },
  act('approve', 'Approves a job, which is handed to its machine; for who has the duty to patch it', approve),
  act('decline', 'Declines a job; its findings are planned again', decline),
  act('cancel', 'Cancels a job that was not begun', cancel),
  act('roll-back', 'Has a machine take back what a job did', rollBack),
];

type Act = (
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  because: string,
  asked: Asked,
) => Promise<void>;

function act(name: string, summary: string, does: Act): RoomRoute {
  return {
    method: 'POST',
    path: `patching/jobs/:jobId/${name}`,
    permission: 'order:write',
    summary,
    params: JobParams,
    body: Because,
    response: JobDetail,
    async handle(context, tenant, asked) {
      await does(context, tenant, jobIdOf(asked), becauseOf(asked), asked);
      return showJob(context, tenant, jobIdOf(asked), asked);
    },
  };
}

export const patchingRoutes: readonly RoomRoute[] = [
  ...settingsRoutes,
  ...calendarRoutes,
  ...planRoutes,
  ...jobRoutes,
];
