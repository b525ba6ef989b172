/**
 * Since when each risk is above the appetite without a break, from the acts and the stored matrix.
 *
 * Pure: one pass over both in order of time. The matrix as it was kept says what held when; the acts say what the
 * register and the appetite were.
 */
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { APPETITE_DEFAULT } from '../evaluation/assessment.ts';
import type { Act } from '../model/acts.ts';
import { worst } from '../rules/dependency.ts';
import { type RiskLevels, residual, scoreOf } from '../rules/risk.ts';
import type { StatusChange } from '../store/cells.ts';

interface Followed extends RiskLevels {
  readonly controls: readonly {
    readonly controlId: string;
    readonly reduces: 'likelihood' | 'impact';
    readonly steps: number;
  }[];
}

/**
 * @param acts those that hold at the instant that is asked about, in the order in which they hold
 * @param changes of the status of cells, in order of time
 * @returns by risk id, the instant since when its residual is above the appetite; risks that are not are left out
 */
export function aboveAppetiteSince(
  catalogue: Catalogue,
  acts: readonly Act[],
  changes: readonly StatusChange[],
): ReadonlyMap<string, number> {
  const risks = new Map<string, Followed>(catalogue.risks.map((risk) => [risk.id, shipped(risk)]));
  const statuses = new Estate();
  const since = new Map<string, number>();
  let appetite = APPETITE_DEFAULT;
  const take = (act: Act): boolean => {
    if (act.name === 'risk-recorded') risks.set(act.payload.riskId, act.payload);
    else if (act.name === 'risk-closed') risks.delete(act.payload.riskId);
    else if (act.name === 'appetite-set') appetite = act.payload.score;
    else return false;
    return true;
  };
  const judge = (t: number): void => {
    for (const riskId of since.keys()) if (!risks.has(riskId)) since.delete(riskId);
    for (const [riskId, risk] of risks) {
      const left = residual(
        risk,
        risk.controls
          .filter(({ controlId }) => catalogue.controls.has(controlId))
          .map(({ controlId, reduces, steps }) => ({ reduces, steps, status: statuses.of(controlId) })),
      );
      if (scoreOf(left) <= appetite) since.delete(riskId);
      else if (!since.has(riskId)) since.set(riskId, t);
    }
  };
  let [nextAct, nextChange] = [0, 0];
  while (nextAct < acts.length || nextChange < changes.length) {
    const t = Math.min(
      acts[nextAct]?.atMs ?? Number.POSITIVE_INFINITY,
      changes[nextChange]?.fromMs ?? Number.POSITIVE_INFINITY,
    );
    let moved = since.size === 0;
    for (let act = acts[nextAct]; act !== undefined && act.atMs <= t; act = acts[nextAct]) {
      moved = take(act) || moved;
      nextAct += 1;
    }
    for (
      let change = changes[nextChange];
      change !== undefined && change.fromMs <= t;
      change = changes[nextChange]
    ) {
      moved = statuses.take(change) || moved;
      nextChange += 1;
    }
    // Of one instant the last word counts, so it is judged once.
    if (moved) judge(t);
  }
  return since;
}

/** Of each control, how many cells are in which status: the worst of them is what it is on the whole estate. */
class Estate {
  readonly #cells = new Map<string, ControlStatus>();
  readonly #counts = new Map<string, Map<ControlStatus, number>>();

  /** Whether the control is on the whole another than it was. */
  take({ assetId, controlId, effective }: StatusChange): boolean {
    const key = `${assetId} ${controlId}`;
    const before = this.of(controlId);
    const counts = this.#counts.get(controlId) ?? new Map<ControlStatus, number>();
    this.#counts.set(controlId, counts);
    const known = this.#cells.get(key);
    if (known !== undefined) counts.set(known, (counts.get(known) ?? 0) - 1);
    if (effective === null) this.#cells.delete(key);
    else {
      this.#cells.set(key, effective);
      counts.set(effective, (counts.get(effective) ?? 0) + 1);
    }
    return this.of(controlId) !== before;
  }

  of(controlId: string): ControlStatus {
    const counts = this.#counts.get(controlId);
    return worst(CONTROL_STATUSES.filter((status) => (counts?.get(status) ?? 0) > 0));
  }
}

function shipped(risk: Catalogue['risks'][number]): Followed {
  return {
    ...risk.inherent,
    controls: risk.mitigating_controls.map(({ control, reduces, steps }) => ({
      controlId: control,
      reduces,
      steps,
    })),
  };
}
