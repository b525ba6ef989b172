/** Door: evidence and dated acts → who is responsible and whether it holds, at any instant. */
import { randomUUID } from 'node:crypto';
import type { Evidence, ServiceSpec } from '@demarc/platform/contract';
import {
  CONTROL_STATUSES,
  type Duty,
  type Matrix,
  type MatrixWhy,
  type ServiceOffer,
} from '@demarc/platform/contract/api';
import type { Timeline } from '@demarc/platform/contract/assurance/responsibility';
import { type EvidenceKey, signedEvidence } from '@demarc/platform/evidence';
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Kysely } from 'kysely';
import { ATTESTATION, type Attestation, attestableRules, attested } from './attest.ts';
import { type Integrity, integrityOf, type KeysOf } from './audit/integrity.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Command } from './commands/command.ts';
import { declareAssets } from './commands/inventory.ts';
import { assuranceErrors } from './errors.ts';
import { type Assessment, assess } from './evaluation/assessment.ts';
import { matrixCell, whyOf } from './evaluation/describe.ts';
import type { DossierFacts } from './evaluation/dossier.ts';
import { entitles } from './evaluation/duties.ts';
import { Evaluation, keyOf } from './evaluation/evaluation.ts';
import { type AssuredAsset, applies } from './evaluation/population.ts';
import {
  type ObservedOn,
  REFUSALS,
  type Refusal,
  type RefusalReason,
  refusal,
  type TakenIn,
} from './intake.ts';
import { FreshnessClock } from './live/clock.ts';
import type { LiveMatrix } from './live/live-matrix.ts';
import { type Tenant, Tenants } from './live/tenants.ts';
import { inForce, replay } from './model/standing.ts';
import { offersOf } from './offers.ts';
import type { SimulationContext } from './simulation/world.ts';
import type { EvidenceSource } from './sources/source.ts';
import { firstCellAt, statusChanges } from './store/cells.ts';
import {
  type EvidenceRow,
  evidenceByUids,
  evidenceHistory,
  latestErrors,
  latestEvidence,
  latestEvidenceRows,
} from './store/evidence.ts';
import { actOf, type LedgerRecord, readActs, readRecords } from './store/ledger.ts';
import { evidenceHorizon, forgetEvidence } from './store/retention.ts';
import { ownershipDeltas } from './store/timeline.ts';
import { spacing, timelineOf } from './views/responsibility/timeline.ts';
import { aboveAppetiteSince } from './views/risk-history.ts';

export type { Integrity } from './audit/integrity.ts';
export { CATALOGUE_FILE, type Catalogue, loadCatalogue, prepareCatalogue } from './catalogue/catalogue.ts';
export { assuranceErrors } from './errors.ts';
export type { Assessment } from './evaluation/assessment.ts';
export type { Evaluation } from './evaluation/evaluation.ts';
export type { AssuredAsset } from './evaluation/population.ts';
export { verifyLedger } from './store/ledger.ts';
export { assuranceMigrations } from './store/migrations.ts';

export interface AssuranceOptions {
  readonly inTenant: InTenant;
  readonly catalogue: Catalogue;
  /** The rooms of this installation: what can be bought, and which evidence they promise. */
  readonly services: readonly Pick<ServiceSpec, 'id' | 'evidences'>[];
  /** No evidence counts as fresh for longer; tightens only. */
  readonly freshSecondsMax: number;
  /** The machines that have enrolled; networks and databases are declared by people. */
  assets(tenant: TenantScope): Promise<readonly Pick<AssuredAsset, 'assetId' | 'name' | 'type'>[]>;
  /** What the server observes itself. */
  readonly sources?: readonly Pick<EvidenceSource, 'id' | 'rules'>[];
  /** What the platform signs its own evidence and people's statements with; without it, it has neither to give. */
  readonly platformKey?: EvidenceKey;
  /** Whose key a signature is by, when it is by none of the asset's own; looked for in the whole installation. */
  ownerOf?(evidence: Evidence): Promise<{ readonly tenantId: string; readonly assetId: string } | undefined>;
  onChange(tenant: TenantScope, reason: string): void;
  /** Something was written into the ledger. */
  onActs?(tenant: TenantScope): void;
  /** An asset of this tenant sent evidence that another tenant's asset had signed. */
  onForeignEvidence?(tenant: TenantScope, assetId: string, evidence: Evidence): void;
  onError?(tenant: TenantScope, error: unknown): void;
  now(): number;
  /** Milliseconds that no setting of the clock changes, as `performance.now`: evidence ages by it, too. */
  monotonic?(): number;
}

/** Valid time and recorded time; both now where they are left out. */
export interface AsOf {
  readonly asOfMs?: number;
  readonly knownAtMs?: number;
}

/** A history longer than this is not walked on a request; the register then does not say since when. */
const HISTORY_ROWS_MAX = 200_000;

const TIMELINE_MS_DEFAULT = 90 * 86_400_000;

export interface IntakeContext {
  readonly receivedAtMs: number;
  readonly publicKeysPem: readonly string[];
}

/** Searching whose key a signature is by costs; whoever sends rubbish gets no more of it in a minute. */
const OWNERS_SOUGHT_PER_MINUTE = 60;
const MINUTE_MS = 60_000;
const NOTED_MAX = 100_000;
/** The service that notes of refusals name. */
const INTAKE = 'platform:intake';
/** Refusals that say nothing about a cell of this tenant, or of which anybody could make up any number. */
const UNTOLD: readonly RefusalReason[] = ['unknownRule', 'unknownAsset', 'notApplicable', 'notPromised'];

export class Assurance implements Disposable {
  readonly #options: AssuranceOptions;
  readonly #sources: ReadonlyMap<string, number>;
  readonly #tenants: Tenants;
  readonly #synced = new Set<string>();
  readonly #promised: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #observable: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #attestable: ReadonlySet<string>;
  readonly #clock: FreshnessClock;
  readonly #noted = new Map<string, number>();
  #ownersSought = { count: 0, sinceMs: 0 };
  /** Since the process started. */
  readonly figures: { [Figure in Figures]: number } = {
    evidenceAccepted: 0,
    evidenceDuplicates: 0,
    evidenceRefused: 0,
    ...(Object.fromEntries(REFUSALS.map((reason) => [figureOf(reason), 0])) as Record<RefusedFigure, number>),
  };

  constructor(options: AssuranceOptions) {
    const { inTenant, catalogue, services, sources = [], onChange } = options;
    this.#options = options;
    this.#sources = sourcesOf(options);
    this.#promised = rulesBy(services.map(({ id, evidences }) => [id, evidences]));
    this.#attestable = attestableBy(options);
    this.#observable = new Map([
      ...rulesBy(sources.map(({ id, rules }) => [id, rules])),
      [ATTESTATION, this.#attestable],
    ]);
    this.#clock = new FreshnessClock(() => options.now(), options.monotonic?.bind(options));
    this.#tenants = new Tenants({
      inTenant,
      catalogue,
      sources: this.#sources,
      offered: new Set(services.map(({ id }) => id)),
      promised: promisedBy(options),
      onChange,
      onActs: (tenant) => options.onActs?.(tenant),
      onError: (tenant, error) => options.onError?.(tenant, error),
      now: () => this.#clock.now(),
      notBefore: (ms) => this.#clock.notBefore(ms),
    });
  }

  get catalogue(): Catalogue {
    return this.#options.catalogue;
  }

  /** By how much freshness is ahead of the wall clock, in milliseconds: somebody set that one back. */
  get clockAheadMs(): number {
    return this.#clock.aheadMs;
  }

  /** What an asset sent. Idempotent by uid: a batch that is carried again adds nothing. */
  async intake(
    tenant: TenantScope,
    assetId: string,
    evidence: readonly Evidence[],
    { receivedAtMs, publicKeysPem }: IntakeContext,
  ): Promise<TakenIn> {
    const observed = evidence.map((item) => ({ assetId, evidence: item }));
    return this.#take(tenant, observed, { receivedAtMs, publicKeysPem, promised: this.#promised });
  }

  /** What the platform's own sources observed; it is signed with the platform's key, and checked like all other. */
  async observed(tenant: TenantScope, observed: readonly ObservedOn[]): Promise<TakenIn> {
    return this.#takeOwn(tenant, observed);
  }

  /** What a person vouches for. @throws ASSURANCE_ATTESTATION_REFUSED, ASSURANCE_DATE_INVALID */
  async attest(tenant: TenantScope, attestation: Attestation): Promise<{ readonly uid: string }> {
    const { catalogue, platformKey: key } = this.#options;
    const no = (because: string): Error =>
      assuranceErrors.make('ASSURANCE_ATTESTATION_REFUSED', { rule: attestation.rule, because });
    if (key === undefined) throw no('this installation has no key to sign it with');
    const nowMs = this.#clock.now();
    const observed = attested(attestation, { catalogue, attestable: this.#attestable, key, nowMs });
    const { refused } = await this.#takeOwn(tenant, [observed]);
    if (refused[0] !== undefined) throw no(refused[0].because);
    return { uid: observed.evidence.uid };
  }

  #takeOwn(tenant: TenantScope, observed: readonly ObservedOn[]): Promise<TakenIn> {
    const { platformKey } = this.#options;
    return this.#take(tenant, observed, {
      receivedAtMs: this.#clock.now(),
      publicKeysPem: platformKey === undefined ? [] : [platformKey.publicKeyPem],
      promised: this.#observable,
    });
  }

  async #take(
    tenant: TenantScope,
    observed: readonly ObservedOn[],
    {
      receivedAtMs,
      ...rules
    }: IntakeContext & { readonly promised: ReadonlyMap<string, ReadonlySet<string>> },
  ): Promise<TakenIn> {
    const here = await this.#tenant(tenant);
    const { catalogue } = this.#options;
    const arrivedAtMs = Math.max(receivedAtMs, this.#clock.now());
    const refused: (Refusal & { readonly uid: string })[] = [];
    const acceptable: ObservedOn[] = [];
    for (const item of observed) {
      const no = refusal(item.evidence, { catalogue, receivedAtMs: arrivedAtMs, ...rules });
      if (no === undefined) acceptable.push(item);
      else refused.push({ uid: item.evidence.uid, ...(await this.#whose(tenant, item, no)) });
    }
    const received =
      acceptable.length === 0
        ? { fresh: [], duplicates: 0, refused: [], repeated: [] }
        : await here.receive(acceptable, arrivedAtMs);
    refused.push(...received.refused);
    await this.#noteRefusals(here, observed, refused, received.repeated, arrivedAtMs);
    this.figures.evidenceAccepted += received.fresh.length;
    this.figures.evidenceRefused += refused.length;
    this.figures.evidenceDuplicates += received.duplicates;
    for (const { reason } of refused) this.figures[figureOf(reason)] += 1;
    if (received.fresh.length > 0) {
      const rules_ = [...new Set(received.fresh.map((item) => item.evidence.rule))].join(', ');
      this.#options.onChange(tenant, `evidence for ${rules_}`);
    }
    return { accepted: received.fresh.length, duplicates: received.duplicates, refused };
  }

  /**
   * Where evidence is missing because it was refused, the cell says so: the platform writes down an error of its
   * own, which counts as nothing received. Once a minute for each rule of each asset.
   */
  async #noteRefusals(
    here: Tenant,
    observed: readonly ObservedOn[],
    refused: readonly (Refusal & { readonly uid: string })[],
    repeated: readonly ObservedOn[],
    nowMs: number,
  ): Promise<void> {
    const { platformKey, catalogue } = this.#options;
    if (platformKey === undefined || refused.length + repeated.length === 0) return;
    const notes: ObservedOn[] = [];
    const note = ({ assetId, evidence }: ObservedOn, because: string): void => {
      const key = `${here.tenantId} ${assetId} ${evidence.rule}`;
      if (nowMs - (this.#noted.get(key) ?? 0) < MINUTE_MS) return;
      if (this.#noted.size >= NOTED_MAX) this.#noted.clear();
      this.#noted.set(key, nowMs);
      const finding = {
        rule: evidence.rule,
        result: 'error',
        because,
        raw: { refused: evidence.uid },
      } as const;
      const origin = { service: INTAKE, assetId, observedAtMs: nowMs };
      notes.push({
        assetId,
        evidence: signedEvidence(finding, { ...origin, sign: (bytes) => platformKey.sign(bytes) }),
      });
    };
    const byUid = new Map(observed.map((item) => [item.evidence.uid, item]));
    for (const { uid, reason, because } of refused) {
      const item = byUid.get(uid);
      if (item !== undefined && !UNTOLD.includes(reason) && catalogue.rules.has(item.evidence.rule))
        note(item, `evidence was refused: ${because}`);
    }
    // Carried twice is no fault; coming again when it has long been old is.
    for (const item of repeated) {
      const freshMs = 1_000 * (this.#sources.get(item.evidence.rule) ?? 0);
      if (nowMs - item.evidence.observedAtMs > freshMs)
        note(
          item,
          `only what was received before came again, of ${new Date(item.evidence.observedAtMs).toISOString()}`,
        );
    }
    if (notes.length > 0) await here.receive(notes, nowMs);
  }

  /** A signature by none of the asset's own keys may be another tenant's: that is more than a bad signature. */
  async #whose(tenant: TenantScope, { assetId, evidence }: ObservedOn, no: Refusal): Promise<Refusal> {
    if (no.reason !== 'signature' || this.#options.ownerOf === undefined) return no;
    const now = this.#clock.now();
    if (now - this.#ownersSought.sinceMs > MINUTE_MS) this.#ownersSought = { count: 0, sinceMs: now };
    this.#ownersSought.count += 1;
    if (this.#ownersSought.count > OWNERS_SOUGHT_PER_MINUTE) return no;
    const owner = await this.#options.ownerOf(evidence);
    if (owner === undefined || owner.tenantId === tenant.tenantId) return no;
    this.#options.onForeignEvidence?.(tenant, assetId, evidence);
    // Not whose: one tenant is told nothing of another.
    return { reason: 'foreignTenant', because: 'its signature is by an asset of another tenant' };
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

  /** A look at what stands; what stands now goes on changing, so nothing of it may be kept. */
  async look<T>(tenant: TenantScope, at: (evaluation: Evaluation) => T, asOf: AsOf = {}): Promise<T> {
    return this.#at(tenant, asOf, at);
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

  /** What that instant is decided from: acts with their chain, evidence with raw record and signature. */
  async facts(tenant: TenantScope, { asOfMs, knownAtMs }: Required<AsOf>): Promise<DossierFacts> {
    await this.#tenant(tenant);
    const { records, evidence } = await this.#options.inTenant(tenant, async (db) => {
      await refuseForgotten(db, asOfMs);
      const known = await readRecords(db, knownAtMs);
      const latest = await latestEvidenceRows(db, asOfMs, knownAtMs);
      // With what made each service operational: the acts name it.
      const there = new Set(latest.map(({ uid }) => uid));
      const named = [...new Set(known.flatMap(firstEvidence))].filter((uid) => !there.has(uid));
      return { records: known, evidence: [...latest, ...(await evidenceByUids(db, named, knownAtMs))] };
    });
    return { tenantId: tenant.tenantId, asOfMs, knownAtMs, records, evidence, sources: this.#sources };
  }

  /** Risk → since when its residual is above the appetite; by what is known now. */
  async aboveAppetiteSince(
    tenant: TenantScope,
    { asOfMs }: Pick<AsOf, 'asOfMs'> = {},
  ): Promise<ReadonlyMap<string, number>> {
    const { inTenant, catalogue, now } = this.#options;
    const t = asOfMs ?? now();
    return inTenant(tenant, async (db) => {
      const acts = await readActs(db, t, Math.max(now(), t));
      const controls = new Set([
        ...catalogue.risks.flatMap((risk) => risk.mitigating_controls.map(({ control }) => control)),
        ...acts.flatMap((act) =>
          act.name === 'risk-recorded' ? act.payload.controls.map(({ controlId }) => controlId) : [],
        ),
      ]);
      const changes = await statusChanges(db, [...controls], t, HISTORY_ROWS_MAX);
      return changes === undefined ? new Map() : aboveAppetiteSince(catalogue, acts, changes);
    });
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

  /** What was observed of one rule on one asset, newest first, with its raw records; at most `limit`. */
  async evidenceHistory(
    tenant: TenantScope,
    assetId: string,
    rule: string,
    limit: number,
  ): Promise<readonly EvidenceRow[]> {
    return this.#options.inTenant(tenant, (db) => evidenceHistory(db, assetId, rule, limit));
  }

  /** What would be, if something were done; nothing is. @throws what the simulation throws */
  async simulate<T>(tenant: TenantScope, simulation: (context: SimulationContext) => T): Promise<T> {
    const { catalogue, services } = this.#options;
    const here = await this.#tenant(tenant);
    return here.read((live) =>
      simulation({
        catalogue,
        standing: live.standing,
        evaluation: live.evaluation,
        nowMs: live.t,
        actor: 'simulation',
        offered: new Set(services.map(({ id }) => id)),
        newId: randomUUID,
        acts: live.acts,
        promised: new Map(services.map(({ id, evidences }) => [id, evidences.map(({ rule }) => rule)])),
      }),
    );
  }

  /** Whether ledger and evidence are still what was written, and the ledger no shorter than it was. */
  async integrity(tenant: TenantScope, keysOf: KeysOf): Promise<Integrity & { readonly missing: number }> {
    const here = await this.#tenant(tenant);
    const written = await here.read((live) => live.acts.length);
    const found = await integrityOf(this.#options.inTenant, tenant, keysOf);
    return { ...found, missing: Math.max(0, written - found.recordCount) };
  }

  /**
   * Forgets evidence of before `beforeMs` that is the last word of nothing; the acts stay. Instants before that are
   * refused from then on (ASSURANCE_AS_OF_FORGOTTEN).
   *
   * @returns how many pieces are gone
   */
  async forgetEvidence(tenant: TenantScope, beforeMs: number): Promise<number> {
    return forgetEvidence(this.#options.inTenant, tenant, beforeMs);
  }

  async services(tenant: TenantScope): Promise<readonly ServiceOffer[]> {
    const offered = new Set(this.#options.services.map(({ id }) => id));
    return this.#at(tenant, {}, (evaluation) => offersOf(evaluation, offered));
  }

  /** Groups that an asset is in, those of the lowest priority first. */
  async groupsOf(tenant: TenantScope, assetId: string): Promise<readonly string[]> {
    return this.#at(tenant, {}, ({ world, population, t }) => {
      const asset = population.find(assetId);
      if (asset === undefined) return [];
      return [...world.standing.groups.values()]
        .filter((group) => inForce(group, t))
        .map(({ groupId }) => ({ groupId, priority: population.covers({ kind: 'group', groupId }, asset) }))
        .filter((found): found is { groupId: string; priority: number } => found.priority !== undefined)
        .sort((a, b) => a.priority - b.priority || a.groupId.localeCompare(b.groupId))
        .map(({ groupId }) => groupId);
    });
  }

  /** The groups of an asset, and what it is labelled with (`environment: PRD`). */
  async placeOf(
    tenant: TenantScope,
    assetId: string,
  ): Promise<{ readonly groups: readonly string[]; readonly labels: Readonly<Record<string, string>> }> {
    const groups = await this.groupsOf(tenant, assetId);
    const labels = await this.#at(tenant, {}, ({ population }) => population.find(assetId)?.labels ?? {});
    return { groups, labels };
  }

  /** Who has one duty for a control on an asset now; null where nobody has, or it is in dispute. */
  async dutyOwner(
    tenant: TenantScope,
    assetId: string,
    controlId: string,
    duty: Duty,
  ): Promise<string | null> {
    return this.#at(tenant, {}, (evaluation, _knownAtMs, live) => {
      const pair = [...evaluation.pairs(assetId)].find(({ control }) => control.id === controlId);
      if (pair === undefined) return null;
      const { duties } = matrixCell(
        evaluation,
        pair.control,
        pair.asset,
        live?.cells.get(keyOf(assetId, controlId)),
      );
      return duties.find((each) => each.duty === duty)?.party ?? null;
    });
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
    const { inTenant, catalogue } = this.#options;
    const now = this.#clock.now();
    const t = asOfMs ?? now;
    const k = knownAtMs ?? Math.max(now, t);
    const { acts, evidence, errors } = await inTenant(tenant, async (db) => {
      await refuseForgotten(db, t);
      return {
        acts: await readActs(db, t, k),
        evidence: await latestEvidence(db, t, k),
        errors: await latestErrors(db, t, k),
      };
    });
    const evaluation = new Evaluation({
      catalogue,
      standing: replay(acts, catalogue),
      evidence: new Map(evidence.map((item) => [keyOf(item.assetId, item.rule), item])),
      errors: new Map(errors.map((item) => [keyOf(item.assetId, item.rule), item])),
      sources: this.#sources,
      t,
    });
    return look(evaluation, k);
  }
}

async function refuseForgotten(db: Kysely<AnyDatabase>, asOfMs: number): Promise<void> {
  const horizonMs = await evidenceHorizon(db);
  if (horizonMs !== undefined && asOfMs < horizonMs)
    throw assuranceErrors.make('ASSURANCE_AS_OF_FORGOTTEN', {
      asOf: new Date(asOfMs).toISOString(),
      horizon: new Date(horizonMs).toISOString(),
    });
}

function firstEvidence(record: LedgerRecord): readonly string[] {
  const act = record.act === 'service-operational' ? actOf(record) : undefined;
  return act?.name === 'service-operational' ? [act.payload.evidenceId] : [];
}

type RefusedFigure = `evidenceRefused_${RefusalReason}`;
type Figures = 'evidenceAccepted' | 'evidenceDuplicates' | 'evidenceRefused' | RefusedFigure;
const figureOf = (reason: RefusalReason): RefusedFigure => `evidenceRefused_${reason}`;

function rulesBy(
  given: readonly (readonly [string, readonly { readonly rule: string }[]])[],
): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(given.map(([id, rules]) => [id, new Set(rules.map(({ rule }) => rule))]));
}

/** Rules with a source here, and their freshness: the catalogue's, tightened by the source and the setting. */
export function sourcesOf({
  services,
  catalogue,
  freshSecondsMax,
  sources: observers = [],
  platformKey,
}: SourcesOf & Pick<AssuranceOptions, 'freshSecondsMax'>): ReadonlyMap<string, number> {
  const promises = [
    ...services.flatMap(({ evidences }) => evidences),
    ...observers.flatMap(({ rules }) => rules),
  ];
  const sources = new Map<string, number>();
  for (const { rule, freshForSeconds } of promises) {
    const known = catalogue.rules.get(rule)?.rule;
    if (known === undefined)
      throw assuranceErrors.make('ASSURANCE_CATALOGUE_INVALID', {
        because: `a service promises ${rule}, which is not defined`,
      });
    const fresh = Math.min(known.freshForSeconds, freshForSeconds, freshSecondsMax);
    sources.set(rule, Math.min(sources.get(rule) ?? fresh, fresh));
  }
  for (const rule of attestableBy({ services, catalogue, sources: observers, ...exact(platformKey) }))
    sources.set(rule, Math.min(catalogue.rules.get(rule)?.rule.freshForSeconds ?? 0, freshSecondsMax));
  return sources;
}

type SourcesOf = Pick<AssuranceOptions, 'services' | 'catalogue' | 'sources' | 'platformKey'>;
const exact = (platformKey: EvidenceKey | undefined): Pick<SourcesOf, 'platformKey'> =>
  platformKey === undefined ? {} : { platformKey };

/** Without a key to sign with, nobody can vouch for anything. */
function attestableBy({ services, catalogue, sources = [], platformKey }: SourcesOf): ReadonlySet<string> {
  const observed = new Set(
    [...services.flatMap(({ evidences }) => evidences), ...sources.flatMap(({ rules }) => rules)].map(
      ({ rule }) => rule,
    ),
  );
  return platformKey === undefined ? new Set() : attestableRules(catalogue, (rule) => observed.has(rule));
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
