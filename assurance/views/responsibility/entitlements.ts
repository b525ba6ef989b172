/** How far what was bought has come: what an entitlement still waits for, and whose turn it is. */
import { DUTIES } from '@demarc/platform/contract/api';
import { entitledAssets } from '../../commands/services.ts';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { controlsOf, movedTo } from '../../evaluation/duties.ts';
import type { AssuredAsset, Population } from '../../evaluation/population.ts';
import type { EntitlementState, HandoverState } from '../../model/standing.ts';
import { firstOf } from './words.ts';

export interface Missing {
  /** On which it is not operational. */
  readonly assets: readonly AssuredAsset[];
  readonly missing: readonly string[];
  readonly party: string;
  readonly step: string;
  readonly controls: readonly string[];
}

/** Undefined when it is operational wherever it was bought for. */
export function missingOf(
  assessment: Assessment,
  entitlement: EntitlementState,
  population: Population,
): Missing | undefined {
  const { catalogue, asOfMs } = assessment;
  const waiting = entitledAssets(entitlement, population).filter(({ assetId }) => {
    const at = entitlement.assets.get(assetId)?.operationalAtMs;
    return at === undefined || at > asOfMs;
  });
  if (waiting.length === 0) return undefined;
  const controls = controlsOf(catalogue, entitlement.serviceId).map(({ id }) => id);
  const wanted =
    catalogue.services.find(({ id }) => id === entitlement.serviceId)?.customer_prerequisites ?? [];
  const { prerequisites } = entitlement;
  const open = prerequisites === undefined ? [] : wanted.filter((each) => !prerequisites.includes(each));
  if (open.length > 0)
    return {
      assets: waiting,
      controls,
      missing: open.map((each) => `prerequisite: ${each}`),
      party: 'customer',
      step: 'Meet the prerequisites and confirm them.',
    };
  const ids = new Set(waiting.map(({ assetId }) => assetId));
  const seen = assessment.cells.filter(
    ({ control, asset }) => ids.has(asset.assetId) && controls.includes(control.id),
  );
  return {
    assets: waiting,
    controls,
    missing: firstEvidence(seen, waiting.length),
    party: partyOf(assessment, entitlement),
    step: 'Bring the first passing evidence from each of these assets: look at its agent and its room.',
  };
}

/** The party to which the tier gives the most duties; the provider where it moves none, whose service it is. */
export function partyOf({ catalogue }: Assessment, entitlement: EntitlementState): string {
  const counts = new Map<string, number>();
  for (const control of controlsOf(catalogue, entitlement.serviceId))
    for (const duty of DUTIES) {
      const party = movedTo(control, duty, entitlement);
      if (party !== undefined) counts.set(firstOf(party), (counts.get(firstOf(party)) ?? 0) + 1);
    }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'provider';
}

function firstEvidence(cells: readonly AssessedCell[], assetCount: number): readonly string[] {
  const failed = new Map<string, Set<string>>();
  const answered = new Set<string>();
  for (const { asset, evidence } of cells)
    for (const { state, rule, because, required } of evidence) {
      if (state === 'not-received' || state === 'no-source') continue;
      answered.add(asset.assetId);
      if (state !== 'fail' || !required) continue;
      const text = `${rule} failed: ${because ?? ''}`;
      failed.set(text, (failed.get(text) ?? new Set()).add(asset.assetId));
    }
  const silent = assetCount - answered.size;
  return [
    ...(silent > 0 ? [`agent not seen on ${silent} of them: nothing was received of it yet`] : []),
    ...[...failed].map(([text, assets]) => `${text} (${assets.size} of them)`),
    ...(silent === 0 && failed.size === 0 ? ['first passing required evidence from the service'] : []),
  ].slice(0, 100);
}

/** What is still open before, or after, a service ends; nothing when it is handed over. */
export function openAtEnd(
  entitlement: EntitlementState,
  handover: HandoverState | undefined,
  t: number,
): readonly string[] {
  const unsettled = (handover?.items ?? []).filter(
    ({ taker, riskAcceptedUntilMs }) => taker === undefined && (riskAcceptedUntilMs ?? 0) <= t,
  );
  const unchecked = (handover?.checklist ?? []).filter(({ checkedBy }) => checkedBy === undefined);
  const sides = (['releasing', 'receiving'] as const).filter(
    (side) => handover?.signatures.some((signature) => signature.side === side) !== true,
  );
  const ended = entitlement.toMs !== undefined && entitlement.toMs <= t;
  const returned = [...entitlement.assets.values()].filter(
    ({ operationalAtMs, handbackAcceptedAtMs }) =>
      operationalAtMs !== undefined && handbackAcceptedAtMs === undefined,
  );
  return [
    ...unsettled.map(({ duty, controlId }) => `nobody takes ${duty} ${controlId}`),
    ...unchecked.map(({ text }) => text),
    ...(handover === undefined
      ? ['no hand-over is open']
      : sides.map((side) => `signature of the ${side} side`)),
    ...(ended && unsettled.length > 0 && returned.length > 0
      ? [`hand-back not accepted on ${returned.length} assets`]
      : []),
  ].slice(0, 200);
}
