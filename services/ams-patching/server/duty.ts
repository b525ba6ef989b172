/** Whose duty it is to patch a machine, as the responsibility matrix has it at this moment. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Asked } from './kept.ts';

/**
 * Jobs are of packages of the system, and fixing those is VMS-04, operate: the party that vulnerability scanning names
 * beside each of their findings.
 */
const CONTROL = 'VMS-04';
const PARTIES = ['ams', 'customer', 'provider'] as const;

export function ownerOf(
  context: Pick<ServerRoomContext, 'ownerOf'>,
  tenant: TenantScope,
  assetId: string,
): Promise<string | null> {
  return context.ownerOf(tenant, assetId, CONTROL, 'operate');
}

/** For which party somebody asks: one that they speak for. */
export const partyOf = ({ speaksFor }: Asked): string =>
  PARTIES.find((party) => speaksFor(party)) ?? 'nobody';

/** Undefined where they may decide; else why not, in a sentence's end. */
export function mayNot(owner: string | null, { speaksFor }: Pick<Asked, 'speaksFor'>): string | undefined {
  if (owner === null) return 'nobody has the duty to patch this machine, or it is in dispute';
  return speaksFor(owner) ? undefined : `the duty to patch this machine is of ${owner}`;
}
