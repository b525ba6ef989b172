/**
 * The rules that hold for each tenant: those of the platform, compiled once for all, and its own beside them.
 *
 * A change is compiled aside and put in force in one step: a batch is judged as a whole by what held when it
 * began, so no event is judged by half of a change and none waits for one.
 */
import { type LinkedCorrelations, matchesNothing } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { CompiledRules, Compiler, SourceFile } from './compiler.ts';
import { linkRules, refusalsOf } from './link.ts';
import { compileOverlay, type HeldBack, type Overlay } from './overlay.ts';
import type { OverlayRow, RuleStore } from './rule-store.ts';

export type Origin = 'shipped' | 'provider' | 'tenant';

export interface RuleSet extends CompiledRules {
  readonly originOf: (file: string) => Origin;
  readonly versionOf: (file: string) => number;
}

export interface TenantRules {
  /** Higher than that of all that was in force before, of any tenant. */
  readonly generation: number;
  readonly loadedAtMs: number;
  readonly base: RuleSet;
  readonly own: RuleSet;
  readonly overlays: ReadonlyMap<string, Overlay>;
  readonly heldBack: HeldBack;
  /** Correlations of both, and thresholds: whose matches are counted. */
  readonly linked: LinkedCorrelations;
}

export interface RulesetOptions {
  readonly store: Pick<RuleStore, 'files' | 'overlays'>;
  readonly compiler: Compiler;
  /** Those that ship with the platform. */
  readonly shipped: readonly SourceFile[];
  now(): number;
  /** Told when other rules hold for a tenant. */
  onChange(tenant: TenantScope, rules: TenantRules): void;
  /** Of an overlay that can no longer be read: it is left out, and this is why. */
  onError(line: string, error: unknown): void;
}

/** What most tenants have of their own. */
const NO_RULES: CompiledRules = {
  files: [],
  detections: [],
  correlations: [],
  filters: [],
  refused: [],
  engine: { match: matchesNothing },
};

export class Rulesets {
  readonly #options: RulesetOptions;
  readonly #tenants = new Map<string, { readonly tenant: TenantScope; rules: Promise<TenantRules> }>();
  /** Compiled when it is first asked for: a server that starts has other work for its processors. */
  #base: Promise<RuleSet> | undefined;
  #generation = 0;

  constructor(options: RulesetOptions) {
    this.#options = options;
  }

  /** Compiles what every tenant needs, before somebody waits for it. Whoever asks for rules is told of an error. */
  warm(): void {
    this.#sharedBase().catch(() => undefined);
  }

  /** What holds for the tenant now; the same object until something changes. */
  of(tenant: TenantScope): Promise<TenantRules> {
    let known = this.#tenants.get(tenant.tenantId);
    if (known === undefined) {
      const rules = this.#load(tenant);
      known = { tenant, rules };
      this.#tenants.set(tenant.tenantId, known);
      rules.catch(() => {
        if (this.#tenants.get(tenant.tenantId)?.rules === rules) this.#tenants.delete(tenant.tenantId);
      });
    }
    return known.rules;
  }

  /** Brings what the store has into force; until that is compiled, what held before holds on. */
  async changed(tenant: TenantScope): Promise<TenantRules> {
    const rules = await this.#load(tenant);
    const known = this.#tenants.get(tenant.tenantId);
    const before = await known?.rules.catch(() => undefined);
    // Of two changes at once the later one holds, whichever was compiled first.
    if (before !== undefined && before.generation > rules.generation) return before;
    this.#tenants.set(tenant.tenantId, { tenant, rules: Promise.resolve(rules) });
    this.#options.onChange(tenant, rules);
    return rules;
  }

  /** Other rules of the provider, for every tenant. What is refused of them is listed with the rest. */
  async setProviderFiles(files: readonly SourceFile[]): Promise<void> {
    const base = await this.#compileBase(files);
    this.#base = Promise.resolve(base);
    await Promise.all([...this.#tenants.values()].map(({ tenant }) => this.changed(tenant)));
  }

  async #compileBase(provider: readonly SourceFile[]): Promise<RuleSet> {
    const { shipped, compiler } = this.#options;
    const theirs = new Set(provider.map(({ file }) => file));
    const compiled = await compiler.compile([...shipped, ...provider], undefined);
    return {
      ...compiled,
      originOf: (file) => (theirs.has(file) ? 'provider' : 'shipped'),
      versionOf: () => 1,
    };
  }

  async #load(tenant: TenantScope): Promise<TenantRules> {
    const { store, compiler, now } = this.#options;
    this.#generation += 1;
    const generation = this.#generation;
    const [base, files, overlays] = await Promise.all([
      this.#sharedBase(),
      store.files(tenant),
      store.overlays(tenant),
    ]);
    const versions = new Map(files.map(({ file, version }) => [file, version]));
    const own = files.length === 0 ? NO_RULES : await compiler.compile(files, base);
    const compiled = new Map(overlays.flatMap((row) => this.#overlay(row)));
    const linked = linkRules([base, own], compiled);
    return {
      generation,
      loadedAtMs: now(),
      base: withRefusals(base, linked),
      own: {
        ...withRefusals(own, linked),
        originOf: () => 'tenant',
        versionOf: (file) => versions.get(file) ?? 1,
      },
      overlays: compiled,
      heldBack: new Map(),
      linked,
    };
  }

  #sharedBase(): Promise<RuleSet> {
    this.#base ??= this.#compileBase([]).catch((error: unknown) => {
      // What failed once is not what everybody gets from then on.
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  #overlay(row: OverlayRow): readonly (readonly [string, Overlay])[] {
    try {
      return [[row.ruleId, compileOverlay(row.overlay, row)]];
    } catch (error) {
      // A rule that fires too often is better than one that was silenced by what nobody understands.
      this.#options.onError(`the changes to rule ${row.ruleId} are not in force`, error);
      return [];
    }
  }
}

/** A correlation that names what is not there is no rule. */
function withRefusals<Set extends CompiledRules>(set: Set, linked: LinkedCorrelations): Set {
  const refused = refusalsOf(linked, set.correlations);
  if (refused.length === 0) return set;
  const gone = new Set(linked.refused.map(({ rule }) => rule));
  return {
    ...set,
    correlations: set.correlations.filter((rule) => !gone.has(rule)),
    refused: [...set.refused, ...refused],
  };
}
