/** Door: implementation standards, which asset carries which, and where an asset has drifted from its own. */
import type { AssetStandard, StandardRow, Standards } from '@demarc/platform/contract/assurance/workbook';
import type { AssessedCell, Assessment } from '../evaluation/assessment.ts';
import { instant } from '../evaluation/describe.ts';
import { keyOf } from '../evaluation/evaluation.ts';
import { type AssuredAsset, applies, type Population } from '../evaluation/population.ts';
import { type CarriedStandard, standardKey, standardOf } from '../evaluation/standards.ts';
import { inForce, type StandardState } from '../model/standing.ts';
import { dated, instantOrNull, populationOf, scopeShown } from './overlays.ts';

const STANDARDS_MAX = 500;
const ASSETS_MAX = 5_000;
const ASSIGNMENTS_MAX = 1_000;

const STATE_ORDER: readonly AssetStandard['state'][] = ['none', 'ambiguous', 'retired', 'current'];

export function standardsView(assessment: Assessment): Standards {
  const { standing, assets, asOfMs } = assessment;
  const population = populationOf(assessment);
  const byKey = new Map(assessment.cells.map((each) => [keyOf(each.asset.assetId, each.control.id), each]));
  const carried = new Map(
    assets.map((asset) => [asset.assetId, standardOf(standing, population, asset, asOfMs)]),
  );
  const rows = assets
    .map((asset) => assetRow(assessment, population, asset, carried.get(asset.assetId), byKey))
    .sort(
      (a, b) =>
        STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) ||
        b.drift.length - a.drift.length ||
        a.assetName.localeCompare(b.assetName),
    );
  return {
    ...dated(assessment),
    standards: [...standing.standards.values()]
      .map((standard) => standardRow(assessment, population, standard, carried))
      .sort(
        (a, b) =>
          Number(a.retired) - Number(b.retired) ||
          a.standardId.localeCompare(b.standardId) ||
          b.publishedAt.localeCompare(a.publishedAt),
      )
      .slice(0, STANDARDS_MAX),
    assets: rows.slice(0, ASSETS_MAX),
    assetCount: rows.length,
    withoutCount: rows.filter(({ state }) => state !== 'current').length,
    driftingCount: rows.filter(({ drift }) => drift.length > 0).length,
  };
}

function assetRow(
  assessment: Assessment,
  population: Population,
  asset: AssuredAsset,
  carried: CarriedStandard | undefined,
  byKey: ReadonlyMap<string, AssessedCell>,
): AssetStandard {
  const [first] = carried?.assignments ?? [];
  const names = (carried?.assignments ?? []).map((each) => standardKey(each));
  const cells = controlsOn(assessment, asset, carried?.standard).flatMap(({ controlId }) => {
    const found = byKey.get(keyOf(asset.assetId, controlId));
    return found === undefined ? [] : [found.cell];
  });
  return {
    assetId: asset.assetId,
    assetName: asset.name,
    type: asset.type,
    state: carried?.state ?? 'none',
    standard: names.length === 0 ? null : [...new Set(names)].join(', '),
    via: first === undefined ? null : scopeShown(assessment, population, first.scope).scopeName,
    since: instantOrNull(first?.fromMs),
    controlCount: cells.length,
    drift: cells
      .filter(({ status }) => status !== 'satisfied' && status !== 'not-applicable')
      .map(({ controlId, status }) => ({ controlId, status })),
  };
}

function controlsOn(
  { catalogue }: Assessment,
  asset: AssuredAsset,
  standard: StandardState | undefined,
): StandardState['controls'] {
  return (standard?.controls ?? []).filter(({ controlId }) => {
    const control = catalogue.controls.get(controlId);
    return control !== undefined && applies(control, asset);
  });
}

function standardRow(
  assessment: Assessment,
  population: Population,
  standard: StandardState,
  carried: ReadonlyMap<string, CarriedStandard>,
): StandardRow {
  const { standing, asOfMs, catalogue } = assessment;
  const key = standardKey(standard);
  return {
    standardId: standard.standardId,
    version: standard.version,
    title: standard.title,
    useCase: standard.useCase,
    requirements: [...standard.requirements],
    controls: standard.controls.map(({ controlId, parameters, approvedDigests }) => ({
      controlId,
      title: catalogue.controls.get(controlId)?.title ?? controlId,
      parameters,
      approvedDigests: [...approvedDigests],
    })),
    hld: [...standard.hld],
    lld: [...standard.lld],
    publishedAt: instant(standard.fromMs),
    endsAt: instantOrNull(standard.toMs),
    retired: !inForce(standard, asOfMs),
    assignedTo: standing.assignments
      .filter((assignment) => standardKey(assignment) === key && inForce(assignment, asOfMs))
      .slice(0, ASSIGNMENTS_MAX)
      .map(({ scope, fromMs }) => ({
        ...scopeShown(assessment, population, scope),
        since: instant(fromMs),
      })),
    assetCount: [...carried.values()].filter(
      ({ standard: worn }) => worn !== undefined && standardKey(worn) === key,
    ).length,
    recordId: standard.recordId,
  };
}
