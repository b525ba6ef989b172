/**
 * What the server observes itself: a source is asked on a schedule for each tenant, and what it finds is evidence
 * like any other. It takes the same intake, signed with the platform's own key.
 *
 * A source says only what it saw. A rule that none can observe here has no source and is never passed.
 */
import type { EvidenceFinding, EvidencePromise } from '@demarc/platform/contract';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Evaluation } from '../evaluation/evaluation.ts';
import type { Standing } from '../model/standing.ts';

export interface SourceContext {
  readonly tenant: TenantScope;
  readonly nowMs: number;
  /** A quick look at what stands, without working out all of it; what is looked at changes afterwards. */
  look<T>(at: (evaluation: Evaluation) => T): Promise<T>;
}

export interface SourceFinding extends EvidenceFinding {
  /** `tenant` for what is about the tenant as a whole, or about the platform that serves it. */
  readonly assetId: string;
  readonly operator?: string;
}

export interface EvidenceSource {
  /** `platform:tenancy`; the service that its evidence names. */
  readonly id: string;
  readonly rules: readonly EvidencePromise[];
  /** Asked again soon after acts of the tenant: for what people do, and cheap enough for it. */
  readonly afterActs?: boolean;
  /** @throws when it cannot observe; that is written down as an error, which counts as nothing received */
  observe(context: SourceContext): Promise<readonly SourceFinding[]>;
}

/** A pure function over what stands; an asset is the tenant as a whole unless it says otherwise. */
export function recordSource(
  id: string,
  rules: readonly EvidencePromise[],
  findings: (stands: {
    readonly standing: Standing;
    readonly catalogue: Catalogue;
    readonly t: number;
  }) => readonly (EvidenceFinding & { readonly assetId?: string; readonly operator?: string })[],
): EvidenceSource {
  return {
    id,
    rules,
    afterActs: true,
    observe: ({ look }) =>
      look(({ world: { standing, catalogue }, t }) =>
        findings({ standing, catalogue, t }).map((finding) => ({ assetId: 'tenant', ...finding })),
      ),
  };
}
