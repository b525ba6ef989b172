/**
 * What an agent says in its health of the rules in the kernel, and what the server takes from it: the one proof that the
 * policy which the agent took is in force, and not only asked for.
 */
import type { Health } from '@demarc/platform/contract';

/** By the machine's clock. */
export interface Held {
  /** Since when they are in force. */
  readonly confirmedAtMs: number;
  /** When they were compared with the kernel's last, and were the same. */
  readonly foundAtMs: number;
}

export const heldFigures = (held: Held | undefined): Readonly<Record<string, number>> =>
  held === undefined ? {} : { rulesConfirmedAtMs: held.confirmedAtMs, rulesFoundAtMs: held.foundAtMs };

/** @returns undefined where it says no such thing */
export function heldOf({ figures = {} }: Health): Held | undefined {
  const { rulesConfirmedAtMs: confirmedAtMs, rulesFoundAtMs: foundAtMs } = figures;
  return confirmedAtMs === undefined || foundAtMs === undefined ? undefined : { confirmedAtMs, foundAtMs };
}
