/** Asks every source in time, for every tenant, and hands what it finds to the intake. */
import type { Evidence } from '@demarc/platform/contract';
import { type EvidenceKey, signedEvidence } from '@demarc/platform/evidence';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Evaluation } from '../evaluation/evaluation.ts';
import { TENANT_ASSET } from '../evaluation/population.ts';
import type { ObservedOn, TakenIn } from '../intake.ts';
import type { EvidenceSource, SourceFinding } from './source.ts';

export interface ScheduleOptions {
  readonly sources: readonly EvidenceSource[];
  readonly key: EvidenceKey;
  tenants(): Promise<readonly TenantScope[]>;
  look<T>(tenant: TenantScope, at: (evaluation: Evaluation) => T): Promise<T>;
  observed(tenant: TenantScope, evidence: readonly ObservedOn[]): Promise<TakenIn>;
  onError(line: string, error?: unknown): void;
  now(): number;
}

/** How often it is looked whether anything is due. */
const LOOK_EVERY_MS = 5_000;
/** Acts come in bursts; what people did is observed once they have paused. */
const AFTER_ACTS_MS = 1_000;
const OBSERVE_MS_MAX = 30_000;
const FINDINGS_MAX = 50_000;
const BECAUSE_MAX = 1_000;

export class SourceSchedule implements Disposable {
  readonly #options: ScheduleOptions;
  /** `tenant source` → when it is due. */
  readonly #dueAt = new Map<string, number>();
  /** `tenant source asset rule` → what it said last; after acts only what is other is said again. */
  readonly #said = new Map<string, string>();
  readonly #afterActs = new Map<string, number>();
  readonly figures = { sourceRounds: 0, sourceFindings: 0, sourceErrors: 0, sourceRefused: 0 };
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.round(), LOOK_EVERY_MS);
    this.#timer.unref();
    void this.round();
  }

  /** Something was done in the tenant: its record is looked at again soon. */
  acted({ tenantId }: TenantScope): void {
    if (!this.#options.sources.some(({ afterActs }) => afterActs === true)) return;
    const first = !this.#afterActs.has(tenantId);
    this.#afterActs.set(tenantId, this.#options.now() + AFTER_ACTS_MS);
    if (first && this.#timer !== undefined) setTimeout(() => void this.round(), 2 * AFTER_ACTS_MS).unref();
  }

  /** Asks whatever is due, one after the other; a round that is still running is waited for first. */
  round(): Promise<void> {
    this.#round = this.#round
      .then(() => this.#lookAround())
      .catch((error: unknown) => {
        this.figures.sourceErrors += 1;
        this.#options.onError('the sources could not be asked', error);
      });
    return this.#round;
  }

  /** One finding out of turn: what a source was told of rather than asked for. */
  async report(tenant: TenantScope, sourceId: string, finding: SourceFinding): Promise<void> {
    const source = this.#options.sources.find(({ id }) => id === sourceId);
    if (source !== undefined) await this.#deliver(tenant, source, [finding]);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearInterval(this.#timer);
  }

  async #lookAround(): Promise<void> {
    if (this.#disposed) return;
    this.figures.sourceRounds += 1;
    for (const tenant of await this.#options.tenants()) {
      const acted = (this.#afterActs.get(tenant.tenantId) ?? Infinity) <= this.#options.now();
      if (acted) this.#afterActs.delete(tenant.tenantId);
      for (const source of this.#options.sources) {
        if (this.#disposed) return;
        const key = `${tenant.tenantId} ${source.id}`;
        const due = (this.#dueAt.get(key) ?? 0) <= this.#options.now();
        if (!due && !(acted && source.afterActs === true)) continue;
        if (due)
          this.#dueAt.set(
            key,
            this.#options.now() + 1_000 * Math.min(...source.rules.map(({ everySeconds }) => everySeconds)),
          );
        await this.#ask(tenant, source, due);
      }
    }
  }

  async #ask(tenant: TenantScope, source: EvidenceSource, due: boolean): Promise<void> {
    try {
      const found = await withinTime(
        source.observe({
          tenant,
          nowMs: this.#options.now(),
          look: (at) => this.#options.look(tenant, at),
        }),
        OBSERVE_MS_MAX,
      );
      if (found.length > FINDINGS_MAX) throw new Error(`it found more than ${FINDINGS_MAX} things at once`);
      await this.#deliver(
        tenant,
        source,
        due ? found : found.filter((each) => this.#isNews(tenant, source, each)),
      );
    } catch (error) {
      this.figures.sourceErrors += 1;
      this.#options.onError(`${source.id} could not observe ${tenant.tenantId}`, error);
      const because = error instanceof Error ? error.message : String(error);
      // Silence has a reason, and whoever looks at the cell is told it.
      const findings = source.rules.map(({ rule }) => ({
        rule,
        assetId: TENANT_ASSET.assetId,
        result: 'error' as const,
        because: `${source.id} could not observe: ${because}`.slice(0, BECAUSE_MAX),
        raw: {},
      }));
      await this.#deliver(tenant, source, findings).catch((also: unknown) =>
        this.#options.onError(`${source.id}: nor could that be written down`, also),
      );
    }
  }

  async #deliver(
    tenant: TenantScope,
    source: EvidenceSource,
    findings: readonly SourceFinding[],
  ): Promise<void> {
    if (findings.length === 0) return;
    const observedAtMs = this.#options.now();
    const evidence = findings.map(({ assetId, ...finding }): { assetId: string; evidence: Evidence } => ({
      assetId,
      evidence: signedEvidence(
        { ...finding, because: finding.because.slice(0, BECAUSE_MAX) },
        { service: source.id, assetId, observedAtMs, sign: (bytes) => this.#options.key.sign(bytes) },
      ),
    }));
    const taken = await this.#options.observed(tenant, evidence);
    this.figures.sourceFindings += taken.accepted;
    this.figures.sourceRefused += taken.refused.length;
    for (const { because } of taken.refused.slice(0, 3))
      this.#options.onError(`${source.id}: its own evidence was refused: ${because}`);
    for (const finding of findings) this.#said.set(saidKey(tenant, source, finding), saying(finding));
  }

  #isNews(tenant: TenantScope, source: EvidenceSource, finding: SourceFinding): boolean {
    return this.#said.get(saidKey(tenant, source, finding)) !== saying(finding);
  }
}

const saidKey = (
  { tenantId }: TenantScope,
  { id }: EvidenceSource,
  { assetId, rule }: SourceFinding,
): string => `${tenantId} ${id} ${assetId} ${rule}`;
const saying = ({ result, because }: SourceFinding): string => `${result} ${because}`;

async function withinTime<T>(work: Promise<T>, msMax: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it took longer than ${msMax / 1_000} s`)), msMax);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
