/** Machines that the service is bought for, with what a window and a plan have to know of each. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { PatchingSettings, Scope } from '../api.ts';
import { ENVIRONMENTS, type Host } from '../plan/input.ts';

const MACHINES_MAX = 50_000;

export interface Machine {
  readonly assetId: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}
type Context = Pick<ServerRoomContext, 'machines' | 'isEntitled' | 'placeOf'>;

export async function machinesOf(context: Context, tenant: TenantScope): Promise<readonly Machine[]> {
  const found: Machine[] = [];
  for (const machine of await enrolledMachines(context, tenant))
    if (await context.isEntitled(tenant, machine.assetId)) found.push(machine);
  return found;
}

/** Whether the service is bought for them or not any more: what was begun there goes on. */
export async function enrolledMachines(
  context: Pick<Context, 'machines' | 'placeOf'>,
  tenant: TenantScope,
): Promise<readonly Machine[]> {
  const found: Machine[] = [];
  for (const { assetId, name, state } of (await context.machines(tenant)).slice(0, MACHINES_MAX))
    if (state !== 'revoked') found.push({ assetId, name, ...(await context.placeOf(tenant, assetId)) });
  return found;
}

/** A scope that names nothing is for all. */
export function isInScope({ groups, labels, assetIds }: Scope, machine: Machine): boolean {
  const wanted = Object.entries(labels);
  if (groups.length === 0 && wanted.length === 0 && assetIds.length === 0) return true;
  if (assetIds.includes(machine.assetId)) return true;
  if (groups.some((group) => machine.groups.includes(group))) return true;
  return wanted.length > 0 && wanted.every(([name, value]) => labelOf(machine, name) === value);
}

const labelOf = ({ labels }: Machine, name: string): string | undefined =>
  Object.hasOwn(labels, name) ? labels[name] : undefined;

export function environmentOf(machine: Machine, { labels }: PatchingSettings): Host['environment'] {
  const said = labelOf(machine, labels.environment)?.toUpperCase();
  return ENVIRONMENTS.find((each) => each === said) ?? 'PRD';
}

/**
 * As a plan takes it; a label that says nothing that is known says nothing.
 *
 * @param others of which it may depend on some
 */
export function hostOf(machine: Machine, settings: PatchingSettings, others: readonly Machine[]): Host {
  const { labels } = settings;
  const said = (name: string): string | undefined => labelOf(machine, name)?.slice(0, 128) || undefined;
  const [system, role, cluster] = [said(labels.system), said(labels.role), said(labels.cluster)];
  const tier = said(labels.tier)?.toLowerCase();
  const standby = said(labels.standby)?.toLowerCase();
  return {
    id: machine.assetId,
    role: role ?? 'server',
    environment: environmentOf(machine, settings),
    ...(system === undefined ? {} : { system }),
    tier: tier === 'database' || tier === 'application' ? tier : 'other',
    ...(cluster === undefined ? {} : { cluster }),
    ...(standby === 'primary' || standby === 'secondary' ? { standby } : {}),
    takeoverMinutes: settings.takeoverMinutes,
    rebootMinutes: settings.rebootMinutes,
    dependsOn: dependsOn(machine, settings, others),
  };
}

function dependsOn(
  machine: Machine,
  { constraints }: PatchingSettings,
  others: readonly Machine[],
): string[] {
  const first = constraints.dependencies.filter(({ later }) => isInScope(later, machine));
  if (first.length === 0) return [];
  return others
    .filter((other) => other !== machine && first.some((each) => isInScope(each.first, other)))
    .map(({ assetId }) => assetId);
}
