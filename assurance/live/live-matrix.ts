/**
 * The matrix of one tenant as it stands now, kept up to date by what changes: one act, one piece of evidence, or
 * the mere passing of time. What it holds at any instant is what a replay of the same acts and evidence gives
 * for that instant; a change costs the cells that it touches and those that lean on them.
 */
import type { Catalogue, Control } from '../catalogue/catalogue.ts';
import { entitles, selects } from '../evaluation/duties.ts';
import { type CellState, Evaluation, keyOf } from '../evaluation/evaluation.ts';
import { type AssuredAsset, applies, RUNS_ON } from '../evaluation/population.ts';
import type { Act, Scope } from '../model/acts.ts';
import { Replay, type Standing } from '../model/standing.ts';
import type { KeptEvidence } from '../store/evidence.ts';
import { DueList } from './due.ts';

export interface LiveOptions {
  readonly catalogue: Catalogue;
  readonly sources: ReadonlyMap<string, number>;
}

/** A cell that is not what it was, from this instant on. */
export interface CellChange {
  readonly controlId: string;
  readonly assetId: string;
  readonly fromMs: number;
  /** Undefined: the control does not apply there any more, or the asset is gone. */
  readonly state: CellState | undefined;
}

interface Pair {
  readonly control: Control;
  readonly asset: AssuredAsset;
}

export class LiveMatrix {
  readonly #options: LiveOptions;
  readonly #acts: Act[];
  /** Recorded, but holding from an instant to come; the earliest last. */
  readonly #ahead: Act[] = [];
  readonly #evidence = new Map<string, KeptEvidence>();
  /** The last time that a collector could not say anything; tells why there is no evidence. */
  readonly #errors = new Map<string, KeptEvidence>();
  readonly #cells = new Map<string, CellState>();
  readonly #due = new DueList();
  #replay: Replay;
  #evaluation: Evaluation;
  #changes: CellChange[] = [];

  /** @param acts in the order in which they hold, those to come among them; @param evidence the last of each rule on each asset, and the last errors */
  constructor(options: LiveOptions, acts: readonly Act[], evidence: Iterable<KeptEvidence>, t: number) {
    this.#options = options;
    this.#acts = [...acts];
    for (const kept of evidence) this.#mapOf(kept).set(keyOf(kept.assetId, kept.rule), kept);
    this.#replay = new Replay(options.catalogue);
    this.#evaluation = this.#evaluationAt(t);
    this.#rebuild(t);
    this.#changes = [];
  }

  get t(): number {
    return this.#evaluation.t;
  }
  get standing(): Standing {
    return this.#replay.standing;
  }
  get evaluation(): Evaluation {
    return this.#evaluation;
  }
  get cells(): ReadonlyMap<string, CellState> {
    return this.#cells;
  }
  get acts(): readonly Act[] {
    return this.#acts;
  }
  /** When time alone may change something next; infinity when never. */
  get nextChangeAtMs(): number {
    return Math.min(this.#due.nextAtMs, this.#ahead.at(-1)?.atMs ?? Number.POSITIVE_INFINITY);
  }

  /** Time passes. Each change is dated with the instant at which it came about, however late it is noticed. */
  advance(to: number): readonly CellChange[] {
    while (this.nextChangeAtMs <= to) {
      const t = this.nextChangeAtMs;
      this.#evaluation.advanceTo(t);
      while ((this.#ahead.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) <= t) {
        const act = this.#ahead.pop();
        if (act !== undefined) this.#take(act);
      }
      if (this.#due.nextAtMs > t) continue;
      const pairs = this.#due.takeNext().flatMap((key) => {
        const pair = this.#pairOf(key);
        return pair === undefined || this.#cells.get(key)?.nextChangeAtMs !== t ? [] : [pair];
      });
      this.#ask(pairs);
    }
    this.#evaluation.advanceTo(to);
    return this.#taken();
  }

  /** One act that was just recorded. */
  apply(act: Act, t: number): readonly CellChange[] {
    const before = this.advance(t);
    const last = this.#acts.at(-1);
    this.#acts.push(act);
    if (act.atMs > t) {
      this.#ahead.push(act);
      this.#ahead.sort((a, b) => b.atMs - a.atMs);
    } else if (last !== undefined && act.atMs < last.atMs) {
      // It holds from before others do: what they said may read differently now.
      this.#acts.sort((a, b) => a.atMs - b.atMs);
      this.#rebuild(t);
    } else this.#take(act);
    return [...before, ...this.#taken()];
  }

  /** Evidence that was just received; what is older than what is known changes nothing. */
  receive(items: readonly KeptEvidence[], t: number): readonly CellChange[] {
    const before = this.advance(t);
    const pairs: Pair[] = [];
    for (const item of items) {
      const key = keyOf(item.assetId, item.rule);
      const there = this.#mapOf(item);
      const known = there.get(key);
      if (known !== undefined && !isNewer(item, known)) continue;
      there.set(key, item);
      if (item.result === 'error') continue;
      const control = this.#options.catalogue.rules.get(item.rule)?.control;
      const asset = this.#evaluation.population.find(item.assetId);
      if (control !== undefined && asset !== undefined && applies(control, asset))
        pairs.push({ control, asset });
    }
    this.#ask(pairs);
    return [...before, ...this.#taken()];
  }

  #mapOf({ result }: KeptEvidence): Map<string, KeptEvidence> {
    return result === 'error' ? this.#errors : this.#evidence;
  }

  #evaluationAt(t: number): Evaluation {
    const { catalogue, sources } = this.#options;
    return new Evaluation({
      catalogue,
      sources,
      standing: this.#replay.standing,
      evidence: this.#evidence,
      errors: this.#errors,
      t,
    });
  }

  #rebuild(t: number): void {
    this.#replay = new Replay(this.#options.catalogue);
    this.#ahead.length = 0;
    for (const act of this.#acts) {
      if (act.atMs <= t) this.#replay.apply(act);
      else this.#ahead.unshift(act);
    }
    this.#evaluation = this.#evaluationAt(t);
    const gone = new Set(this.#cells.keys());
    for (const pair of this.#evaluation.pairs()) {
      gone.delete(keyOf(pair.asset.assetId, pair.control.id));
      this.#compute(pair);
    }
    for (const key of gone) this.#drop(key);
  }

  #take(act: Act): void {
    const retired =
      act.name === 'asset-retired' ? this.#evaluation.population.find(act.payload.assetId) : undefined;
    // What an act replaces counts as much as what it says.
    const before = this.#pairsOf(act);
    this.#replay.apply(act);
    this.#evaluation.restand();
    if (retired !== undefined) {
      for (const control of this.#options.catalogue.controls.values())
        this.#drop(keyOf(retired.assetId, control.id));
      // What was as bad as the worst of all assets may be better without this one; what ran on it has lost its ground.
      this.#ask(this.#all((asset) => asset.type === 'tenant' || asset.labels[RUNS_ON] === retired.assetId));
      return;
    }
    const { population } = this.#evaluation;
    this.#ask([
      ...before.flatMap(({ control, asset }) => {
        const now = population.find(asset.assetId);
        return now === undefined || !applies(control, now) ? [] : [{ control, asset: now }];
      }),
      ...this.#pairsOf(act),
    ]);
  }

  #pairsOf(act: Act): readonly Pair[] {
    const touched = this.#touched(act);
    return touched === undefined ? [] : this.#all(touched.asset, touched.control);
  }

  /** Which cells an act can be about; undefined for those that are about none. */
  #touched(
    act: Act,
  ):
    | { readonly asset: (asset: AssuredAsset) => boolean; readonly control: (control: Control) => boolean }
    | undefined {
    const every = (): boolean => true;
    const { population } = this.#evaluation;
    const inScope = (scope: Scope) => (asset: AssuredAsset) => population.covers(scope, asset) !== undefined;
    switch (act.name) {
      case 'schedule-accepted':
      case 'group-defined':
      case 'group-removed':
        return { asset: every, control: every };
      case 'asset-declared': {
        const { assetId } = act.payload;
        // Its labels may make others lean on it.
        return {
          asset: (asset) =>
            asset.assetId === assetId || asset.type === 'tenant' || asset.labels[RUNS_ON] === assetId,
          control: every,
        };
      }
      case 'decision-recorded':
      case 'claim-proposed':
      case 'claim-accepted':
      case 'claim-declined':
      case 'claim-disputed':
      case 'claim-dispute-withdrawn':
      case 'claim-ended': {
        const claims =
          act.name === 'decision-recorded'
            ? [...this.standing.claims.values()].filter(({ source }) => source === 'operating-model')
            : [this.standing.claims.get(act.payload.claimId)].filter((claim) => claim !== undefined);
        return {
          asset: (asset) => claims.some(({ scope }) => inScope(scope)(asset)),
          control: (control) => claims.some(({ controls }) => selects(controls, control)),
        };
      }
      case 'service-bought':
      case 'prerequisite-confirmed':
      case 'service-operational':
      case 'service-notice-given':
      case 'service-notice-withdrawn':
      case 'service-cancelled':
      case 'handback-accepted':
      case 'handover-opened':
      case 'handover-item-settled':
      case 'handover-item-accepted': {
        const entitlementId =
          'entitlementId' in act.payload
            ? act.payload.entitlementId
            : this.standing.handovers.get(act.payload.handoverId)?.entitlementId;
        const entitlement = this.standing.entitlements.get(entitlementId ?? '');
        if (entitlement === undefined) return undefined;
        const only = 'assetId' in act.payload ? act.payload.assetId : undefined;
        return {
          asset: (asset) =>
            (only === undefined || asset.assetId === only) && entitles(entitlement, asset, population),
          control: (control) =>
            control.managed_services.some(({ service }) => service === entitlement.serviceId),
        };
      }
      case 'not-applicable-approved':
      case 'not-applicable-revoked': {
        const approval = this.standing.notApplicable.get(act.payload.approvalId);
        if (approval === undefined) return undefined;
        return {
          asset: inScope(approval.scope),
          control: (control) => control.id === approval.controlId,
        };
      }
      case 'exception-requested':
      case 'exception-approved':
      case 'exception-revoked': {
        const exception = this.standing.exceptions.get(act.payload.exceptionId);
        if (exception === undefined) return undefined;
        return {
          asset: inScope(exception.scope),
          control: (control) => selects(exception.controls, control),
        };
      }
      // What people write beside the matrix: no cell is other for it.
      case 'party-registered':
      case 'party-retired':
      case 'standard-published':
      case 'standard-assigned':
      case 'service-end-confirmed':
      case 'standard-retired':
      case 'standard-withdrawn':
      case 'handover-item-checked':
      case 'handover-signed':
      case 'risk-recorded':
      case 'risk-reviewed':
      case 'risk-closed':
      case 'appetite-set':
      case 'poam-item-opened':
      case 'poam-item-updated':
      case 'control-annotated':
      case 'comment-added':
      case 'snapshot-taken':
      case 'snapshot-acknowledged':
      case 'framework-imported':
      case 'framework-removed':
      case 'mapping-imported':
      case 'asset-retired':
        return undefined;
    }
  }

  #all(asset: (asset: AssuredAsset) => boolean, control: (control: Control) => boolean = () => true): Pair[] {
    return [...this.#evaluation.pairs()].filter((pair) => asset(pair.asset) && control(pair.control));
  }

  /**
   * Works these cells out again, and above each whose status changed, those that lean on it: from the bottom
   * up, so that each is worked out once.
   */
  #ask(pairs: readonly Pair[]): void {
    const { height, leaning } = this.#options.catalogue;
    const waiting: Map<string, Pair>[] = [];
    const add = (pair: Pair): void => {
      const at = height.get(pair.control.id) ?? 0;
      const level = (waiting[at] ??= new Map<string, Pair>());
      level.set(keyOf(pair.asset.assetId, pair.control.id), pair);
      this.#evaluation.forget(pair.control, pair.asset);
    };
    for (const pair of pairs) add(pair);
    // Longer than it was: each level adds to those above it only.
    for (let at = 0; at < waiting.length; at += 1) {
      for (const [key, pair] of waiting[at] ?? []) {
        const before = this.#cells.get(key);
        const after = this.#compute(pair);
        if (before?.effective === after.effective && same(before.roots, after.roots)) continue;
        for (const upper of leaning.get(pair.control.id) ?? [])
          for (const asset of this.#evaluation.population.leaning(upper, pair.control, pair.asset))
            add({ control: upper, asset });
      }
    }
  }

  #compute({ control, asset }: Pair): CellState {
    const key = keyOf(asset.assetId, control.id);
    const before = this.#cells.get(key);
    const state = this.#evaluation.cell(control, asset);
    this.#cells.set(key, state);
    if (before?.nextChangeAtMs !== state.nextChangeAtMs) this.#due.add(state.nextChangeAtMs, key);
    if (before === undefined || !alike(before, state))
      this.#changes.push({ controlId: control.id, assetId: asset.assetId, fromMs: this.t, state });
    return state;
  }

  #drop(key: string): void {
    if (!this.#cells.delete(key)) return;
    const [assetId = '', controlId = ''] = key.split(' ');
    this.#changes.push({ controlId, assetId, fromMs: this.t, state: undefined });
  }

  #pairOf(key: string): Pair | undefined {
    const [assetId = '', controlId = ''] = key.split(' ');
    const control = this.#options.catalogue.controls.get(controlId);
    const asset = this.#evaluation.population.find(assetId);
    return control === undefined || asset === undefined ? undefined : { control, asset };
  }

  #taken(): readonly CellChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }
}

/** In the order in which the store would give them. */
function isNewer(a: KeptEvidence, b: KeptEvidence): boolean {
  if (a.observedAtMs !== b.observedAtMs) return a.observedAtMs > b.observedAtMs;
  if (a.receivedAtMs !== b.receivedAtMs) return a.receivedAtMs > b.receivedAtMs;
  return a.uid > b.uid;
}

/** Owners are shared objects within one evaluation; across two they are compared by what they say. */
export function alike(a: CellState, b: CellState): boolean {
  return (
    a.own === b.own &&
    a.effective === b.effective &&
    same(a.roots, b.roots) &&
    a.duties.every((owner, at) => {
      const other = b.duties[at];
      return (
        owner === other ||
        (owner.state === other?.state &&
          owner.party === other.party &&
          owner.by === other.by &&
          owner.recordId === other.recordId &&
          same(owner.flags, other.flags))
      );
    })
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
