/** Door: evidence and dated acts → who is responsible and whether it holds, at any instant. */
import { randomUUID } from 'node:crypto';
import type { Evidence, ServiceSpec } from '@demarc/platform/contract';
import {
  type BuyService,
  type CancelService,
  CONTROL_STATUSES,
  type Entitlement,
  type Matrix,
  type MatrixWhy,
  type ServiceOffer,
} from '@demarc/platform/contract/api';
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Catalogue } from './catalogue/catalogue.ts';
import { type EntitlementState, isRunning, replay, type Standing } from './entitlements.ts';
import { assuranceErrors } from './errors.ts';
import { type AssuredAsset, applies, type Evaluated, Evaluation, keyOf, TENANT_ASSET } from './evaluate.ts';
import { refusal } from './intake.ts';
import { insertEvidence, latestEvidence } from './store/evidence.ts';
import { append, readActs } from './store/ledger.ts';

export { type Catalogue, loadCatalogue } from './catalogue/catalogue.ts';
export { assuranceErrors } from './errors.ts';
export type { AssuredAsset } from './evaluate.ts';
export { verifyLedger } from './store/ledger.ts';
export { assuranceMigrations } from './store/migrations.ts';

export interface AssuranceOptions {
  readonly inTenant: InTenant;
  readonly catalogue: Catalogue;
  /** The rooms of this installation: what can be bought, and which evidence they promise. */
  readonly services: readonly ServiceSpec[];
  /** No evidence counts as fresh for longer; tightens only. */
  readonly freshSecondsMax: number;
  assets(tenant: TenantScope): Promise<readonly AssuredAsset[]>;
  onChange(tenant: TenantScope, reason: string): void;
  now(): number;
}

export interface AsOf {
  readonly asOfMs?: number;
  readonly knownAtMs?: number;
}

export interface IntakeResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly { readonly uid: string; readonly because: string }[];
}

const PENDING_EVIDENCE = 'first passing evidence from the service on this asset';
const EXPIRY_POLL_MS = 1_000;
const EXPIRIES_MAX = 100_000;

export class Assurance implements Disposable {
  readonly #options: AssuranceOptions;
  readonly #sources: ReadonlyMap<string, number>;
  /** When each fresh pass stops being fresh: the moment somebody must be told. */
  readonly #expiries = new Map<string, { readonly tenant: TenantScope; readonly atMs: number }>();
  readonly #timer: NodeJS.Timeout;
  readonly figures = { evidenceAccepted: 0, evidenceDuplicates: 0, evidenceRefused: 0 };

  constructor(options: AssuranceOptions) {
    this.#options = options;
    this.#sources = sourcesOf(options);
    this.#timer = setInterval(() => this.#expire(), EXPIRY_POLL_MS);
    this.#timer.unref();
  }

  /** Idempotent by uid: a batch that is carried again adds nothing. */
  async intake(
    tenant: TenantScope,
    assetId: string,
    evidence: readonly Evidence[],
    context: { readonly receivedAtMs: number; readonly publicKeysPem: readonly string[] },
  ): Promise<IntakeResult> {
    const { catalogue, inTenant, onChange } = this.#options;
    const refused: { uid: string; because: string }[] = [];
    const fresh: Evidence[] = [];
    await inTenant(tenant, async (db) => {
      for (const item of evidence) {
        const because = refusal(catalogue, item, context.receivedAtMs, context.publicKeysPem);
        if (because !== undefined) refused.push({ uid: item.uid, because });
        else if (await insertEvidence(db, tenant, assetId, item, context.receivedAtMs)) fresh.push(item);
      }
      const passing = fresh.filter(({ result }) => result === 'pass');
      if (passing.length > 0)
        await this.#becomeOperational(db, tenant, assetId, passing, context.receivedAtMs);
    });
    for (const item of fresh) if (item.result === 'pass') this.#watchExpiry(tenant, assetId, item);
    this.figures.evidenceAccepted += fresh.length;
    this.figures.evidenceRefused += refused.length;
    const duplicates = evidence.length - fresh.length - refused.length;
    this.figures.evidenceDuplicates += duplicates;
    if (fresh.length > 0)
      onChange(tenant, `evidence for ${[...new Set(fresh.map(({ rule }) => rule))].join(', ')}`);
    return { accepted: fresh.length, duplicates, refused };
  }

  async matrix(tenant: TenantScope, options: AsOf & { readonly assetId?: string } = {}): Promise<Matrix> {
    const { asOfMs, knownAtMs, evaluation } = await this.#evaluation(tenant, options);
    const assets = (await this.#assets(tenant)).filter(
      ({ assetId }) => options.assetId === undefined || assetId === options.assetId,
    );
    const cells = assets.flatMap((asset) =>
      [...this.#options.catalogue.controls.values()]
        .filter((control) => applies(control, asset))
        .map((control) => evaluation.evaluate(control, asset).cell),
    );
    const counts = Object.fromEntries(
      CONTROL_STATUSES.map((status) => [status, cells.filter((cell) => cell.status === status).length]),
    ) as Matrix['counts'];
    const states = cells.flatMap((cell) => cell.duties.map(({ state }) => state));
    return {
      asOf: new Date(asOfMs).toISOString(),
      knownAt: new Date(knownAtMs).toISOString(),
      tenantId: tenant.tenantId,
      cells,
      counts,
      unownedCount: states.filter((state) => state === 'unowned').length,
      contestedCount: states.filter((state) => state === 'contested').length,
    };
  }

  /** @throws ASSURANCE_CELL_UNKNOWN */
  async why(
    tenant: TenantScope,
    query: AsOf & { readonly assetId: string; readonly controlId: string },
  ): Promise<MatrixWhy> {
    const { assetId, controlId } = query;
    const control = this.#options.catalogue.controls.get(controlId);
    const asset = (await this.#assets(tenant)).find((candidate) => candidate.assetId === assetId);
    if (control === undefined || asset === undefined || !applies(control, asset))
      throw assuranceErrors.make('ASSURANCE_CELL_UNKNOWN', { controlId, assetId });
    const { evaluation } = await this.#evaluation(tenant, query);
    const evaluated = evaluation.evaluate(control, asset);
    return {
      cell: evaluated.cell,
      objective: control.objective,
      reasons: reasonsOf(evaluated),
      evidence: [...evaluated.evidence],
      dependencies: evaluated.dependencies.map(({ control: lower, effect, status, caps }) => ({
        controlId: lower.id,
        title: lower.title,
        effect,
        status,
        caps: caps ?? null,
      })),
      nextSteps: nextStepsOf(evaluated),
      nist: control.nist_800_53_r5,
    };
  }

  async services(tenant: TenantScope): Promise<readonly ServiceOffer[]> {
    const standing = await this.#standing(tenant);
    const assets = new Map((await this.#assets(tenant)).map((asset) => [asset.assetId, asset.name]));
    const now = this.#options.now();
    return this.#options.catalogue.services.map((service) => ({
      serviceId: service.id,
      title: service.title,
      available: this.#options.services.some(({ id }) => id === service.id),
      tiers: service.tiers,
      delivers: service.delivers,
      prerequisites: service.customer_prerequisites,
      controls: [...this.#options.catalogue.controls.values()]
        .filter((control) => control.managed_services.some((managed) => managed.service === service.id))
        .map(({ id }) => id),
      entitlements: standing.entitlements
        .filter(({ serviceId }) => serviceId === service.id)
        .map((entitlement) => shown(entitlement, assets, now)),
    }));
  }

  /** Contracted at once; operational on an asset with the first passing evidence from there. */
  async buy(
    tenant: TenantScope,
    purchase: BuyService,
    actor: string,
  ): Promise<{ readonly entitlementId: string }> {
    const { serviceId, tier = 'managed', assetIds, prerequisitesAccepted } = purchase;
    const service = this.#options.catalogue.services.find(({ id }) => id === serviceId);
    if (service === undefined || !this.#options.services.some(({ id }) => id === serviceId))
      throw assuranceErrors.make('ASSURANCE_SERVICE_UNKNOWN', { serviceId });
    if (!service.tiers.includes(tier))
      throw assuranceErrors.make('ASSURANCE_TIER_UNKNOWN', {
        serviceId,
        tier,
        tiers: service.tiers.join(', '),
      });
    if (!prerequisitesAccepted)
      throw assuranceErrors.make('ASSURANCE_PREREQUISITES_OPEN', {
        prerequisites: service.customer_prerequisites.join('; '),
      });
    const known = await this.#assets(tenant);
    for (const assetId of assetIds) {
      if (!known.some((asset) => asset.assetId === assetId && asset.type === 'vm'))
        throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId });
    }
    const entitlementId = randomUUID();
    const now = this.#options.now();
    await this.#options.inTenant(tenant, async (db) => {
      const standing = replay(await readActs(db, now, now));
      for (const assetId of assetIds) {
        const twice = standing.entitlements.some(
          (other) =>
            other.serviceId === serviceId &&
            isRunning(other, now) &&
            other.assets.some((asset) => asset.assetId === assetId),
        );
        if (twice) throw assuranceErrors.make('ASSURANCE_ALREADY_BOUGHT', { serviceId, assetId });
      }
      const payload = { entitlementId, serviceId, tier, assetIds: [...new Set(assetIds)] };
      await append(db, tenant, { name: 'service-bought', payload, atMs: now, recordedAtMs: now, actor });
    });
    this.#options.onChange(tenant, `${serviceId} was bought`);
    return { entitlementId };
  }

  /** Ends now. Without acceptance the returned duties are nobody's, and shown so. @throws ASSURANCE_ENTITLEMENT_UNKNOWN */
  async cancel(
    tenant: TenantScope,
    entitlementId: string,
    cancellation: CancelService,
    actor: string,
  ): Promise<void> {
    const now = this.#options.now();
    await this.#options.inTenant(tenant, async (db) => {
      const entitlement = replay(await readActs(db, now, now)).entitlements.find(
        (found) => found.entitlementId === entitlementId && isRunning(found, now),
      );
      if (entitlement === undefined)
        throw assuranceErrors.make('ASSURANCE_ENTITLEMENT_UNKNOWN', { entitlementId });
      await append(db, tenant, {
        name: 'service-cancelled',
        payload: { entitlementId, reason: cancellation.reason },
        atMs: now,
        recordedAtMs: now,
        actor,
      });
      if (cancellation.acceptHandback !== true) return;
      for (const { assetId, operationalAtMs } of entitlement.assets) {
        if (operationalAtMs === undefined) continue;
        await append(db, tenant, {
          name: 'handback-accepted',
          payload: { entitlementId, assetId },
          atMs: now,
          recordedAtMs: now,
          actor,
        });
      }
    });
    this.#options.onChange(tenant, 'a service was cancelled');
  }

  /** @throws ASSURANCE_HANDBACK_NOT_DUE */
  async acceptHandback(
    tenant: TenantScope,
    entitlementId: string,
    assetId: string,
    actor: string,
  ): Promise<void> {
    const now = this.#options.now();
    await this.#options.inTenant(tenant, async (db) => {
      const entitlement = replay(await readActs(db, now, now)).entitlements.find(
        (found) => found.entitlementId === entitlementId,
      );
      const asset = entitlement?.assets.find((candidate) => candidate.assetId === assetId);
      const due =
        entitlement?.toMs !== undefined &&
        asset?.operationalAtMs !== undefined &&
        asset.handbackAcceptedAtMs === undefined;
      if (!due) throw assuranceErrors.make('ASSURANCE_HANDBACK_NOT_DUE', { assetId });
      await append(db, tenant, {
        name: 'handback-accepted',
        payload: { entitlementId, assetId },
        atMs: now,
        recordedAtMs: now,
        actor,
      });
    });
    this.#options.onChange(tenant, 'a hand-back was accepted');
  }

  /** From now on the catalogue's defaults hold for this tenant. */
  async acceptSchedule(tenant: TenantScope, actor: string): Promise<void> {
    const now = this.#options.now();
    await this.#options.inTenant(tenant, async (db) => {
      if (replay(await readActs(db, now, now)).scheduleAcceptedAtMs !== undefined) return;
      await append(db, tenant, {
        name: 'schedule-accepted',
        payload: {},
        atMs: now,
        recordedAtMs: now,
        actor,
      });
    });
    this.#options.onChange(tenant, 'the responsibility schedule was accepted');
  }

  /** The rooms whose policy an asset gets: everything bought for it and not ended. */
  async entitledServices(tenant: TenantScope, assetId: string): Promise<readonly string[]> {
    const standing = await this.#standing(tenant);
    const now = this.#options.now();
    return [
      ...new Set(
        standing.entitlements
          .filter(
            (entitlement) =>
              isRunning(entitlement, now) && entitlement.assets.some((asset) => asset.assetId === assetId),
          )
          .map(({ serviceId }) => serviceId),
      ),
    ];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #becomeOperational(
    db: Parameters<Parameters<InTenant>[1]>[0],
    tenant: TenantScope,
    assetId: string,
    passing: readonly Evidence[],
    receivedAtMs: number,
  ): Promise<void> {
    const standing = replay(await readActs(db, receivedAtMs, receivedAtMs));
    for (const entitlement of standing.entitlements) {
      const asset = entitlement.assets.find((candidate) => candidate.assetId === assetId);
      if (asset === undefined || asset.operationalAtMs !== undefined || !isRunning(entitlement, receivedAtMs))
        continue;
      const first = passing.find(
        (item) =>
          item.service === entitlement.serviceId &&
          item.observedAtMs >= entitlement.fromMs &&
          this.#isRequiredOf(entitlement.serviceId, item.rule),
      );
      if (first === undefined) continue;
      const payload = { entitlementId: entitlement.entitlementId, assetId, evidenceId: first.uid };
      await append(db, tenant, {
        name: 'service-operational',
        payload,
        atMs: receivedAtMs,
        recordedAtMs: receivedAtMs,
        actor: `evidence ${first.uid}`,
      });
    }
  }

  #isRequiredOf(serviceId: string, rule: string): boolean {
    const promised =
      this.#options.services
        .find(({ id }) => id === serviceId)
        ?.evidences.some((promise) => promise.rule === rule) === true;
    return promised && this.#options.catalogue.rules.get(rule)?.rule.required === true;
  }

  async #standing(tenant: TenantScope): Promise<Standing> {
    const now = this.#options.now();
    return this.#options.inTenant(tenant, async (db) => replay(await readActs(db, now, now)));
  }

  async #assets(tenant: TenantScope): Promise<readonly AssuredAsset[]> {
    return [TENANT_ASSET, ...(await this.#options.assets(tenant))];
  }

  async #evaluation(tenant: TenantScope, { asOfMs, knownAtMs }: AsOf) {
    const now = this.#options.now();
    const t = asOfMs ?? now;
    const k = knownAtMs ?? Math.max(now, t);
    const { standing, kept } = await this.#options.inTenant(tenant, async (db) => ({
      standing: replay(await readActs(db, t, k)),
      kept: await latestEvidence(db, t, k),
    }));
    const evidence = new Map(kept.map((item) => [keyOf(item.assetId, item.rule), item]));
    const evaluation = new Evaluation({
      catalogue: this.#options.catalogue,
      standing,
      evidence,
      sources: this.#sources,
      t,
    });
    return { asOfMs: t, knownAtMs: k, evaluation };
  }

  #watchExpiry(tenant: TenantScope, assetId: string, evidence: Evidence): void {
    const fresh = this.#sources.get(evidence.rule);
    if (fresh === undefined || this.#expiries.size >= EXPIRIES_MAX) return;
    this.#expiries.set(`${tenant.tenantId} ${keyOf(assetId, evidence.rule)}`, {
      tenant,
      atMs: evidence.observedAtMs + fresh * 1_000,
    });
  }

  #expire(): void {
    const now = this.#options.now();
    const told = new Set<string>();
    for (const [key, { tenant, atMs }] of this.#expiries) {
      if (atMs >= now) continue;
      this.#expiries.delete(key);
      if (told.has(tenant.tenantId)) continue;
      told.add(tenant.tenantId);
      this.#options.onChange(tenant, 'evidence went stale');
    }
  }
}

/** Rules with a source here, and their freshness: the catalogue's, tightened by the room and the setting. */
function sourcesOf({ services, catalogue, freshSecondsMax }: AssuranceOptions): ReadonlyMap<string, number> {
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

function shown(entitlement: EntitlementState, names: ReadonlyMap<string, string>, now: number): Entitlement {
  const instant = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  const running = isRunning(entitlement, now);
  return {
    entitlementId: entitlement.entitlementId,
    serviceId: entitlement.serviceId,
    tier: entitlement.tier,
    validFrom: new Date(entitlement.fromMs).toISOString(),
    validTo: instant(entitlement.toMs),
    assets: entitlement.assets.map((asset) => {
      const wasOperational = asset.operationalAtMs !== undefined;
      const handedBack = asset.handbackAcceptedAtMs !== undefined;
      const state = running
        ? wasOperational
          ? 'operational'
          : 'onboarding'
        : wasOperational && !handedBack
          ? 'offboarding'
          : 'ended';
      return {
        assetId: asset.assetId,
        assetName: names.get(asset.assetId) ?? asset.assetId,
        state,
        pending:
          state === 'onboarding'
            ? [PENDING_EVIDENCE]
            : state === 'offboarding'
              ? ['acceptance of the hand-back']
              : [],
        operationalAt: instant(asset.operationalAtMs),
        firstEvidenceId: asset.evidenceId ?? null,
        handbackAcceptedAt: instant(asset.handbackAcceptedAtMs),
      };
    }),
  };
}

function reasonsOf({ cell, evidence, dependencies }: Evaluated): string[] {
  const reasons = evidence.map((item) => {
    switch (item.state) {
      case 'pass':
        return `${item.rule} passed: ${item.because ?? ''}`;
      case 'fail':
        return `${item.rule} failed: ${item.because ?? ''}`;
      case 'stale':
        return `${item.rule} is stale: the last pass is older than ${item.freshForSeconds} s`;
      case 'not-received':
        return `${item.rule} was never received`;
      case 'no-source':
        return `${item.rule} has no source in this installation yet (${item.source})`;
    }
  });
  const caps = dependencies
    .filter(({ caps: cap }) => cap !== undefined)
    .map(({ control, effect, status }) => `${control.id} is ${status}, which ${effect} this control`);
  return [`own status ${cell.ownStatus}, effective status ${cell.status}`, ...reasons, ...caps];
}

function nextStepsOf({ cell, evidence, roots }: Evaluated): MatrixWhy['nextSteps'] {
  const steps: { party: string; step: string }[] = [];
  for (const { duty, state, party } of cell.duties) {
    if (state === 'unowned')
      steps.push({
        party: 'customer',
        step: `Accept the duty to ${duty}, buy a service that takes it, or name who does.`,
      });
    if (state === 'contested')
      steps.push({ party: cell.accountable, step: `Settle who has the duty to ${duty}${party ?? ''}.` });
  }
  const operator = cell.duties.find(({ duty }) => duty === 'operate')?.party ?? cell.accountable;
  for (const item of evidence) {
    if (item.state === 'fail')
      steps.push({ party: operator, step: `Mend what ${item.rule} found: ${item.because ?? ''}` });
    if (item.state === 'stale' || item.state === 'not-received')
      steps.push({ party: operator, step: `Bring ${item.rule} back: ${item.asserts}` });
    if (item.state === 'no-source')
      steps.push({ party: 'provider', step: `Connect a source for ${item.rule} (${item.source}).` });
  }
  for (const { control, status, party } of roots)
    steps.push({
      party,
      step: `See to ${control.id} (${control.title}), which is ${status} and which this control leans on.`,
    });
  return steps;
}
