/** GOV-03: what the records say about the implementation standard that each asset carries. */
import type { EvidenceFinding } from '@demarc/platform/contract';
import { type AssuredAsset, Population } from '../evaluation/population.ts';
import { type CarriedStandard, standardKey, standardOf } from '../evaluation/standards.ts';
import type { Standing } from '../model/standing.ts';

/** A finding of the server's own records, about one asset. */
export interface AssetFinding {
  readonly assetId: string;
  readonly finding: EvidenceFinding;
}

const NAMED_MAX = 20;

/**
 * One finding for GOV-03.1 on every asset, and for GOV-03.2 where there is a standard that could cite its designs.
 * The tenant as a whole has it when all its assets do; a tenant without assets when the whole of it carries one.
 *
 * Pure: the same standing and instant, the same findings.
 */
export function standardsEvidence(standing: Standing, t: number): readonly AssetFinding[] {
  const population = new Population(standing, t);
  const carried = population.assets.map((asset) => ({
    asset,
    carries: standardOf(standing, population, asset, t),
  }));
  const ofAssets = carried.filter(({ asset }) => asset.type !== 'tenant');
  return carried.flatMap(({ asset, carries }) => {
    if (asset.type === 'tenant' && ofAssets.length > 0) return ofTenant(asset, ofAssets);
    const designs = designsOf([carries]);
    return [
      { assetId: asset.assetId, finding: assigned(asset, carries) },
      ...(designs === undefined ? [] : [{ assetId: asset.assetId, finding: designs }]),
    ];
  });
}

function ofTenant(
  tenant: AssuredAsset,
  ofAssets: readonly { readonly asset: AssuredAsset; readonly carries: CarriedStandard }[],
): readonly AssetFinding[] {
  const without = ofAssets.filter(({ carries }) => carries.state !== 'current');
  const named = without.slice(0, NAMED_MAX).map(({ asset, carries }) => `${asset.name} (${carries.state})`);
  const finding: EvidenceFinding = {
    rule: 'GOV-03.1',
    result: without.length === 0 ? 'pass' : 'fail',
    because:
      without.length === 0
        ? `each of ${ofAssets.length} assets carries one current implementation standard`
        : `${without.length} of ${ofAssets.length} assets carry no single current standard: ${named.join(', ')}`.slice(
            0,
            1_000,
          ),
    raw: {
      assetCount: ofAssets.length,
      withoutCount: without.length,
      without: without.slice(0, NAMED_MAX).map(({ asset }) => asset.assetId),
    },
  };
  const designs = designsOf(ofAssets.map(({ carries }) => carries));
  return [finding, ...(designs === undefined ? [] : [designs])].map((each) => ({
    assetId: tenant.assetId,
    finding: each,
  }));
}

function assigned(asset: AssuredAsset, { state, assignments }: CarriedStandard): EvidenceFinding {
  const standards = [...new Set(assignments.map((each) => standardKey(each)))];
  const because = {
    current: `${asset.name} carries ${standards[0] ?? ''}`,
    retired: `${asset.name} carries ${standards[0] ?? ''}, which is retired`,
    ambiguous: `groups of equal priority give ${asset.name} different standards: ${standards.slice(0, NAMED_MAX).join(', ')}`,
    none: `no implementation standard is assigned to ${asset.name}`,
  }[state];
  return {
    rule: 'GOV-03.1',
    result: state === 'current' ? 'pass' : 'fail',
    because: because.slice(0, 1_000),
    raw: {
      state,
      standards: standards.slice(0, NAMED_MAX),
      records: assignments.slice(0, NAMED_MAX).map(({ recordId }) => recordId),
    },
  };
}

/** Undefined without a current standard: there is nothing that could cite anything. */
function designsOf(carried: readonly CarriedStandard[]): EvidenceFinding | undefined {
  const standards = new Map(
    carried.flatMap(({ state, standard }) =>
      state === 'current' && standard !== undefined ? [[standardKey(standard), standard] as const] : [],
    ),
  );
  if (standards.size === 0) return undefined;
  const lacking = [...standards].flatMap(([key, { hld, lld }]) => {
    const missing = [...(hld.length === 0 ? ['high-level'] : []), ...(lld.length === 0 ? ['low-level'] : [])];
    return missing.length === 0 ? [] : [`${key} cites no ${missing.join(' and no ')} design`];
  });
  return {
    rule: 'GOV-03.2',
    result: lacking.length === 0 ? 'pass' : 'fail',
    because: (lacking.length === 0
      ? `${[...standards.keys()].slice(0, NAMED_MAX).join(', ')} cites the designs it serves`
      : lacking.slice(0, NAMED_MAX).join('; ')
    ).slice(0, 1_000),
    raw: { standards: [...standards.keys()].slice(0, NAMED_MAX), lackingCount: lacking.length },
  };
}
