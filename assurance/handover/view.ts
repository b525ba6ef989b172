/** A hand-over as it is shown: what has come how far, who may sign, what is still open. Pure. */
import { createHash } from 'node:crypto';
import {
  ASSETS_SHOWN_MAX,
  HANDOVERS_MAX,
  type Handover,
  type HandoverList,
  type HandoverItem as ItemView,
} from '@demarc/platform/contract/assurance/handover';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { openOf } from '../commands/handovers.ts';
import { entitledAssets } from '../commands/services.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { EntitlementState, HandoverItem, HandoverState } from '../model/standing.ts';
import { isSigned, itemState, partiesOf } from '../rules/handover.ts';

const instant = (ms: number): string => new Date(ms).toISOString();
const maybe = (ms: number | undefined): string | null => (ms === undefined ? null : instant(ms));

export function itemView(item: HandoverItem, { controls }: Catalogue, t: number): ItemView {
  return {
    itemId: item.itemId,
    controlId: item.controlId,
    title: controls.get(item.controlId)?.title ?? item.controlId,
    duty: item.duty,
    from: item.from,
    taker: item.taker ?? null,
    state: itemState(item, t),
    acceptedBy: item.acceptedBy ?? null,
    acceptedAt: maybe(item.acceptedAtMs),
    riskAcceptedUntil: maybe(item.riskAcceptedUntilMs),
    settledBy: item.settledBy ?? null,
    settledAt: maybe(item.settledAtMs),
  };
}

/** What a hand-over says that does not depend on when it is looked at; the certificate prints it, the digest is over it. */
export interface HandoverRecord {
  readonly handoverId: string;
  readonly entitlementId: string;
  readonly serviceId: string;
  readonly title: string;
  readonly tier: string;
  readonly direction: Handover['direction'];
  readonly openedAt: string;
  readonly openedBy: string;
  readonly effectiveAt: string;
  readonly withdrawnAt: string | null;
  readonly endedAt: string | null;
  readonly assets: readonly {
    readonly assetId: string;
    readonly name: string;
    readonly operationalAt: string | null;
  }[];
  readonly items: readonly Omit<ItemView, 'state'>[];
  readonly checklist: Handover['checklist'];
  readonly signatures: Handover['signatures'];
  /** When anything in it last changed. */
  readonly changedAt: string;
}

export function recordOf(evaluation: Evaluation, handover: HandoverState): HandoverRecord {
  const { catalogue, standing } = evaluation.world;
  const entitlement = standing.entitlements.get(handover.entitlementId);
  const assets = assetsOf(evaluation, entitlement, handover);
  const items = handover.items.map((item) => {
    const { state: _, ...view } = itemView(item, catalogue, evaluation.t);
    return view;
  });
  const { signatures } = handover;
  const changes = [
    handover.fromMs,
    handover.toMs,
    handover.direction === 'offboarding' ? entitlement?.toMs : undefined,
    ...handover.items.flatMap(({ settledAtMs, acceptedAtMs }) => [settledAtMs, acceptedAtMs]),
    ...handover.checklist.map(({ checkedAtMs }) => checkedAtMs),
    ...signatures.map(({ atMs }) => atMs),
    ...assets.map(({ operationalAtMs }) => operationalAtMs),
  ];
  return {
    handoverId: handover.handoverId,
    entitlementId: handover.entitlementId,
    serviceId: entitlement?.serviceId ?? '',
    title: catalogue.services.find(({ id }) => id === entitlement?.serviceId)?.title ?? '',
    tier: entitlement?.tier ?? '',
    direction: handover.direction,
    openedAt: instant(handover.fromMs),
    openedBy: handover.recordId,
    effectiveAt: instant(handover.effectiveAtMs),
    withdrawnAt: maybe(handover.toMs),
    endedAt: handover.direction === 'offboarding' ? maybe(entitlement?.toMs) : null,
    assets: assets.map(({ operationalAtMs, ...asset }) => ({
      ...asset,
      operationalAt: maybe(operationalAtMs),
    })),
    items,
    checklist: handover.checklist.map(({ itemId, text, checkedBy, checkedAtMs }) => ({
      itemId,
      text,
      checkedBy: checkedBy ?? null,
      checkedAt: maybe(checkedAtMs),
    })),
    signatures: signatures
      .toSorted((a, b) => (a.side < b.side ? 1 : -1))
      .map(({ side, party, person, atMs, recordId }) => ({
        side,
        party,
        person,
        at: instant(atMs),
        recordId,
      })),
    changedAt: instant(Math.max(...changes.filter((ms) => ms !== undefined))),
  };
}

/** What an asset is called now, and which ones a scope has today, is not part of what was agreed. */
export function digestOf(record: HandoverRecord): string {
  const assets = record.assets
    .filter(({ operationalAt }) => operationalAt !== null)
    .map(({ assetId, operationalAt }) => ({ assetId, operationalAt }));
  return createHash('sha256')
    .update(canonicalJson({ ...record, assets }))
    .digest('hex');
}

export function handoverView(evaluation: Evaluation, handover: HandoverState): Handover {
  const { catalogue, standing } = evaluation.world;
  const nowMs = evaluation.t;
  const entitlement = standing.entitlements.get(handover.entitlementId);
  const record = recordOf(evaluation, handover);
  const open = openOf({ standing, nowMs }, handover);
  const { assets, openedBy: _, withdrawnAt, endedAt, ...shown } = record;
  return {
    ...shown,
    state:
      withdrawnAt !== null
        ? 'withdrawn'
        : open.length > 0
          ? 'open'
          : isSigned(handover)
            ? 'complete'
            : 'ready-to-sign',
    endConfirmed: entitlement?.notice?.confirmedAtMs !== undefined,
    ended: endedAt !== null && Date.parse(endedAt) <= nowMs,
    assets: { total: assets.length, shown: assets.slice(0, ASSETS_SHOWN_MAX) },
    operationalCount: assets.filter(({ operationalAt }) => operationalAt !== null).length,
    items: handover.items.map((item) => itemView(item, catalogue, nowMs)),
    checklist: [...shown.checklist],
    signatures: [...shown.signatures],
    sides: {
      releasing: [...partiesOf(handover, 'releasing')],
      receiving: [...partiesOf(handover, 'receiving')],
    },
    open: [...open],
    digest: digestOf(record),
  };
}

/** Those that somebody has to see to first, the nearest date before the others. */
export function handoverList(evaluation: Evaluation): HandoverList {
  const all = [...evaluation.world.standing.handovers.values()].map((handover) =>
    handoverView(evaluation, handover),
  );
  const waits = ({ state }: Handover): number => (state === 'open' || state === 'ready-to-sign' ? 0 : 1);
  const sorted = all.toSorted(
    (a, b) =>
      waits(a) - waits(b) ||
      (waits(a) === 0
        ? a.effectiveAt.localeCompare(b.effectiveAt)
        : b.changedAt.localeCompare(a.changedAt)) ||
      a.handoverId.localeCompare(b.handoverId),
  );
  return { asOf: instant(evaluation.t), total: sorted.length, handovers: sorted.slice(0, HANDOVERS_MAX) };
}

/** The assets of the entitlement, and of an end those on which it had been operational. */
function assetsOf(
  { population }: Evaluation,
  entitlement: EntitlementState | undefined,
  { direction }: HandoverState,
): readonly {
  readonly assetId: string;
  readonly name: string;
  readonly operationalAtMs: number | undefined;
}[] {
  if (entitlement === undefined) return [];
  const ids = new Set([
    ...entitlement.assets.keys(),
    ...entitledAssets(entitlement, population).map(({ assetId }) => assetId),
  ]);
  return [...ids]
    .map((assetId) => ({
      assetId,
      name: population.find(assetId)?.name ?? assetId,
      operationalAtMs: entitlement.assets.get(assetId)?.operationalAtMs,
    }))
    .filter(
      ({ operationalAtMs }) =>
        direction === 'onboarding' || entitlement.toMs === undefined || operationalAtMs !== undefined,
    );
}
