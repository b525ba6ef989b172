/** A purchase before it is made: what would move, what stays, what is missing, and what it would be worth. */
import { GROUPS_MAX, LINES_MAX, type PurchaseSimulation } from '@demarc/platform/contract/assurance/handover';
import { act } from '../commands/command.ts';
import { type Purchase, purchasable, wantedAssets } from '../commands/services.ts';
import { movedTo } from '../evaluation/duties.ts';
import { keyOf } from '../evaluation/evaluation.ts';
import { type AssuredAsset, applies } from '../evaluation/population.ts';
import type { NewAct } from '../model/acts.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import {
  assetsShown,
  bounded,
  grouped,
  held,
  keepsOf,
  type Looked,
  lineOf,
  moved,
  movesOf,
  outlookOf,
  risksOf,
  type SimulationContext,
  supposing,
} from './world.ts';

/** @throws what `buy` throws, but for prerequisites, which are listed instead */
export function simulateBuy(
  context: SimulationContext,
  purchase: Omit<Purchase, 'prerequisites'> & { readonly prerequisites: readonly string[] | 'all' },
): PurchaseSimulation {
  const { evaluation: now, nowMs, catalogue } = context;
  const service = purchasable(context, purchase);
  const { serviceId, tier, scope } = purchase;
  const assets = wantedAssets(service, purchase, now.population);
  const supposed: readonly NewAct[] = [
    act(context, 'service-bought', {
      entitlementId: SIMULATED,
      serviceId,
      tier,
      assetIds: [...new Set(purchase.assetIds)],
      ...(scope === undefined ? {} : { scope, unit: service.unit }),
    }),
    ...assets.map(({ assetId }) =>
      act(context, 'service-operational', { entitlementId: SIMULATED, assetId, evidenceId: SIMULATED }),
    ),
  ];
  const operational = supposing(context, context.acts, supposed, nowMs);
  const evidenced = supposing(context, context.acts, supposed, nowMs, withPasses(context, serviceId, assets));
  const looked: readonly Looked[] = [
    { key: 'now', says: 'as it stands', evaluation: now },
    { key: 'operational', says: 'operational, with no new evidence', evaluation: operational },
    { key: 'evidenced', says: 'once the evidence that it promises passes', evaluation: evidenced },
  ];
  const duties = held(serviceId, assets, now, operational);
  const line = (each: (typeof duties)[number]) => lineOf(each, operational, undefined);
  const taken = duties.filter(({ control, duty }) => movedTo(control, duty, purchase) !== undefined);
  return {
    asOf: new Date(nowMs).toISOString(),
    serviceId,
    title: service.title,
    tier,
    assets: assetsShown(assets),
    prerequisites: service.customer_prerequisites.map((text) => ({
      text,
      met: purchase.prerequisites === 'all' || purchase.prerequisites.includes(text),
    })),
    promised: promisedRules(context, serviceId).map(({ rule, control }) => ({
      rule: rule.id,
      asserts: rule.asserts,
      required: rule.required,
      controlId: control.id,
    })),
    moves: movesOf(duties.filter(moved).map(line), catalogue),
    stays: bounded(grouped(taken.filter((each) => !moved(each)).map(line), catalogue), GROUPS_MAX),
    keeps: keepsOf(serviceId, duties),
    unowned: bounded(duties.filter(({ after }) => after.state === 'unowned').map(line), LINES_MAX),
    contested: bounded(duties.filter(({ after }) => after.state === 'contested').map(line), LINES_MAX),
    outlook: looked.map(outlookOf),
    risks: risksOf(looked),
  };
}

const SIMULATED = 'simulated';

function promisedRules({ catalogue, promised }: SimulationContext, serviceId: string) {
  return (promised.get(serviceId) ?? []).flatMap((id) => catalogue.rules.get(id) ?? []);
}

/** What is known, and a pass of now for everything that the service promises to show on these assets. */
function withPasses(
  context: SimulationContext,
  serviceId: string,
  assets: readonly AssuredAsset[],
): ReadonlyMap<string, KeptEvidence> {
  const evidence = new Map(context.evaluation.world.evidence);
  for (const { rule, control } of promisedRules(context, serviceId))
    for (const asset of assets)
      if (applies(control, asset))
        evidence.set(keyOf(asset.assetId, rule.id), {
          uid: SIMULATED,
          assetId: asset.assetId,
          rule: rule.id,
          service: serviceId,
          result: 'pass',
          because: 'supposed to pass',
          observedAtMs: context.nowMs,
          receivedAtMs: context.nowMs,
          digest: '',
          signed: false,
        });
  return evidence;
}
