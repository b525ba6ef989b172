/**
 * Standing, evidence and catalogue → the state of every cell of the matrix: a control on an asset.
 *
 * Pure for one instant. Cells are worked out when they are asked for and remembered; `forget` drops one that a
 * new piece of evidence may have changed, so that the next question costs what changed and not what there is
 * (`live/live-matrix.ts` does).
 */
import { type ControlStatus, DUTIES } from '@demarc/platform/contract/api';
import type { Catalogue, Control, EvidenceRule } from '../catalogue/catalogue.ts';
import { inForce, type Standing } from '../model/standing.ts';
import { capOf, capped, type Effect, worst } from '../rules/dependency.ts';
import { type Ownership, ownership } from '../rules/ownership.ts';
import { isStale, ownStatus, type RuleEvidence, staleAt } from '../rules/status.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import { Duties, nextBoundary, selects } from './duties.ts';
import { type AssuredAsset, applies, Population } from './population.ts';

export interface World {
  readonly catalogue: Catalogue;
  readonly standing: Standing;
  /** By `keyOf(asset, rule)`: the last pass or fail of each rule on each asset. */
  readonly evidence: ReadonlyMap<string, KeptEvidence>;
  /** The same of collectors' errors: they say nothing about a control, but why nothing is known. */
  readonly errors?: ReadonlyMap<string, KeptEvidence>;
  /** Rule → for how many seconds it is fresh; rules that are not here have no source in this installation. */
  readonly sources: ReadonlyMap<string, number>;
  readonly t: number;
}

/** What is worked out of one control on one asset; small, because there are many. */
export interface CellState {
  readonly own: ControlStatus;
  readonly effective: ControlStatus;
  /** In the order of `DUTIES`. */
  readonly duties: readonly Ownership[];
  /** `control asset` of what caps it, the bottom of each chain only. */
  readonly roots: readonly string[];
  /** The first instant at which time alone may change it. */
  readonly nextChangeAtMs: number;
}

export interface Dependency {
  readonly control: Control;
  readonly effect: Effect;
  readonly status: ControlStatus;
  readonly caps: ControlStatus | undefined;
}

export const keyOf = (assetId: string, id: string): string => `${assetId} ${id}`;

export class Evaluation {
  readonly world: World;
  #population: Population;
  #duties: Duties;
  readonly #statuses = new Map<string, Omit<CellState, 'duties'>>();
  /** Most cells of an estate are owned alike: one object for all of them. */
  readonly #owners = new Map<string, Ownership>();
  #t: number;

  constructor(world: World) {
    this.world = world;
    this.#t = world.t;
    this.#population = new Population(world.standing, world.t);
    this.#duties = new Duties(world.standing);
  }

  get population(): Population {
    return this.#population;
  }

  get t(): number {
    return this.#t;
  }

  /** Time passes: what is remembered stays right until its `nextChangeAtMs`, which the caller sees to. */
  advanceTo(t: number): void {
    this.#t = Math.max(this.#t, t);
  }

  /** Every applicable control on every asset. */
  *pairs(assetId?: string): Generator<{ readonly control: Control; readonly asset: AssuredAsset }> {
    for (const asset of this.population.assets) {
      if (assetId !== undefined && asset.assetId !== assetId) continue;
      for (const control of this.world.catalogue.controls.values())
        if (applies(control, asset)) yield { control, asset };
    }
  }

  cell(control: Control, asset: AssuredAsset): CellState {
    const status = this.status(control, asset);
    let { nextChangeAtMs } = status;
    const duties = DUTIES.map((duty) => {
      const context = this.#duties.context(control, asset, duty, this.population, this.#t);
      nextChangeAtMs = Math.min(nextChangeAtMs, nextBoundary(context, this.#t));
      const operator = this.#operator(control, asset, duty);
      return this.#shared(
        ownership(operator === undefined ? context : { ...context, observedOperator: operator }, this.#t),
      );
    });
    return { ...status, duties, nextChangeAtMs };
  }

  /** Own and effective status, and what is at the bottom of whatever caps it. */
  status(control: Control, asset: AssuredAsset): Omit<CellState, 'duties'> {
    const key = keyOf(asset.assetId, control.id);
    const known = this.#statuses.get(key);
    if (known !== undefined) return known;
    const evidence = control.evidence.map((rule) => this.judged(rule, asset));
    const approval = this.notApplicable(control, asset);
    const own = ownStatus({ evidence, na: approval !== undefined }, this.#t);
    // A warning caps nothing and may point upwards, where a circle would be: it is not asked here.
    const lower = this.#lower(control, asset, ({ effect }) => effect !== 'informs');
    const effective = capped(own, lower);
    const capping =
      effective === own ? [] : lower.filter(({ effect, status }) => capOf(effect, status) === effective);
    const roots = new Set(
      capping.flatMap(({ control: below, carriers, status }) =>
        carriers.flatMap((carrier) => {
          const there = this.status(below, carrier);
          if (there.effective !== status) return [];
          return there.roots.length === 0 ? [keyOf(carrier.assetId, below.id)] : there.roots;
        }),
      ),
    );
    const result = {
      own,
      effective,
      roots: [...roots],
      nextChangeAtMs: this.#nextChange(control, asset, evidence),
    };
    this.#statuses.set(key, result);
    return result;
  }

  dependencies(control: Control, asset: AssuredAsset): readonly Dependency[] {
    return this.#lower(control, asset, () => true).map(({ control: lower, effect, status }) => ({
      control: lower,
      effect,
      status,
      caps: capOf(effect, status),
    }));
  }

  /** The approved reason why the control is not about this asset, as long as its review is not due. */
  notApplicable(control: Control, asset: AssuredAsset) {
    for (const approval of this.world.standing.notApplicable.values())
      if (
        approval.controlId === control.id &&
        inForce(approval, this.#t) &&
        this.population.covers(approval.scope, asset) !== undefined
      )
        return approval;
    return undefined;
  }

  /** Approved by somebody else and running; says nothing about the status. */
  exception(control: Control, asset: AssuredAsset) {
    for (const exception of this.world.standing.exceptions.values())
      if (
        exception.approvedAtMs !== undefined &&
        exception.approvedAtMs <= this.#t &&
        inForce(exception, this.#t) &&
        selects(exception.controls, control) &&
        this.population.covers(exception.scope, asset) !== undefined
      )
        return exception;
    return undefined;
  }

  evidenceOf(rule: EvidenceRule, asset: AssuredAsset): KeptEvidence | undefined {
    return this.world.evidence.get(keyOf(asset.assetId, rule.id));
  }

  /** Why nothing newer is known: what the collector said last, when that was after the last evidence. */
  errorOf(rule: EvidenceRule, asset: AssuredAsset): KeptEvidence | undefined {
    const error = this.world.errors?.get(keyOf(asset.assetId, rule.id));
    const kept = this.evidenceOf(rule, asset);
    return error !== undefined && error.observedAtMs >= (kept?.observedAtMs ?? 0) ? error : undefined;
  }

  /** A rule's evidence as the status rules take it; a collector's error counts as not received. */
  judged(rule: EvidenceRule, asset: AssuredAsset): RuleEvidence {
    const kept = this.evidenceOf(rule, asset);
    const promised = (this.world.sources.get(rule.id) ?? rule.freshForSeconds) * 1_000;
    if (kept === undefined || kept.result === 'error') return { fresh: promised, required: rule.required };
    const until = (kept.expiresAtMs ?? Number.POSITIVE_INFINITY) - kept.observedAtMs;
    // Half-open: at the instant of its expiry an attestation has expired.
    const fresh = Math.min(promised, Math.max(0, until - 1));
    return { last: kept.result, at: kept.observedAtMs, fresh, required: rule.required };
  }

  isStale(rule: EvidenceRule, asset: AssuredAsset): boolean {
    return isStale(this.judged(rule, asset), this.#t);
  }

  /** Forgets the status of one cell, so that the next question works it out again. */
  forget(control: Control, asset: AssuredAsset): void {
    this.#statuses.delete(keyOf(asset.assetId, control.id));
  }

  /** The standing has changed: who belongs where and who has what is asked again; statuses are kept. */
  restand(): void {
    this.#population = new Population(this.world.standing, this.#t);
    this.#duties = new Duties(this.world.standing);
  }

  #lower(control: Control, asset: AssuredAsset, wanted: (edge: Control['depends_on'][number]) => boolean) {
    return control.depends_on.filter(wanted).flatMap(({ control: id, effect }) => {
      const lower = this.world.catalogue.controls.get(id);
      if (lower === undefined) return [];
      const carriers = this.population.carriers(lower, asset);
      const status = worst(carriers.map((carrier) => this.status(lower, carrier).effective));
      return [{ control: lower, effect, carriers, status }];
    });
  }

  #nextChange(control: Control, asset: AssuredAsset, evidence: readonly RuleEvidence[]): number {
    let next = Number.POSITIVE_INFINITY;
    const sooner = (instant: number | undefined): void => {
      if (instant !== undefined && instant > this.#t && instant < next) next = instant;
    };
    for (const rule of evidence) sooner(staleAt(rule));
    sooner(this.notApplicable(control, asset)?.toMs);
    sooner(this.exception(control, asset)?.toMs);
    return next;
  }

  /** Who the newest evidence shows at work, where it says so. */
  #operator(control: Control, asset: AssuredAsset, duty: string): string | undefined {
    if (duty !== 'operate') return undefined;
    let newest: KeptEvidence | undefined;
    for (const rule of control.evidence) {
      const kept = this.evidenceOf(rule, asset);
      if (kept?.operator !== undefined && kept.observedAtMs > (newest?.observedAtMs ?? -1)) newest = kept;
    }
    return newest?.operator;
  }

  #shared(owner: Ownership): Ownership {
    const key = `${owner.state} ${owner.party ?? ''} ${owner.by} ${owner.recordId ?? ''} ${owner.flags.join(' ')}`;
    const known = this.#owners.get(key);
    if (known !== undefined) return known;
    this.#owners.set(key, owner);
    return owner;
  }
}
