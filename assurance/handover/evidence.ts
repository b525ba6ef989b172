/**
 * What the record of hand-overs shows for GOV-05.1: each change of a service that has taken effect has a hand-over,
 * and nothing in it is open.
 *
 * Open at the effective instant is a failure for as long as it is open; closed late it passes again, says how late,
 * and the failure stays in the history. Where no service was ever started or ended there is nothing to show, and
 * nothing is said: no news is no pass.
 */
import { openOf } from '../commands/handovers.ts';
import type { EntitlementState, HandoverState, Standing } from '../model/standing.ts';
import { everOperational } from '../rules/handover.ts';

export const HANDOVER_RULE = 'GOV-05.1';

export interface HandoverFinding {
  readonly rule: typeof HANDOVER_RULE;
  readonly assetId: string;
  readonly result: 'pass' | 'fail';
  readonly because: string;
  readonly raw: {
    readonly changes: readonly Change[];
    /** Of which so many are listed. */
    readonly changeCount: number;
  };
}

interface Change {
  readonly entitlementId: string;
  readonly service: string;
  readonly direction: HandoverState['direction'];
  readonly effectiveAtMs: number;
  /** Null: there is none. */
  readonly handoverId: string | null;
  readonly open: readonly string[];
  readonly closedAtMs: number | null;
  readonly signatures: number;
}

const CHANGES_MAX = 100;
const OPEN_MAX = 20;
const BECAUSE_CHARACTERS_MAX = 900;

export function handoverEvidence({
  standing,
  asOfMs,
}: {
  readonly standing: Standing;
  readonly asOfMs: number;
}): readonly HandoverFinding[] {
  const byAsset = new Map<string, Change[]>();
  for (const entitlement of standing.entitlements.values())
    for (const { change, assetIds } of changesOf(entitlement, standing, asOfMs))
      for (const assetId of ['tenant', ...assetIds]) {
        const known = byAsset.get(assetId);
        if (known === undefined) byAsset.set(assetId, [change]);
        else known.push(change);
      }
  return [...byAsset].map(([assetId, changes]) => found(assetId, changes));
}

function found(assetId: string, changes: readonly Change[]): HandoverFinding {
  const bad = changes.filter(({ handoverId, open }) => handoverId === null || open.length > 0);
  const late = changes.filter(({ closedAtMs, effectiveAtMs }) => (closedAtMs ?? 0) > effectiveAtMs);
  const because =
    bad.length > 0
      ? bad.map(complaint).join('; ')
      : `each of ${changes.length} changes of services has its hand-over and nothing in it is open${
          late.length === 0 ? '' : `; ${late.length} closed after the change took effect`
        }`;
  return {
    rule: HANDOVER_RULE,
    assetId,
    result: bad.length > 0 ? 'fail' : 'pass',
    because: because.slice(0, BECAUSE_CHARACTERS_MAX),
    raw: {
      changes: [...bad, ...changes.filter((each) => !bad.includes(each))].slice(0, CHANGES_MAX),
      changeCount: changes.length,
    },
  };
}

function complaint({ service, direction, handoverId, open }: Change): string {
  const what = direction === 'onboarding' ? 'start' : 'end';
  return handoverId === null
    ? `the ${what} of ${service} has no hand-over`
    : `in the hand-over for the ${what} of ${service} is open: ${open.join(', ')}`;
}

/** The start on each asset where it works, and the end of what had worked, once they have taken effect. */
function changesOf(
  entitlement: EntitlementState,
  standing: Standing,
  t: number,
): readonly { readonly change: Change; readonly assetIds: readonly string[] }[] {
  if (!everOperational(entitlement)) return [];
  const operational = [...entitlement.assets.values()].filter(
    ({ operationalAtMs }) => operationalAtMs !== undefined,
  );
  const assetIds = operational.map(({ assetId }) => assetId);
  const startedAtMs = Math.min(...operational.map(({ operationalAtMs }) => operationalAtMs ?? Infinity));
  const started = { change: changeOf(entitlement, 'onboarding', startedAtMs, standing, t), assetIds };
  if (entitlement.toMs === undefined || entitlement.toMs > t) return [started];
  return [started, { change: changeOf(entitlement, 'offboarding', entitlement.toMs, standing, t), assetIds }];
}

function changeOf(
  { entitlementId, serviceId }: EntitlementState,
  direction: HandoverState['direction'],
  effectiveAtMs: number,
  standing: Standing,
  t: number,
): Change {
  const handover = [...standing.handovers.values()].findLast(
    (each) => each.entitlementId === entitlementId && each.direction === direction && each.toMs === undefined,
  );
  const open = handover === undefined ? [] : openOf({ standing, nowMs: t }, handover);
  const closings = [
    ...(handover?.items ?? []).map(({ acceptedAtMs, settledAtMs }) => acceptedAtMs ?? settledAtMs),
    ...(handover?.checklist ?? []).map(({ checkedAtMs }) => checkedAtMs),
  ].filter((ms) => ms !== undefined);
  return {
    entitlementId,
    service: serviceId,
    direction,
    effectiveAtMs,
    handoverId: handover?.handoverId ?? null,
    open: open.slice(0, OPEN_MAX),
    closedAtMs: open.length > 0 || closings.length === 0 ? null : Math.max(...closings),
    signatures: handover?.signatures.length ?? 0,
  };
}
