/** Population first: which assets a question is about, which it is not and why; and samples that anybody can draw again. Pure. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';
import type { AuditPopulation } from '@demarc/platform/contract/assurance/evidence';
import type { Control } from '../catalogue/catalogue.ts';
import { instant } from '../evaluation/describe.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import { applies } from '../evaluation/population.ts';
import { inForce } from '../model/standing.ts';

const ASSETS_MAX = 10_001;

/** @param control all controls are asked about when it is left out */
export function populationOf(
  evaluation: Evaluation,
  knownAtMs: number,
  control: Control | undefined,
): AuditPopulation {
  const { population, world, t } = evaluation;
  const included: AuditPopulation['included'] = [];
  const excluded: AuditPopulation['excluded'] = [];
  for (const asset of population.assets) {
    const { assetId, name, type } = asset;
    const out = (because: string): void => void excluded.push({ assetId, name, type, because });
    if (control === undefined)
      included.push({ ...asset, labels: { ...asset.labels }, status: null, ownStatus: null });
    else if (applies(control, asset)) {
      const approval = evaluation.notApplicable(control, asset);
      if (approval === undefined) {
        const { own, effective } = evaluation.cell(control, asset);
        included.push({ ...asset, labels: { ...asset.labels }, status: effective, ownStatus: own });
      } else
        out(
          `not applicable: ${approval.reason} (approved by ${approval.approver}, review ${instant(approval.reviewAtMs)}, ${approval.recordId})`,
        );
    } else out(`${control.id} is about ${control.asset_types.join(', ')}, and this is of the type ${type}`);
  }
  for (const { assetId, name, type, toMs, fromMs, recordId } of world.standing.assets.values())
    if (!inForce({ fromMs, toMs }, t))
      excluded.push({ assetId, name, type, because: `retired on ${instant(toMs ?? t)} (${recordId})` });
  const asOf = instant(t);
  const knownAt = instant(knownAtMs);
  const query = `assets declared in the ledger and not retired at ${asOf}, as known at ${knownAt}${
    control === undefined
      ? ''
      : `, of the types that ${control.id} ${control.title} is about (${control.asset_types.join(', ')}), without an approved “not applicable”`
  }`;
  const frozen = {
    asOf,
    knownAt,
    controlId: control?.id ?? null,
    members: included.map(({ assetId }) => assetId).sort(),
  };
  return {
    asOf,
    knownAt,
    controlId: control?.id ?? null,
    query,
    digest: sha256(canonicalJson(frozen)),
    included: included.slice(0, ASSETS_MAX),
    excluded: excluded.slice(0, ASSETS_MAX),
  };
}

export const SAMPLING_METHOD =
  'the first n asset ids in the order of SHA-256(seed, newline, population digest, newline, asset id), as hex';

/** The same seed and population give the same sample, on any machine. */
export function draw(population: Pick<AuditPopulation, 'digest' | 'included'>, n: number, seed: string) {
  return population.included
    .map((asset) => ({ asset, order: sha256(`${seed}\n${population.digest}\n${asset.assetId}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, n)
    .map(({ asset }) => asset);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
