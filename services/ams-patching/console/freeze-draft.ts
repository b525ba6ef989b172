/** A freeze as a form has it, and as the routes want it. Pure. */
import type { SetFreeze } from '../api.ts';
import { instantOf } from './zone-days.ts';

export interface FreezeDraft {
  /** `2026-12-20T00:00`, on the clock of the zone of the page. */
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly exceptImmediate: boolean;
}
export const emptyFreeze: FreezeDraft = { from: '', to: '', reason: '', exceptImmediate: false };

/** As it is sent, or what is missing. */
export function askedFreeze(
  draft: FreezeDraft,
  timeZone: string,
): { readonly body: SetFreeze } | { readonly missing: string } {
  const [from, to] = [instantOf(draft.from, timeZone), instantOf(draft.to, timeZone)];
  if (from === undefined || to === undefined)
    return { missing: 'It needs when it begins and ends: 2026-12-20T00:00.' };
  if (from >= to) return { missing: 'It ends before it begins.' };
  const reason = draft.reason.trim();
  if (reason.length < 3) return { missing: 'It needs a reason, which everybody sees.' };
  return {
    body: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      reason,
      exceptImmediate: draft.exceptImmediate,
    },
  };
}
