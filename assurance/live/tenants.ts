/**
 * The live matrices of all tenants: loaded from the store once, changed by one act or batch of evidence at a time,
 * written down as they change, and moved on as time passes.
 */
import { randomUUID } from 'node:crypto';
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Kysely } from 'kysely';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Command, Outcome } from '../commands/command.ts';
import { entitles } from '../evaluation/duties.ts';
import { type KnownEvidence, misplaced, type ObservedOn, type Refusal, seenBefore } from '../intake.ts';
import type { NewAct } from '../model/acts.ts';
import { inForce } from '../model/standing.ts';
import { cellsAt, lastCellAt, storeCells } from '../store/cells.ts';
import { insertEvidence, keptOf, knownEvidence, latestErrors, latestEvidence } from '../store/evidence.ts';
import { append, readActs } from '../store/ledger.ts';
import { type CellChange, LiveMatrix } from './live-matrix.ts';
import { Turns } from './turns.ts';

export interface TenantsOptions {
  readonly inTenant: InTenant;
  readonly catalogue: Catalogue;
  readonly sources: ReadonlyMap<string, number>;
  readonly offered: ReadonlySet<string>;
  /** Required rules whose first pass makes a service operational, by service. */
  readonly promised: ReadonlyMap<string, ReadonlySet<string>>;
  onChange(tenant: TenantScope, reason: string): void;
  /** Something was written into the ledger. */
  onActs(tenant: TenantScope): void;
  /** What is written down has happened: the clock is not before it. */
  notBefore(ms: number): void;
  onError(tenant: TenantScope, error: unknown): void;
  now(): number;
}

/** In JavaScript a timer may wait for so long at the most. */
const WAIT_MS_MAX = 60_000;
/** Nobody needs to be told more often that time has passed. */
const WAIT_MS_MIN = 100;
const FOREVER = Number.MAX_SAFE_INTEGER;
/** Evidence of one transaction; what comes in a burst is taken in several. */
const EVIDENCE_PER_TURN = 2_000;

/** Tenants whose evidence is written down at the same time; the pool has other users. */
const TENANTS_AT_ONCE = 6;

export interface Received {
  readonly fresh: readonly ObservedOn[];
  readonly duplicates: number;
  /** The duplicates themselves. */
  readonly repeated: readonly ObservedOn[];
  readonly refused: readonly (Refusal & { readonly uid: string })[];
}

interface Arrival {
  readonly observed: readonly ObservedOn[];
  readonly arrivedAtMs: number;
  readonly promise: Promise<Received>;
  resolve(received: Received): void;
  reject(error: unknown): void;
}

export class Tenants implements Disposable {
  readonly #options: TenantsOptions;
  readonly #tenants = new Map<string, Tenant>();
  readonly #turns = new Turns(TENANTS_AT_ONCE);

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  of(tenant: TenantScope): Tenant {
    const known = this.#tenants.get(tenant.tenantId);
    if (known !== undefined) return known;
    const made = new Tenant(tenant, this.#options, this.#turns);
    this.#tenants.set(tenant.tenantId, made);
    return made;
  }

  [Symbol.dispose](): void {
    for (const tenant of this.#tenants.values()) tenant[Symbol.dispose]();
  }
}

export class Tenant implements Disposable {
  readonly #scope: TenantScope;
  readonly #options: TenantsOptions;
  readonly #turns: Turns;
  readonly #arrivals: Arrival[] = [];
  #live: LiveMatrix | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(scope: TenantScope, options: TenantsOptions, turns: Turns) {
    this.#scope = scope;
    this.#options = options;
    this.#turns = turns;
  }

  get tenantId(): string {
    return this.#scope.tenantId;
  }

  /** One thing after the other: what is decided is decided on what stands. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Looks at the matrix as it stands now. */
  read<T>(look: (live: LiveMatrix) => T): Promise<T> {
    return this.#inTurn(async () => {
      const live = await this.#advanced();
      return look(live);
    });
  }

  /** Decides, writes the acts, and lets the matrix follow. @throws what the command throws; then nothing is written */
  act<Result>(command: Command<Result>, actor: string): Promise<Result> {
    return this.#inTurn(async () => {
      const live = await this.#advanced();
      const outcome = this.#decided(live, command, actor);
      await this.#written(live, outcome.acts, []);
      if (outcome.acts.length > 0) this.#options.onChange(this.#scope, outcome.says);
      return outcome.result;
    });
  }

  /**
   * Evidence that holds by itself; whether it is about what is here and was not here before is found out now.
   * Batches that wait for the same turn are taken together, in one transaction.
   *
   * @param arrivedAtMs when the batch came; it counts as received when its turn has come, which is not before
   */
  receive(observed: readonly ObservedOn[], arrivedAtMs: number): Promise<Received> {
    const arrival: Arrival = { observed, arrivedAtMs, ...Promise.withResolvers<Received>() };
    this.#arrivals.push(arrival);
    if (this.#arrivals.length === 1) this.#takeArrivals();
    return arrival.promise;
  }

  #takeArrivals(): void {
    // Whatever comes while this tenant waits is taken with the rest: the busier it is, the less each batch costs.
    void this.#turns.take(() =>
      this.#inTurn(async () => {
        let count = 0;
        const together: Arrival[] = [];
        for (const next of this.#arrivals) {
          count += next.observed.length;
          if (together.length > 0 && count > EVIDENCE_PER_TURN) break;
          together.push(next);
        }
        try {
          const received = await this.#received(together);
          for (const [at, arrival] of together.entries())
            arrival.resolve(received[at] ?? { fresh: [], duplicates: 0, repeated: [], refused: [] });
        } catch (error) {
          for (const arrival of together) arrival.reject(error);
        } finally {
          this.#arrivals.splice(0, together.length);
          if (this.#arrivals.length > 0) this.#takeArrivals();
        }
      }),
    );
  }

  async #received(arrivals: readonly Arrival[]): Promise<readonly Received[]> {
    const live = await this.#advanced();
    const { catalogue, inTenant } = this.#options;
    const receivedAtMs = Math.max(live.t, ...arrivals.map(({ arrivedAtMs }) => arrivedAtMs));
    return this.#kept(live, () =>
      inTenant(this.#scope, async (db) => {
        const known = new Map<string, KnownEvidence[]>();
        const know = (item: KnownEvidence): void => {
          for (const key of [item.uid, item.digest]) known.set(key, [...(known.get(key) ?? []), item]);
        };
        for (const item of await knownEvidence(
          db,
          arrivals.flatMap(({ observed }) => observed.map(({ evidence }) => evidence)),
        ))
          know(item);
        const results = arrivals.map(({ observed }): Received => {
          const fresh: ObservedOn[] = [];
          const refused: (Refusal & { readonly uid: string })[] = [];
          const repeated: ObservedOn[] = [];
          for (const item of observed) {
            const { uid, digest, rule, result, observedAtMs } = item.evidence;
            const asset = live.evaluation.population.find(item.assetId);
            const verdict =
              misplaced(catalogue, item, asset) ??
              seenBefore(item, [...(known.get(uid) ?? []), ...(known.get(digest) ?? [])]);
            if (verdict === 'duplicate') repeated.push(item);
            else if (verdict !== undefined) refused.push({ uid, ...verdict });
            else {
              fresh.push(item);
              know({ uid, asset_id: item.assetId, rule, digest, result, observed_at_ms: observedAtMs });
            }
          }
          return { fresh, duplicates: repeated.length, repeated, refused };
        });
        const fresh = results.flatMap((result) => result.fresh);
        if (fresh.length === 0) return results;
        await insertEvidence(db, this.#scope, fresh, receivedAtMs);
        const changes = [
          ...live.receive(
            fresh.map(({ assetId, evidence }) => keptOf(assetId, evidence, receivedAtMs)),
            receivedAtMs,
          ),
        ];
        const acts = this.#becomesOperational(live, fresh, receivedAtMs);
        if (acts.length > 0)
          for (const appended of await append(db, this.#scope, acts))
            changes.push(...live.apply(appended, live.t));
        await storeCells(db, this.#scope, lastOfEach(changes));
        if (acts.length > 0) this.#options.onActs(this.#scope);
        return results;
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #decided<Result>(live: LiveMatrix, command: Command<Result>, actor: string): Outcome<Result> {
    const { catalogue, offered } = this.#options;
    const { standing, evaluation } = live;
    return command({
      catalogue,
      offered,
      standing,
      evaluation,
      actor,
      nowMs: live.t,
      newId: randomUUID,
    });
  }

  /** The interval runs, prerequisites are ticked, the asset is there, and a required rule of the service passes. */
  #becomesOperational(
    live: LiveMatrix,
    observed: readonly ObservedOn[],
    receivedAtMs: number,
  ): readonly NewAct[] {
    const acts: NewAct[] = [];
    const byAsset = Map.groupBy(observed, ({ assetId }) => assetId);
    for (const entitlement of live.standing.entitlements.values()) {
      const { entitlementId, serviceId, fromMs, prerequisites } = entitlement;
      if (!inForce(entitlement, receivedAtMs)) continue;
      const wanted =
        this.#options.catalogue.services.find(({ id }) => id === serviceId)?.customer_prerequisites ?? [];
      if (prerequisites !== undefined && wanted.some((each) => !prerequisites.includes(each))) continue;
      for (const [assetId, items] of byAsset) {
        const asset = live.evaluation.population.find(assetId);
        if (asset === undefined || entitlement.assets.get(assetId)?.operationalAtMs !== undefined) continue;
        if (!entitles(entitlement, asset, live.evaluation.population)) continue;
        const first = items.find(
          ({ evidence }) =>
            evidence.result === 'pass' &&
            evidence.service === serviceId &&
            evidence.observedAtMs >= fromMs &&
            this.#options.promised.get(serviceId)?.has(evidence.rule) === true,
        )?.evidence;
        if (first === undefined) continue;
        acts.push({
          name: 'service-operational',
          payload: { entitlementId, assetId, evidenceId: first.uid },
          atMs: live.t,
          recordedAtMs: live.t,
          actor: `evidence ${first.uid}`,
        });
      }
    }
    return acts;
  }

  async #advanced(): Promise<LiveMatrix> {
    const live = this.#live ?? (await this.#load());
    const changes = live.advance(Math.max(live.t, this.#options.now()));
    if (changes.length > 0) {
      await this.#written(live, [], changes);
      this.#options.onChange(this.#scope, 'evidence went stale, or a date came');
    }
    return live;
  }

  /** What happened while nobody was here happened at its own instants: the stored matrix gets them, too. */
  async #load(): Promise<LiveMatrix> {
    const { catalogue, sources, inTenant, now } = this.#options;
    const live = await inTenant(this.#scope, async (db) => {
      const acts = await readActs(db, FOREVER, FOREVER);
      const evidence = await latestEvidence(db, FOREVER, FOREVER);
      const errors = await latestErrors(db, FOREVER, FOREVER);
      const lastAtMs = Math.max(
        (await lastCellAt(db)) ?? 0,
        ...acts.map(({ recordedAtMs }) => recordedAtMs),
        ...evidence.map(({ receivedAtMs }) => receivedAtMs),
      );
      // A wall clock that was set back while nobody was here makes nothing fresh again.
      this.#options.notBefore(lastAtMs);
      const from = lastAtMs === 0 ? now() : lastAtMs;
      const loaded = new LiveMatrix({ catalogue, sources }, acts, [...evidence, ...errors], from);
      await storeCells(db, this.#scope, await differences(db, loaded));
      return loaded;
    });
    this.#live = live;
    this.#wait(live);
    return live;
  }

  /** Acts into the ledger and changes into the stored matrix, in one transaction. */
  async #written(live: LiveMatrix, acts: readonly NewAct[], before: readonly CellChange[]): Promise<void> {
    const changes = [...before];
    await this.#kept(live, () =>
      this.#options.inTenant(this.#scope, async (db) => {
        if (acts.length > 0)
          for (const appended of await append(db, this.#scope, acts))
            changes.push(...live.apply(appended, live.t));
        await storeCells(db, this.#scope, lastOfEach(changes));
      }),
    );
    if (acts.length > 0) this.#options.onActs(this.#scope);
  }

  /** Should writing fail, what is in memory is not what is in the store: it is thrown away and loaded again. */
  async #kept<T>(live: LiveMatrix, write: () => Promise<T>): Promise<T> {
    try {
      const result = await write();
      this.#wait(live);
      return result;
    } catch (error) {
      this.#live = undefined;
      throw error;
    }
  }

  #wait(live: LiveMatrix): void {
    clearTimeout(this.#timer);
    if (this.#disposed) return;
    const waitMs = Math.min(Math.max(live.nextChangeAtMs - this.#options.now(), WAIT_MS_MIN), WAIT_MS_MAX);
    this.#timer = setTimeout(() => {
      void this.#inTurn(async () => {
        if (this.#disposed || this.#live !== live) return;
        await this.#advanced();
        this.#wait(live);
      }).catch((error: unknown) => this.#options.onError(this.#scope, error));
    }, waitMs);
    this.#timer.unref();
  }
}

/** What the stored matrix does not have yet: all of it the first time, otherwise what a new catalogue changed. */
async function differences(db: Kysely<AnyDatabase>, live: LiveMatrix): Promise<readonly CellChange[]> {
  const stored = new Map(
    (await cellsAt(db, FOREVER)).map((cell) => [`${cell.assetId} ${cell.controlId}`, cell]),
  );
  const changes: CellChange[] = [];
  for (const [key, state] of live.cells) {
    const [assetId = '', controlId = ''] = key.split(' ');
    const known = stored.get(key);
    stored.delete(key);
    const same =
      known !== undefined &&
      known.own === state.own &&
      known.effective === state.effective &&
      JSON.stringify(known.roots) === JSON.stringify(state.roots) &&
      known.duties.every((duty, at) => saysTheSame(duty, state.duties[at]));
    if (!same) changes.push({ assetId, controlId, fromMs: live.t, state });
  }
  for (const { assetId, controlId, own } of stored.values())
    if (own !== null) changes.push({ assetId, controlId, fromMs: live.t, state: undefined });
  return changes;
}

function saysTheSame(a: object, b: object | undefined): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b ?? {}));
}

const sorted = (value: object): unknown => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** Of several changes of a cell at one instant the last is what it is. */
function lastOfEach(changes: readonly CellChange[]): readonly CellChange[] {
  return [
    ...new Map(
      changes.map((change) => [`${change.assetId} ${change.controlId} ${change.fromMs}`, change]),
    ).values(),
  ];
}
