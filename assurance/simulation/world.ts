/**
 * What would be: a second replay of the acts that stand with some more of them, over evidence that may be other.
 * Nothing in here touches the live matrix.
 */

import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import type {
  DutyGroup,
  DutyMove,
  Outlook,
  PurchaseSimulation,
  RiskOutlook,
} from '@demarc/platform/contract/assurance/handover';
import { ASSETS_SHOWN_MAX, GROUPS_MAX, LINES_MAX } from '@demarc/platform/contract/assurance/handover';
import type { Control } from '../catalogue/catalogue.ts';
import type { CommandContext } from '../commands/command.ts';
import { assessRisks } from '../evaluation/assessment.ts';
import { dutyOwnership } from '../evaluation/describe.ts';
import { controlsOf } from '../evaluation/duties.ts';
import { Evaluation } from '../evaluation/evaluation.ts';
import { type AssuredAsset, applies } from '../evaluation/population.ts';
import type { Act, NewAct } from '../model/acts.ts';
import { replay } from '../model/standing.ts';
import type { Ownership } from '../rules/ownership.ts';
import { rollUp } from '../rules/rollup.ts';
import type { KeptEvidence } from '../store/evidence.ts';

export interface SimulationContext extends CommandContext {
  /** All of them, those to come among them. */
  readonly acts: readonly Act[];
  /** Service → the rules for which it promises evidence. */
  readonly promised: ReadonlyMap<string, readonly string[]>;
}

/** The evaluation of `t` with acts that nobody has done and, where it is given, other evidence. */
export function supposing(
  { evaluation, catalogue }: SimulationContext,
  acts: readonly Act[],
  supposed: readonly NewAct[],
  t: number,
  evidence: ReadonlyMap<string, KeptEvidence> = evaluation.world.evidence,
): Evaluation {
  const done = acts.filter(({ atMs }) => atMs <= t);
  const standing = replay(
    [...done, ...supposed.map((act) => ({ ...act, recordId: 'simulation' }) as Act)],
    catalogue,
  );
  return new Evaluation({ ...evaluation.world, standing, evidence, t });
}

const wordOf = ({ state, party }: Ownership): string =>
  party ?? (state === 'contested' ? 'disputed' : 'nobody');

interface Held {
  readonly control: Control;
  readonly asset: AssuredAsset;
  readonly duty: Duty;
  readonly before: Ownership;
  readonly after: Ownership;
}

/** Every duty of the service's controls on these assets, as it is and as it would be. */
export function held(
  serviceId: string,
  assets: readonly AssuredAsset[],
  before: Evaluation,
  after: Evaluation,
): readonly Held[] {
  const { catalogue } = before.world;
  return controlsOf(catalogue, serviceId).flatMap((control) =>
    assets
      .filter((asset) => applies(control, asset))
      .flatMap((asset) => {
        const was = before.cell(control, asset).duties;
        const would = after.cell(control, asset).duties;
        return DUTIES.flatMap((duty, at) => {
          const [from, to] = [was[at], would[at]];
          return from === undefined || to === undefined
            ? []
            : [{ control, asset, duty, before: from, after: to }];
        });
      }),
  );
}

/** @param atMs undefined: with the first passing evidence */
export function lineOf(
  { control, asset, duty, before, after }: Held,
  evaluation: Evaluation,
  atMs: number | undefined,
): DutyMove {
  return {
    controlId: control.id,
    duty,
    assetId: asset.assetId,
    assetName: asset.name,
    from: wordOf(before),
    to: wordOf(after),
    at: atMs === undefined ? null : new Date(atMs).toISOString(),
    because: dutyOwnership(duty, after, evaluation.world.standing).because,
  };
}

export const moved = ({ before, after }: Held): boolean => wordOf(before) !== wordOf(after);

export function bounded<Item>(items: readonly Item[], max: number): { total: number; shown: Item[] } {
  return { total: items.length, shown: items.slice(0, max) };
}

export function movesOf(lines: readonly DutyMove[], catalogue: SimulationContext['catalogue']) {
  return { groups: bounded(grouped(lines, catalogue), GROUPS_MAX), lines: bounded(lines, LINES_MAX) };
}

export function grouped(
  lines: readonly DutyMove[],
  { controls }: SimulationContext['catalogue'],
): readonly DutyGroup[] {
  const groups = new Map<string, DutyGroup>();
  for (const { controlId, duty, from, to, because } of lines) {
    const key = `${controlId} ${duty} ${from} ${to}`;
    const known = groups.get(key);
    groups.set(key, {
      controlId,
      title: controls.get(controlId)?.title ?? controlId,
      duty,
      from,
      to,
      assetCount: (known?.assetCount ?? 0) + 1,
      because: known?.because ?? because,
    });
  }
  return [...groups.values()];
}

export function assetsShown(assets: readonly AssuredAsset[]) {
  return bounded(
    assets.map(({ assetId, name }) => ({ assetId, name })),
    ASSETS_SHOWN_MAX,
  );
}

export interface Looked {
  readonly key: Outlook['key'];
  readonly says: string;
  readonly evaluation: Evaluation;
}

export function outlookOf({ key, says, evaluation }: Looked): Outlook {
  const { score, coverage, counts, assessed, applicable } = rollUp(
    [...evaluation.pairs()].map(({ control, asset }) => ({
      worth: control.worth,
      status: evaluation.status(control, asset).effective,
    })),
  );
  return {
    key,
    says,
    score: score ?? null,
    coverage: coverage ?? null,
    satisfied: counts.satisfied,
    assessed,
    applicable,
  };
}

const RISKS_MAX = 500;

/** Those that would change first, then the highest. */
export function risksOf(looked: readonly Looked[]): { total: number; shown: RiskOutlook[] } {
  const all = looked.map(({ evaluation }) => assessRisks(evaluation));
  const risks = (all[0] ?? []).map(({ risk, inherent }, at): RiskOutlook => {
    const each = all.map((assessed) => assessed[at]).filter((found) => found !== undefined);
    return {
      riskId: risk.riskId,
      title: risk.title,
      inherent: inherent.score,
      residual: each.map(({ residual }) => residual.score),
      aboveAppetite: each.map(({ aboveAppetite }) => aboveAppetite),
    };
  });
  const changes = ({ residual }: RiskOutlook): number => (new Set(residual).size > 1 ? 1 : 0);
  return bounded(
    risks.toSorted((a, b) => changes(b) - changes(a) || (b.residual[0] ?? 0) - (a.residual[0] ?? 0)),
    RISKS_MAX,
  );
}

/** The tenant's part of each control of the service: in the catalogue's words, and the duties that stay. */
export function keepsOf(serviceId: string, duties: readonly Held[]): PurchaseSimulation['keeps'] {
  const controls = new Map(duties.map(({ control }) => [control.id, control]));
  return [...controls.values()].map((control) => ({
    controlId: control.id,
    title: control.title,
    keeps: control.managed_services.find(({ service }) => service === serviceId)?.customer_keeps ?? null,
    duties: DUTIES.filter((duty) =>
      duties.some(
        (each) =>
          each.control === control &&
          each.duty === duty &&
          each.after.party?.split('+').includes('customer') === true,
      ),
    ),
  }));
}
