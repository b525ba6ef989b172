/** Door: evidence and dated acts → who is responsible and whether it holds, at any instant. */
import type { Evidence, ServiceSpec } from '@demarc/platform/contract';
import {
  CONTROL_STATUSES,
  type Matrix,
  type MatrixWhy,
  type ServiceOffer,
} from '@demarc/platform/contract/api';
import type { Timeline } from '@demarc/platform/contract/assurance/responsibility';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Command } from './commands/command.ts';
import { declareAssets } from './commands/inventory.ts';
import { assuranceErrors } from './errors.ts';
import { type Assessment, assess } from './evaluation/assessment.ts';
import { matrixCell, whyOf } from './evaluation/describe.ts';
import { entitles } from './evaluation/duties.ts';
import { Evaluation, keyOf } from './evaluation/evaluation.ts';
import { type AssuredAsset, applies } from './evaluation/population.ts';
import { refusal } from './intake.ts';
import type { LiveMatrix } from './live/live-matrix.ts';
import { type Tenant, Tenants } from './live/tenants.ts';
import { inForce, replay, type Standing } from './model/standing.ts';
import { offersOf } from './offers.ts';
import { firstCellAt } from './store/cells.ts';
import { latestEvidence } from './store/evidence.ts';
import { readActs } from './store/ledger.ts';
import { ownershipDeltas } from './store/timeline.ts';
import { spacing, timelineOf } from './views/responsibility/timeline.ts';

export { type Catalogue, loadCatalogue } from './catalogue/catalogue.ts';
export { assuranceErrors } from './errors.ts';
export { verifyLedger } from './store/ledger.ts';
export { assuranceMigrations } from './store/migrations.ts';

export interface AssuranceOptions {
  readonly inTenant: InTenant;
  readonly catalogue: Catalogue;
  /** The rooms of this installation: what can be bought, and which evidence they promise. */
  readonly services: readonly ServiceSpec[];
  /** No evidence counts as fresh for longer; tightens only. */
  readonly freshSecondsMax: number;
  /** The machines that have enrolled; networks and databases are declared by people. */
  assets(tenant: TenantScope): Promise<readonly Pick<AssuredAsset, 'assetId' | 'name' | 'type'>[]>;
  onChange(tenant: TenantScope, reason: string): void;
  onError?(tenant: TenantScope, error: unknown): void;
  now(): number;
}

/** Valid time and recorded time; both now where they are left out. */
export interface AsOf {
  readonly asOfMs?: number;
  readonly knownAtMs?: number;
}

const TIMELINE_MS_DEFAULT = 90 * 86_400_000;

export interface IntakeResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly { readonly uid: string; readonly because: string }[];
}

export class Assurance implements Disposable {
  readonly #options: AssuranceOptions;
  readonly #sources: ReadonlyMap<string, number>;
  readonly #tenants: Tenants;
  readonly #synced = new Set<string>();
  readonly figures = { evidenceAccepted: 0, evidenceDuplicates: 0, evidenceRefused: 0 };

  constructor(options: AssuranceOptions) {
    const { inTenant, catalogue, services, now, onChange } = options;
    this.#options = options;
    this.#sources = sourcesOf(options);
    this.#tenants = new Tenants({
      inTenant,
      catalogue,
      sources: this.#sources,
      offered: new Set(services.map(({ id }) => id)),
      promised: promisedBy(options),
      onChange,
      onError: (tenant, error) => options.onError?.(tenant, error),
      now,
    });
  }

  get catalogue(): Catalogue {
    return this.#options.catalogue;
  }

  /** Idempotent by uid: a batch that is carried again adds nothing. */
  async intake(
    tenant: TenantScope,
    assetId: string,
    evidence: readonly Evidence[],
    context: { readonly receivedAtMs: number; readonly publicKeysPem: readonly string[] },
  ): Promise<IntakeResult> {
    const refused: { uid: string; because: string }[] = [];
    const acceptable: Evidence[] = [];
    for (const item of evidence) {
      const because = refusal(this.#options.catalogue, item, context.receivedAtMs, context.publicKeysPem);
      if (because === undefined) acceptable.push(item);
      else refused.push({ uid: item.uid, because });
    }
    const here = await this.#tenant(tenant);
    const fresh =
      acceptable.length === 0 ? [] : await here.receive(assetId, acceptable, context.receivedAtMs);
    const duplicates = evidence.length - fresh.length - refused.length;
    this.figures.evidenceAccepted += fresh.length;
    this.figures.evidenceRefused += refused.length;
    this.figures.evidenceDuplicates += duplicates;
    if (fresh.length > 0) {
      const rules = [...new Set(fresh.map(({ rule }) => rule))].join(', ');
      this.#options.onChange(tenant, `evidence for ${rules}`);
    }
    return { accepted: fresh.length, duplicates, refused };
  }

  /** Does what a command of `commands/` decides. @throws what it throws; then nothing is written */
  async act<Result>(tenant: TenantScope, command: Command<Result>, actor: string): Promise<Result> {
    return (await this.#tenant(tenant)).act(command, actor);
  }

  /** Machines that enrolled since it was last asked are declared. */
  async sync(tenant: TenantScope): Promise<void> {
    const assets = await this.#options.assets(tenant);
    await this.#tenants.of(tenant).act(declareAssets(assets), 'enrolment');
    this.#synced.add(tenant.tenantId);
  }

  async matrix(tenant: TenantScope, options: AsOf & { readonly assetId?: string } = {}): Promise<Matrix> {
    return this.#at(tenant, options, (evaluation, knownAtMs, live) => {
      const cells = [...evaluation.pairs(options.assetId)].map(({ control, asset }) =>
        matrixCell(evaluation, control, asset, live?.cells.get(keyOf(asset.assetId, control.id))),
      );
      const states = cells.flatMap((cell) => cell.duties.map(({ state }) => state));
      return {
        asOf: new Date(evaluation.t).toISOString(),
        knownAt: new Date(knownAtMs).toISOString(),
        tenantId: tenant.tenantId,
        cells,
        counts: Object.fromEntries(
          CONTROL_STATUSES.map((status) => [status, cells.filter((cell) => cell.status === status).length]),
        ) as Matrix['counts'],
        unownedCount: states.filter((state) => state === 'unowned').length,
        contestedCount: states.filter((state) => state === 'contested').length,
      };
    });
  }

  /** @throws ASSURANCE_CELL_UNKNOWN */
  async why(
    tenant: TenantScope,
    query: AsOf & { readonly assetId: string; readonly controlId: string },
  ): Promise<MatrixWhy> {
    const { assetId, controlId } = query;
    return this.#at(tenant, query, (evaluation) => {
      const control = this.#options.catalogue.controls.get(controlId);
      const asset = evaluation.population.find(assetId);
      if (control === undefined || asset === undefined || !applies(control, asset))
        throw assuranceErrors.make('ASSURANCE_CELL_UNKNOWN', { controlId, assetId });
      return whyOf(evaluation, control, asset);
    });
  }

  /** Everything at once: what exports and the screens about the whole are made of. */
  async assess(tenant: TenantScope, options: AsOf = {}): Promise<Assessment> {
    return this.#at(tenant, options, (evaluation, knownAtMs, live) =>
      assess(evaluation, {
        tenantId: tenant.tenantId,
        knownAtMs,
        ...(live === undefined ? {} : { states: live.cells }),
      }),
    );
  }

  /** What stands, for lists of what was registered, claimed and decided; only while it is being looked at. */
  async stands<T>(
    tenant: TenantScope,
    options: AsOf,
    look: (at: { readonly standing: Standing; readonly asOfMs: number }) => T,
  ): Promise<T> {
    return this.#at(tenant, options, (evaluation) =>
      look({ standing: evaluation.world.standing, asOfMs: evaluation.t }),
    );
  }

  /**
   * Who had how many duties over time, off the stored matrix: as it was known then.
   *
   * @param query of one layer, or of all; without a beginning, from the first cell that was kept, 90 days at most
   */
  async timeline(
    tenant: TenantScope,
    query: {
      readonly fromMs?: number;
      readonly toMs?: number;
      readonly points: number;
      readonly layer?: string;
    },
  ): Promise<Timeline> {
    const { inTenant, catalogue, now } = this.#options;
    // What has come about since it was last asked is stored first.
    await (await this.#tenant(tenant)).read(() => undefined);
    const controls = [...catalogue.controls.values()]
      .filter(({ layer }) => query.layer === undefined || layer === query.layer)
      .map(({ id }) => id);
    return inTenant(tenant, async (db) => {
      const firstMs = await firstCellAt(db);
      const toMs = query.toMs ?? now();
      const fromMs = query.fromMs ?? Math.max(firstMs ?? toMs, toMs - TIMELINE_MS_DEFAULT);
      const spaced = spacing(fromMs, toMs, query.points);
      return timelineOf(await ownershipDeltas(db, spaced, controls), spaced, firstMs);
    });
  }

  async services(tenant: TenantScope): Promise<readonly ServiceOffer[]> {
    const offered = new Set(this.#options.services.map(({ id }) => id));
    return this.#at(tenant, {}, (evaluation) => offersOf(evaluation, offered));
  }

  /** The rooms whose policy an asset gets: everything bought for it and not ended. */
  async entitledServices(tenant: TenantScope, assetId: string): Promise<readonly string[]> {
    return this.#at(tenant, {}, ({ world, population, t }) => {
      const asset = population.find(assetId);
      if (asset === undefined) return [];
      const running = [...world.standing.entitlements.values()].filter(
        (entitlement) => inForce(entitlement, t) && entitles(entitlement, asset, population),
      );
      return [...new Set(running.map(({ serviceId }) => serviceId))];
    });
  }

  [Symbol.dispose](): void {
    this.#tenants[Symbol.dispose]();
  }

  async #tenant(tenant: TenantScope): Promise<Tenant> {
    if (!this.#synced.has(tenant.tenantId)) await this.sync(tenant);
    return this.#tenants.of(tenant);
  }

  /** Now is read off the live matrix; any other instant is replayed from the ledger and the evidence. */
  async #at<T>(
    tenant: TenantScope,
    { asOfMs, knownAtMs }: AsOf,
    look: (evaluation: Evaluation, knownAtMs: number, live?: LiveMatrix) => T,
  ): Promise<T> {
    const here = await this.#tenant(tenant);
    if (asOfMs === undefined && knownAtMs === undefined)
      return here.read((live) => look(live.evaluation, live.t, live));
    const { inTenant, catalogue, now } = this.#options;
    const t = asOfMs ?? now();
    const k = knownAtMs ?? Math.max(now(), t);
    const { acts, evidence } = await inTenant(tenant, async (db) => ({
      acts: await readActs(db, t, k),
      evidence: await latestEvidence(db, t, k),
    }));
    const evaluation = new Evaluation({
      catalogue,
      standing: replay(acts, catalogue),
      evidence: new Map(evidence.map((item) => [keyOf(item.assetId, item.rule), item])),
      sources: this.#sources,
      t,
    });
    return look(evaluation, k);
  }
}

/** Rules with a source here, and their freshness: the catalogue's, tightened by the room and the setting. */
export function sourcesOf({
  services,
  catalogue,
  freshSecondsMax,
}: Pick<AssuranceOptions, 'services' | 'catalogue' | 'freshSecondsMax'>): ReadonlyMap<string, number> {
  const sources = new Map<string, number>();
  for (const { rule, freshForSeconds } of services.flatMap(({ evidences }) => evidences)) {
    const known = catalogue.rules.get(rule)?.rule;
    if (known === undefined)
      throw assuranceErrors.make('ASSURANCE_CATALOGUE_INVALID', {
        because: `a service promises ${rule}, which is not defined`,
      });
    sources.set(rule, Math.min(known.freshForSeconds, freshForSeconds, freshSecondsMax));
  }
  return sources;
}

/** Service → the required rules that it promises: the first pass of one of them makes it operational. */
function promisedBy({ services, catalogue }: AssuranceOptions): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    services.map(({ id, evidences }) => [
      id,
      new Set(
        evidences.map(({ rule }) => rule).filter((rule) => catalogue.rules.get(rule)?.rule.required === true),
      ),
    ]),
  );
}
