/**
 * Everything that is worked out for one tenant at one instant, as it was known at another: what screens, exports
 * and the command line are made of. Pure: the same acts and evidence give the same assessment, byte for byte.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';
import type { EvidenceState, MatrixCell } from '@demarc/platform/contract/api';
import type { Catalogue, Control } from '../catalogue/catalogue.ts';
import { inForce, type RiskState, type Standing } from '../model/standing.ts';
import { worst } from '../rules/dependency.ts';
import { type RiskLevels, residual, scoreOf } from '../rules/risk.ts';
import { type RollUp, rollUp, rootCauses } from '../rules/rollup.ts';
import { evidenceState, matrixCell } from './describe.ts';
import { type CellState, type Evaluation, keyOf } from './evaluation.ts';
import { type AssuredAsset, applies } from './population.ts';

export interface AssessedCell {
  readonly control: Control;
  readonly asset: AssuredAsset;
  readonly state: CellState;
  readonly cell: MatrixCell;
  readonly evidence: readonly EvidenceState[];
}

export interface AssessedRisk {
  readonly risk: RiskState;
  readonly inherent: RiskLevels & { readonly score: number };
  readonly residual: RiskLevels & { readonly score: number };
  readonly mitigations: readonly {
    readonly control: Control;
    readonly reduces: 'likelihood' | 'impact';
    readonly steps: number;
    readonly status: MatrixCell['status'];
  }[];
  readonly aboveAppetite: boolean;
}

export interface Assessment {
  readonly tenantId: string;
  readonly asOfMs: number;
  readonly knownAtMs: number;
  readonly catalogue: Catalogue;
  readonly standing: Standing;
  readonly assets: readonly AssuredAsset[];
  /** By asset, then by control, in the order of population and catalogue. */
  readonly cells: readonly AssessedCell[];
  readonly rollUp: RollUp;
  readonly rootCauses: ReturnType<typeof rootCauses>;
  readonly risks: readonly AssessedRisk[];
  readonly appetite: number;
  /** SHA-256 over what was decided; two assessments with one digest say the same. */
  readonly digest: string;
}

/** Until the tenant sets its own: above it a risk wants a decision. */
export const APPETITE_DEFAULT = 8;

export function assess(
  evaluation: Evaluation,
  {
    tenantId,
    knownAtMs,
    states,
  }: {
    readonly tenantId: string;
    readonly knownAtMs: number;
    /** Cells that are worked out already, as the live matrix has them. */
    readonly states?: ReadonlyMap<string, CellState>;
  },
): Assessment {
  const { catalogue, standing } = evaluation.world;
  const cells = [...evaluation.pairs()].map(({ control, asset }): AssessedCell => {
    const state = states?.get(keyOf(asset.assetId, control.id)) ?? evaluation.cell(control, asset);
    return {
      control,
      asset,
      state,
      cell: matrixCell(evaluation, control, asset, state),
      evidence: control.evidence.map((rule) => evidenceState(evaluation, rule, asset)),
    };
  });
  const appetite = standing.appetite ?? APPETITE_DEFAULT;
  const risks = assessRisks(evaluation);
  const facts = () => ({
    tenantId,
    asOfMs: evaluation.t,
    knownAtMs,
    catalogue: `${catalogue.id} ${catalogue.version}`,
    cells: cells.map(({ cell }) => [
      cell.controlId,
      cell.assetId,
      cell.ownStatus,
      cell.status,
      ...cell.duties.map(({ state, party, by }) => `${state} ${party ?? ''} ${by}`),
    ]),
    risks: risks.map(({ risk, residual: left }) => [risk.riskId, left.likelihood, left.impact]),
    appetite,
  });
  let digest: string | undefined;
  return {
    tenantId,
    asOfMs: evaluation.t,
    knownAtMs,
    catalogue,
    standing,
    assets: evaluation.population.assets,
    cells,
    rollUp: rollUp(cells.map(({ control, state }) => ({ worth: control.worth, status: state.effective }))),
    rootCauses: rootCauses(
      cells.map(({ control, asset, state }) => ({
        key: keyOf(asset.assetId, control.id),
        roots: state.roots,
        status: state.effective,
      })),
    ),
    risks,
    appetite,
    // Worked out for who asks: a page does not.
    get digest() {
      digest ??= createHash('sha256').update(canonicalJson(facts())).digest('hex');
      return digest;
    },
  };
}

/** Risks in the register, and the catalogue's until the tenant records a version of its own. */
export function assessRisks(evaluation: Evaluation): readonly AssessedRisk[] {
  const { catalogue, standing } = evaluation.world;
  const appetite = standing.appetite ?? APPETITE_DEFAULT;
  const recorded = [...standing.risks.values()].filter((risk) => inForce(risk, evaluation.t));
  const shipped = catalogue.risks.filter(({ id }) => !standing.risks.has(id)).map(shippedRisk);
  return [...recorded, ...shipped]
    .sort((a, b) => (a.riskId < b.riskId ? -1 : 1))
    .map((risk) => assessRisk(evaluation, risk, appetite));
}

function assessRisk(evaluation: Evaluation, risk: RiskState, appetite: number): AssessedRisk {
  const { controls } = evaluation.world.catalogue;
  const mitigations = risk.controls.flatMap(({ controlId, reduces, steps }) => {
    const control = controls.get(controlId);
    if (control === undefined) return [];
    return [{ control, reduces, steps, status: estateStatus(evaluation, control) }];
  });
  const inherent = { likelihood: risk.likelihood, impact: risk.impact };
  const left = residual(inherent, mitigations);
  return {
    risk,
    inherent: { ...inherent, score: scoreOf(inherent) },
    residual: { ...left, score: scoreOf(left) },
    mitigations,
    aboveAppetite: scoreOf(left) > appetite,
  };
}

/** Of a control over everything it applies to: one machine without protection is where the attack begins. */
export function estateStatus(evaluation: Evaluation, control: Control): MatrixCell['status'] {
  return worst(
    evaluation.population.assets
      .filter((asset) => applies(control, asset))
      .map((asset) => evaluation.status(control, asset).effective),
  );
}

function shippedRisk(risk: Catalogue['risks'][number]): RiskState {
  return {
    riskId: risk.id,
    title: risk.title,
    scenario: risk.scenario,
    threat: '',
    likelihood: risk.inherent.likelihood,
    impact: risk.inherent.impact,
    controls: risk.mitigating_controls.map(({ control, reduces, steps }) => ({
      controlId: control,
      reduces,
      steps,
    })),
    treatment: risk.treatment,
    owner: risk.owner,
    fromMs: 0,
    toMs: undefined,
    recordId: `catalogue:${risk.id}`,
    version: 0,
    log: [],
  };
}
