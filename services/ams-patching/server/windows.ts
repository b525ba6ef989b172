/** Maintenance windows and freezes of a tenant, and the calendar that they make. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { checkRecurrence, occurrences } from '@demarc/platform/schedule';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import {
  type Calendar,
  FREEZES_MAX,
  type FreezeList,
  type SetFreeze,
  type SetWindow,
  type ShownFreeze,
  type ShownWindow,
  WINDOWS_MAX,
  type WindowList,
} from '../api.ts';
import { patchingErrors } from '../errors.ts';
import {
  type Account,
  changeKept,
  instant,
  type Kept,
  keep,
  keptOf,
  removeKept,
  type Store,
} from './kept.ts';
import { environmentOf, isInScope, type Machine, machinesOf } from './machines.ts';
import { settingsOf } from './settings.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const RANGE_DAYS_MAX = 100;
const OCCURRENCES_MAX = 2_000;
const NEXT = 5;
/** So far the next ones are sought: yearly ones, too. */
const NEXT_MS = 2 * 366 * DAY_MS;

type Context = Store & Pick<ServerRoomContext, 'machines' | 'isEntitled' | 'placeOf'>;
export interface KeptWindow {
  readonly id: string;
  readonly window: SetWindow;
}
export interface KeptFreeze {
  readonly id: string;
  readonly freeze: SetFreeze;
}

export async function windowsInForce(store: Store, tenant: TenantScope): Promise<readonly KeptWindow[]> {
  const kept = await keptOf(store, tenant, 'window', WINDOWS_MAX);
  return kept.flatMap(({ id, value, removed }) =>
    removed === null ? [{ id, window: value as SetWindow }] : [],
  );
}

export async function freezesInForce(store: Store, tenant: TenantScope): Promise<readonly KeptFreeze[]> {
  const kept = await keptOf(store, tenant, 'freeze', FREEZES_MAX);
  return kept.flatMap(({ id, value, removed }) =>
    removed === null ? [{ id, freeze: value as SetFreeze }] : [],
  );
}

export async function listWindows(context: Context, tenant: TenantScope): Promise<WindowList> {
  const show = await shower(context, tenant);
  return { windows: (await keptOf(context, tenant, 'window', WINDOWS_MAX)).map(show) };
}

/** @throws SCHEDULE_INVALID, PATCH_CALENDAR_FULL */
export async function addWindow(
  context: Context,
  tenant: TenantScope,
  value: SetWindow,
  by: Account,
): Promise<ShownWindow> {
  if (value.recurrence !== null) checkRecurrence(value.recurrence);
  const kept = await keep(context, tenant, { kind: 'window', value, by, max: WINDOWS_MAX });
  return (await shower(context, tenant))(kept);
}

/** What was planned for it before stays as it was. @throws SCHEDULE_INVALID, PATCH_WINDOW_UNKNOWN */
export async function changeWindow(
  context: Context,
  tenant: TenantScope,
  id: string,
  value: SetWindow,
  by: Account,
): Promise<ShownWindow> {
  if (value.recurrence !== null) checkRecurrence(value.recurrence);
  const kept = await changeKept(context, tenant, 'window', id, { value, by });
  if (kept === undefined) throw patchingErrors.make('PATCH_WINDOW_UNKNOWN', { id });
  return (await shower(context, tenant))(kept);
}

/** @throws PATCH_WINDOW_UNKNOWN */
export async function removeWindow(
  context: Context,
  tenant: TenantScope,
  id: string,
  because: string,
  by: Account,
): Promise<ShownWindow> {
  const kept = await removeKept(context, tenant, 'window', id, { because, by });
  if (kept === undefined) throw patchingErrors.make('PATCH_WINDOW_UNKNOWN', { id });
  return (await shower(context, tenant))(kept);
}

export async function listFreezes(store: Store, tenant: TenantScope): Promise<FreezeList> {
  return { freezes: (await keptOf(store, tenant, 'freeze', FREEZES_MAX)).map(shownFreeze) };
}

/** @throws PATCH_CALENDAR_FULL */
export async function addFreeze(
  store: Store,
  tenant: TenantScope,
  value: SetFreeze,
  by: Account,
): Promise<ShownFreeze> {
  return shownFreeze(await keep(store, tenant, { kind: 'freeze', value, by, max: FREEZES_MAX }));
}

/** @throws PATCH_FREEZE_UNKNOWN */
export async function removeFreeze(
  store: Store,
  tenant: TenantScope,
  id: string,
  because: string,
  by: Account,
): Promise<ShownFreeze> {
  const kept = await removeKept(store, tenant, 'freeze', id, { because, by });
  if (kept === undefined) throw patchingErrors.make('PATCH_FREEZE_UNKNOWN', { id });
  return shownFreeze(kept);
}

interface Counted {
  readonly window_id: string;
  readonly opens_at_ms: number;
  readonly planned: number;
  readonly approved: number;
  readonly ended: number;
  readonly failed: number;
}

/** @throws PATCH_CALENDAR_RANGE */
export async function calendarOf(
  store: Store,
  tenant: TenantScope,
  query: { readonly from: string; readonly to: string },
): Promise<Calendar> {
  const [fromMs, toMs] = [Date.parse(query.from), Date.parse(query.to)];
  const no = (because: string): Error => patchingErrors.make('PATCH_CALENDAR_RANGE', { because });
  if (!(fromMs < toMs)) throw no('it ends before it begins');
  if (toMs - fromMs > RANGE_DAYS_MAX * DAY_MS) throw no(`that is more than ${RANGE_DAYS_MAX} days`);
  const windows = await windowsInForce(store, tenant);
  const freezes = (await listFreezes(store, tenant)).freezes.filter(
    ({ from, to, removed }) => removed === null && Date.parse(from) < toMs && Date.parse(to) > fromMs,
  );
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Counted>`SELECT planned->>'windowId' AS window_id, opens_at_ms,
        count(*) FILTER (WHERE state IN ('resolving', 'proposed', 'held')) AS planned,
        count(*) FILTER (WHERE state IN ('waiting', 'running')) AS approved,
        count(*) FILTER (WHERE state IN ('ended', 'going-back', 'taken-back')) AS ended,
        count(*) FILTER (WHERE state = 'missed' OR result IN ('failed', 'partly', 'refused')) AS failed
      FROM amp_job WHERE opens_at_ms >= ${fromMs} AND opens_at_ms < ${toMs}
      GROUP BY 1, 2`.execute(db),
  );
  const counts = new Map(rows.map((row) => [`${row.window_id} ${row.opens_at_ms}`, row]));
  const all = windows
    .flatMap(({ id, window }) =>
      startsOf(window, fromMs, toMs, OCCURRENCES_MAX + 1).map((startMs) => ({ id, window, startMs })),
    )
    .sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  return {
    occurrences: all.slice(0, OCCURRENCES_MAX).map(({ id, window, startMs }) => {
      const endMs = startMs + window.minutes * MINUTE_MS;
      const count = counts.get(`${id} ${startMs}`);
      const frozen = freezes.find(({ from, to }) => Date.parse(from) < endMs && Date.parse(to) > startMs);
      return {
        windowId: id,
        name: window.name,
        opensAt: instant(startMs),
        closesAt: instant(endMs),
        frozenBecause: frozen?.reason ?? null,
        jobs: {
          planned: count?.planned ?? 0,
          approved: count?.approved ?? 0,
          ended: count?.ended ?? 0,
          failed: count?.failed ?? 0,
        },
      };
    }),
    freezes,
    more: all.length > OCCURRENCES_MAX,
  };
}

export function startsOf(window: SetWindow, fromMs: number, toMs: number, max: number): readonly number[] {
  if (window.recurrence !== null) return occurrences(window.recurrence, fromMs, toMs, max);
  const startMs = Date.parse(window.startsAt ?? '');
  return startMs >= fromMs && startMs < toMs ? [startMs] : [];
}

async function shower(context: Context, tenant: TenantScope): Promise<(kept: Kept) => ShownWindow> {
  const nowMs = context.now();
  const [machines, { settings }] = await Promise.all([
    machinesOf(context, tenant),
    settingsOf(context, tenant),
  ]);
  return ({ id, value, by_name, at_ms, removed }) => {
    const window = value as SetWindow;
    const isFor = (machine: Machine): boolean =>
      isInScope(window.scope, machine) &&
      (window.environments.length === 0 || window.environments.includes(environmentOf(machine, settings)));
    return {
      id,
      ...window,
      setBy: by_name,
      setAt: instant(at_ms),
      removed,
      next: removed === null ? startsOf(window, nowMs, nowMs + NEXT_MS, NEXT).map(instant) : [],
      machineCount: machines.filter(isFor).length,
    };
  };
}

const shownFreeze = ({ id, value, by_name, at_ms, removed }: Kept): ShownFreeze => ({
  id,
  ...(value as SetFreeze),
  setBy: by_name,
  setAt: instant(at_ms),
  removed,
});
