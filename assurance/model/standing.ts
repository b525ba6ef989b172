/**
 * What the acts say, taken together: parties, assets, claims, entitlements, risks and the rest, as they stand.
 *
 * `replay` takes the acts that hold at an instant as they were known at another (the ledger selects them) in
 * the order in which they hold. What is in here has begun; whether it is still in force at `t` is asked with
 * `inForce`. A `Replay` can be continued with one more act, which is how the live matrix keeps up.
 */
import type { Duty } from '@demarc/platform/contract/api';
import type { Act, ActName, ActPayload, Scope } from './acts.ts';

/** Half-open: `[fromMs, toMs)`. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number | undefined;
}
interface Recorded extends Interval {
  readonly recordId: string;
}

export type PartyState = Omit<ActPayload<'party-registered'>, 'contact'> &
  Recorded & { readonly contact: string };
export type AssetState = ActPayload<'asset-declared'> & Recorded;
export type GroupState = ActPayload<'group-defined'> & Recorded;
export type StandardState = Omit<ActPayload<'standard-published'>, 'toMs'> & Recorded;
export type AssignmentState = Omit<ActPayload<'standard-assigned'>, 'toMs'> & Recorded;
export type DecisionState = Omit<ActPayload<'decision-recorded'>, 'fromMs' | 'toMs' | 'claimId'> &
  Recorded & { readonly claimId: string | undefined; readonly decidedBy: string };

export type ClaimStanding = 'proposed' | 'accepted' | 'declined' | 'disputed';
export interface ClaimState extends Recorded {
  readonly claimId: string;
  readonly controls: readonly string[];
  readonly duties: readonly Duty[];
  readonly party: string;
  readonly scope: Scope;
  readonly kind: 'assign' | 'carve-out';
  readonly source: ActPayload<'claim-proposed'>['source'];
  readonly reason: string;
  readonly proposer: string | undefined;
  /** In the order in which they hold; the last one that has begun is the claim's standing. */
  readonly history: readonly {
    readonly standing: ClaimStanding;
    readonly atMs: number;
    readonly by: string;
    /** The party that they spoke for, and what they said. */
    readonly party: string | undefined;
    readonly reason: string;
    readonly recordId: string;
  }[];
}

export interface EntitledAsset {
  readonly assetId: string;
  readonly operationalAtMs: number | undefined;
  readonly evidenceId: string | undefined;
  readonly handbackAcceptedAtMs: number | undefined;
}
export interface EntitlementState extends Recorded {
  readonly entitlementId: string;
  readonly serviceId: string;
  readonly tier: string;
  readonly scope: Scope | undefined;
  /** The type of asset that the scope is about; undefined: any. */
  readonly unit: AssetState['type'] | undefined;
  /** Undefined: all of them were ticked. */
  readonly prerequisites: readonly string[] | undefined;
  readonly notice:
    | {
        readonly atMs: number;
        readonly endsAtMs: number;
        readonly reason: string;
        /** The hand-over was settled and the end confirmed. */
        readonly confirmedAtMs: number | undefined;
      }
    | undefined;
  readonly endedBecause: string | undefined;
  /** Named ones, and those of the scope on which something has happened. */
  readonly assets: ReadonlyMap<string, EntitledAsset>;
}

export interface HandoverItem {
  readonly itemId: string;
  readonly controlId: string;
  readonly duty: Duty;
  readonly from: string;
  readonly taker: string | undefined;
  /** Undefined: the taker is proposed, and has nothing yet. */
  readonly acceptedBy: string | undefined;
  readonly acceptedAtMs: number | undefined;
  readonly riskAcceptedUntilMs: number | undefined;
  readonly settledBy: string | undefined;
  readonly settledAtMs: number | undefined;
}
/** Its interval ends when the notice that opened it is withdrawn. */
export interface HandoverState extends Recorded {
  readonly handoverId: string;
  readonly entitlementId: string;
  readonly direction: 'onboarding' | 'offboarding';
  readonly effectiveAtMs: number;
  readonly items: readonly HandoverItem[];
  readonly checklist: readonly {
    readonly itemId: string;
    readonly text: string;
    readonly checkedBy: string | undefined;
    readonly checkedAtMs: number | undefined;
  }[];
  readonly signatures: readonly {
    readonly side: 'releasing' | 'receiving';
    readonly party: string;
    readonly person: string;
    /** The account that signed: a name may be somebody else's, too. */
    readonly by: string;
    readonly atMs: number;
    readonly recordId: string;
  }[];
}

/** Ended before its date, and why. */
export interface Revocation {
  readonly atMs: number;
  readonly reason: string;
}
export type NotApplicableState = ActPayload<'not-applicable-approved'> &
  Recorded & { readonly revoked: Revocation | undefined };
export type ExceptionState = Omit<ActPayload<'exception-requested'>, 'toMs'> &
  Recorded & {
    /** The account that asked: who approves is another one. */
    readonly requestedBy: string;
    readonly approver: string | undefined;
    readonly approvedAtMs: number | undefined;
    readonly approvedRecordId: string | undefined;
    readonly revoked: Revocation | undefined;
  };
export type RiskState = ActPayload<'risk-recorded'> &
  Recorded & {
    readonly version: number;
    readonly log: readonly { readonly atMs: number; readonly person: string; readonly note: string }[];
  };
export type PoamState = ActPayload<'poam-item-opened'> &
  Recorded & {
    readonly status: ActPayload<'poam-item-updated'>['status'];
    readonly log: readonly {
      readonly atMs: number;
      readonly by: string;
      readonly status: string;
      readonly note: string;
    }[];
  };
export type AnnotationState = ActPayload<'control-annotated'> & Recorded;
export type CommentState = ActPayload<'comment-added'> & {
  readonly atMs: number;
  readonly by: string;
  readonly recordId: string;
};
export type SnapshotState = ActPayload<'snapshot-taken'> &
  Recorded & {
    readonly takenAtMs: number;
    readonly acknowledgements: readonly {
      readonly party: string;
      readonly person: string;
      readonly atMs: number;
    }[];
  };
export type FrameworkState = ActPayload<'framework-imported'> & Recorded;
export type MappingState = ActPayload<'mapping-imported'> & Recorded;

export interface Standing {
  readonly scheduleAcceptedAtMs: number | undefined;
  readonly scheduleRecordId: string | undefined;
  readonly appetite: number | undefined;
  readonly parties: ReadonlyMap<string, PartyState>;
  readonly assets: ReadonlyMap<string, AssetState>;
  readonly groups: ReadonlyMap<string, GroupState>;
  /** By `id@version`. */
  readonly standards: ReadonlyMap<string, StandardState>;
  readonly assignments: readonly AssignmentState[];
  readonly decisions: readonly DecisionState[];
  readonly claims: ReadonlyMap<string, ClaimState>;
  readonly entitlements: ReadonlyMap<string, EntitlementState>;
  readonly handovers: ReadonlyMap<string, HandoverState>;
  readonly notApplicable: ReadonlyMap<string, NotApplicableState>;
  readonly exceptions: ReadonlyMap<string, ExceptionState>;
  readonly risks: ReadonlyMap<string, RiskState>;
  readonly poam: ReadonlyMap<string, PoamState>;
  /** By `control scope`. */
  readonly annotations: ReadonlyMap<string, AnnotationState>;
  readonly comments: readonly CommentState[];
  readonly snapshots: ReadonlyMap<string, SnapshotState>;
  readonly frameworks: ReadonlyMap<string, FrameworkState>;
  /** By `source target`. */
  readonly mappings: ReadonlyMap<string, MappingState>;
}

export function inForce({ fromMs, toMs }: Interval, t: number): boolean {
  return fromMs <= t && t < (toMs ?? Number.POSITIVE_INFINITY);
}

export const scopeKey = (scope: Scope): string =>
  scope.kind === 'tenant'
    ? 'tenant'
    : scope.kind === 'group'
      ? `group:${scope.groupId}`
      : `asset:${scope.assetId}`;

/** What the claim's parties last said of it at `t`. */
export function standingOf(claim: ClaimState, t: number): ClaimState['history'][number] | undefined {
  return claim.history.findLast(({ atMs }) => atMs <= t);
}

export interface Affected {
  /** The controls of which a decision says who has them. */
  readonly controlsOfDecision: (decisionId: string) => readonly string[];
}

export function replay(acts: readonly Act[], affected: Affected): Standing {
  const replaying = new Replay(affected);
  for (const act of acts) replaying.apply(act);
  return replaying.standing;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Appliers = {
  [Name in ActName]: (payload: ActPayload<Name>, dated: Recorded & { readonly actor: string }) => void;
};

/** Acts that name what does not exist say nothing: the ledger refuses them before they are written. */
export class Replay {
  readonly #parties = new Map<string, PartyState>();
  readonly #assets = new Map<string, AssetState>();
  readonly #groups = new Map<string, GroupState>();
  readonly #standards = new Map<string, StandardState>();
  readonly #assignments: AssignmentState[] = [];
  readonly #decisions: DecisionState[] = [];
  readonly #claims = new Map<string, ClaimState>();
  readonly #entitlements = new Map<string, EntitlementState>();
  readonly #handovers = new Map<string, HandoverState>();
  readonly #notApplicable = new Map<string, NotApplicableState>();
  readonly #exceptions = new Map<string, ExceptionState>();
  readonly #risks = new Map<string, RiskState>();
  readonly #poam = new Map<string, PoamState>();
  readonly #annotations = new Map<string, AnnotationState>();
  readonly #comments: CommentState[] = [];
  readonly #snapshots = new Map<string, SnapshotState>();
  readonly #frameworks = new Map<string, FrameworkState>();
  readonly #mappings = new Map<string, MappingState>();
  readonly #appliers: Appliers;
  readonly #standing: Mutable<Standing>;

  constructor({ controlsOfDecision }: Affected) {
    this.#standing = {
      scheduleAcceptedAtMs: undefined,
      scheduleRecordId: undefined,
      appetite: undefined,
      parties: this.#parties,
      assets: this.#assets,
      groups: this.#groups,
      standards: this.#standards,
      assignments: this.#assignments,
      decisions: this.#decisions,
      claims: this.#claims,
      entitlements: this.#entitlements,
      handovers: this.#handovers,
      notApplicable: this.#notApplicable,
      exceptions: this.#exceptions,
      risks: this.#risks,
      poam: this.#poam,
      annotations: this.#annotations,
      comments: this.#comments,
      snapshots: this.#snapshots,
      frameworks: this.#frameworks,
      mappings: this.#mappings,
    };
    this.#appliers = {
      ...this.#inventory(),
      ...this.#standardsOfAssets(),
      ...this.#claiming(controlsOfDecision),
      ...this.#services(),
      ...this.#handovers_(),
      ...this.#overlays(),
      ...this.#riskRegister(),
      ...this.#workbook(),
    };
  }

  get standing(): Standing {
    return this.#standing;
  }

  apply(act: Act): void {
    const { name, payload, atMs: fromMs, actor, recordId } = act;
    const applier = this.#appliers[name] as (payload: unknown, dated: Recorded & { actor: string }) => void;
    applier(payload, { fromMs, toMs: undefined, actor, recordId });
  }

  #inventory() {
    return {
      'schedule-accepted': (_payload, { fromMs, recordId }) => {
        this.#standing.scheduleAcceptedAtMs ??= fromMs;
        this.#standing.scheduleRecordId ??= recordId;
      },
      'party-registered': (payload, dated) =>
        void this.#parties.set(payload.partyId, {
          ...payload,
          contact: payload.contact ?? '',
          ...plain(dated),
        }),
      'party-retired': ({ partyId }, dated) => end(this.#parties, partyId, dated.fromMs),
      'asset-declared': (payload, dated) => {
        // A change of name or labels is not a new asset: it exists from its first declaration.
        const fromMs = this.#assets.get(payload.assetId)?.fromMs ?? dated.fromMs;
        this.#assets.set(payload.assetId, { ...payload, ...plain(dated), fromMs });
      },
      'asset-retired': ({ assetId }, dated) => end(this.#assets, assetId, dated.fromMs),
      'group-defined': (payload, dated) =>
        void this.#groups.set(payload.groupId, { ...payload, ...plain(dated) }),
      'group-removed': ({ groupId }, dated) => end(this.#groups, groupId, dated.fromMs),
    } satisfies Partial<Appliers>;
  }

  #standardsOfAssets() {
    return {
      'standard-published': ({ toMs, ...payload }, dated) =>
        void this.#standards.set(`${payload.standardId}@${payload.version}`, {
          ...payload,
          ...plain(dated),
          toMs,
        }),
      'standard-assigned': ({ toMs, ...payload }, dated) => {
        endLast(
          this.#assignments,
          (other) =>
            other.standardId === payload.standardId && scopeKey(other.scope) === scopeKey(payload.scope),
          dated.fromMs,
        );
        this.#assignments.push({ ...payload, ...plain(dated), toMs });
      },
      'standard-retired': ({ standardId, version }, { fromMs }) =>
        end(this.#standards, `${standardId}@${version}`, fromMs),
      'standard-withdrawn': ({ standardId, scope }, { fromMs }) =>
        void endLast(
          this.#assignments,
          (other) => other.standardId === standardId && scopeKey(other.scope) === scopeKey(scope),
          fromMs,
        ),
    } satisfies Partial<Appliers>;
  }

  #claiming(controlsOfDecision: Affected['controlsOfDecision']) {
    const says = (
      {
        claimId,
        party,
        person,
        reason = '',
      }: Pick<ActPayload<'claim-accepted'>, 'claimId' | 'party' | 'person'> & {
        readonly reason?: string;
      },
      standing: ClaimStanding,
      { fromMs: atMs, recordId }: Recorded,
    ): void =>
      change(this.#claims, claimId, (claim) => ({
        ...claim,
        history: [...claim.history, { standing, atMs, by: person, party, reason, recordId }],
      }));
    const propose = (
      claim: Omit<ClaimState, 'fromMs' | 'recordId' | 'history'>,
      fromMs: number | undefined,
      dated: Recorded & { readonly actor: string },
    ): void => {
      const first = {
        standing: 'proposed',
        atMs: dated.fromMs,
        by: dated.actor,
        party: claim.proposer,
        reason: claim.reason,
        recordId: dated.recordId,
      } as const;
      this.#claims.set(claim.claimId, {
        ...plain(dated),
        ...claim,
        fromMs: Math.max(fromMs ?? dated.fromMs, dated.fromMs),
        history: [first],
      });
    };
    return {
      'decision-recorded': ({ toMs, fromMs: later, claimId: named, ...payload }, dated) => {
        const here = `${payload.decisionId}@${scopeKey(payload.scope)}`;
        const fromMs = Math.max(later ?? dated.fromMs, dated.fromMs);
        const earlier = endLast(
          this.#decisions,
          (other) => `${other.decisionId}@${scopeKey(other.scope)}` === here,
          fromMs,
        );
        if (earlier?.claimId !== undefined) end(this.#claims, earlier.claimId, fromMs);
        const { party, duties, scope, answer } = payload;
        const claimId = party === undefined ? undefined : (named ?? `${here}#${dated.recordId}`);
        this.#decisions.push({ ...payload, ...plain(dated), fromMs, toMs, claimId, decidedBy: dated.actor });
        if (party === undefined || claimId === undefined) return;
        const controls = controlsOfDecision(payload.decisionId);
        propose(
          {
            claimId,
            controls,
            duties,
            party,
            scope,
            kind: 'assign',
            source: 'operating-model',
            reason: answer,
            proposer: 'customer',
            toMs,
          },
          fromMs,
          dated,
        );
      },
      'claim-proposed': ({ fromMs, ...payload }, dated) =>
        propose({ toMs: undefined, proposer: undefined, ...payload }, fromMs, dated),
      // Nobody has what they have not accepted: another's word is no acceptance.
      'claim-accepted': (payload, dated) => {
        if (this.#claims.get(payload.claimId)?.party === payload.party) says(payload, 'accepted', dated);
      },
      'claim-declined': (payload, dated) => says(payload, 'declined', dated),
      'claim-disputed': (payload, dated) => says(payload, 'disputed', dated),
      'claim-dispute-withdrawn': (payload, dated) => {
        const { history = [] } = this.#claims.get(payload.claimId) ?? {};
        const before = history.findLast(({ standing }) => standing !== 'disputed');
        if (before !== undefined) says(payload, before.standing, dated);
      },
      'claim-ended': ({ claimId }, dated) => end(this.#claims, claimId, dated.fromMs),
    } satisfies Partial<Appliers>;
  }

  #services() {
    const ofAsset = (entitlementId: string, assetId: string, changes: Partial<EntitledAsset>): void =>
      change(this.#entitlements, entitlementId, (known) => ({
        ...known,
        assets: new Map(known.assets).set(assetId, {
          ...(known.assets.get(assetId) ?? unseen(assetId)),
          ...changes,
        }),
      }));
    return {
      'service-bought': ({ assetIds, scope, unit, toMs, prerequisites, ...payload }, dated) =>
        void this.#entitlements.set(payload.entitlementId, {
          ...payload,
          ...plain(dated),
          toMs,
          scope,
          unit,
          prerequisites,
          notice: undefined,
          endedBecause: undefined,
          assets: new Map(assetIds.map((assetId) => [assetId, unseen(assetId)])),
        }),
      'prerequisite-confirmed': ({ entitlementId, prerequisite }) =>
        change(this.#entitlements, entitlementId, (known) => ({
          ...known,
          prerequisites:
            known.prerequisites === undefined
              ? undefined
              : [...new Set([...known.prerequisites, prerequisite])],
        })),
      'service-operational': ({ entitlementId, assetId, evidenceId }, { fromMs }) => {
        const known = this.#entitlements.get(entitlementId)?.assets.get(assetId);
        // The first one counts: what moved has moved.
        if (known?.operationalAtMs !== undefined) return;
        ofAsset(entitlementId, assetId, { operationalAtMs: fromMs, evidenceId });
      },
      'service-notice-given': ({ entitlementId, endsAtMs, reason }, { fromMs: atMs }) =>
        change(this.#entitlements, entitlementId, (known) => ({
          ...known,
          notice: { atMs, endsAtMs, reason, confirmedAtMs: undefined },
        })),
      'service-notice-withdrawn': ({ entitlementId }, { fromMs }) => {
        change(this.#entitlements, entitlementId, (known) => ({ ...known, notice: undefined }));
        for (const { handoverId, direction, ...handover } of this.#handovers.values())
          if (handover.entitlementId === entitlementId && direction === 'offboarding')
            end(this.#handovers, handoverId, fromMs);
      },
      'service-end-confirmed': ({ entitlementId }, { fromMs: confirmedAtMs }) =>
        change(this.#entitlements, entitlementId, (known) => ({
          ...known,
          notice: known.notice === undefined ? undefined : { ...known.notice, confirmedAtMs },
        })),
      'service-cancelled': ({ entitlementId, reason, handoverId }, { fromMs }) => {
        // Confirmed for a date to come, and then the notice was withdrawn.
        const withdrawnAtMs = this.#handovers.get(handoverId ?? '')?.toMs;
        if (withdrawnAtMs !== undefined && withdrawnAtMs <= fromMs) return;
        change(this.#entitlements, entitlementId, (known) => ({
          ...known,
          toMs: Math.max(known.fromMs, Math.min(fromMs, known.toMs ?? Number.POSITIVE_INFINITY)),
          endedBecause: reason,
        }));
      },
      'handback-accepted': ({ entitlementId, assetId }, { fromMs }) => {
        // What has not ended gives nothing back: an acceptance of it would count for an end that nobody knew of.
        const endedAtMs = this.#entitlements.get(entitlementId)?.toMs;
        if (endedAtMs !== undefined && endedAtMs <= fromMs)
          ofAsset(entitlementId, assetId, { handbackAcceptedAtMs: fromMs });
      },
    } satisfies Partial<Appliers>;
  }

  #handovers_() {
    const ofItem = (handoverId: string, itemId: string, with_: (item: HandoverItem) => HandoverItem): void =>
      change(this.#handovers, handoverId, (known) => ({
        ...known,
        items: known.items.map((item) => (item.itemId === itemId ? with_(item) : item)),
      }));
    return {
      'handover-opened': ({ items, checklist, ...payload }, dated) =>
        void this.#handovers.set(payload.handoverId, {
          ...payload,
          ...plain(dated),
          items: items.map((item) => unsettled(item, dated.fromMs)),
          checklist: checklist.map((item) => ({ ...item, checkedBy: undefined, checkedAtMs: undefined })),
          signatures: [],
        }),
      'handover-item-settled': (
        { handoverId, itemId, taker, acceptedBy, riskAcceptedUntilMs, person },
        { fromMs },
      ) =>
        ofItem(handoverId, itemId, (item) => ({
          ...item,
          taker,
          riskAcceptedUntilMs,
          settledBy: person,
          settledAtMs: fromMs,
          acceptedBy,
          acceptedAtMs: acceptedBy === undefined ? undefined : fromMs,
        })),
      'handover-item-accepted': ({ handoverId, itemId, party, person }, { fromMs }) =>
        ofItem(handoverId, itemId, (item) =>
          // The first acceptance counts, and nobody's but the taker's.
          item.taker !== party || item.acceptedAtMs !== undefined
            ? item
            : { ...item, acceptedBy: person, acceptedAtMs: fromMs },
        ),
      'handover-item-checked': ({ handoverId, itemId, person }, { fromMs }) =>
        change(this.#handovers, handoverId, (known) => ({
          ...known,
          checklist: known.checklist.map((item) =>
            item.itemId === itemId ? { ...item, checkedBy: person, checkedAtMs: fromMs } : item,
          ),
        })),
      'handover-signed': ({ handoverId, side, party, person }, { fromMs: atMs, recordId, actor: by }) =>
        change(this.#handovers, handoverId, (known) => ({
          ...known,
          signatures: [
            ...known.signatures.filter((other) => other.side !== side),
            { side, party, person, by, atMs, recordId },
          ],
        })),
    } satisfies Partial<Appliers>;
  }

  #overlays() {
    return {
      'not-applicable-approved': (payload, dated) =>
        void this.#notApplicable.set(payload.approvalId, {
          ...payload,
          ...plain(dated),
          toMs: payload.reviewAtMs,
          revoked: undefined,
        }),
      'not-applicable-revoked': ({ approvalId, reason }, { fromMs }) =>
        revoke(this.#notApplicable, approvalId, fromMs, reason),
      'exception-requested': ({ toMs, ...payload }, dated) =>
        void this.#exceptions.set(payload.exceptionId, {
          ...payload,
          ...plain(dated),
          toMs,
          requestedBy: dated.actor,
          approver: undefined,
          approvedAtMs: undefined,
          approvedRecordId: undefined,
          revoked: undefined,
        }),
      'exception-approved': ({ exceptionId, approver }, { fromMs, recordId }) =>
        change(this.#exceptions, exceptionId, (known) => ({
          ...known,
          approver,
          approvedAtMs: fromMs,
          approvedRecordId: recordId,
        })),
      'exception-revoked': ({ exceptionId, reason }, { fromMs }) =>
        revoke(this.#exceptions, exceptionId, fromMs, reason),
    } satisfies Partial<Appliers>;
  }

  #riskRegister() {
    return {
      'risk-recorded': (payload, dated) => {
        const known = this.#risks.get(payload.riskId);
        this.#risks.set(payload.riskId, {
          ...payload,
          ...plain(dated),
          fromMs: known?.fromMs ?? dated.fromMs,
          version: (known?.version ?? 0) + 1,
          log: known?.log ?? [],
        });
      },
      'risk-reviewed': ({ riskId, person, note, reviewAtMs }, { fromMs: atMs }) =>
        change(this.#risks, riskId, (known) => ({
          ...known,
          ...(reviewAtMs === undefined ? {} : { reviewAtMs }),
          log: [...known.log, { atMs, person, note }],
        })),
      'risk-closed': ({ riskId, reason, person }, { fromMs: atMs, actor }) => {
        change(this.#risks, riskId, (known) => ({
          ...known,
          log: [...known.log, { atMs, person: person ?? actor, note: `closed: ${reason}` }],
        }));
        end(this.#risks, riskId, atMs);
      },
      'appetite-set': ({ score }) => {
        this.#standing.appetite = score;
      },
      'poam-item-opened': (payload, dated) =>
        void this.#poam.set(payload.poamId, { ...payload, ...plain(dated), status: 'open', log: [] }),
      'poam-item-updated': ({ poamId, status, note, person }, { fromMs: atMs, actor }) =>
        change(this.#poam, poamId, (known) => ({
          ...known,
          status,
          toMs: status === 'done' ? atMs : undefined,
          log: [...known.log, { atMs, by: person ?? actor, status, note }],
        })),
    } satisfies Partial<Appliers>;
  }

  #workbook() {
    return {
      'control-annotated': (payload, dated) => {
        const key = `${payload.controlId} ${scopeKey(payload.scope)}`;
        this.#annotations.set(key, { ...this.#annotations.get(key), ...payload, ...plain(dated) });
      },
      'comment-added': (payload, { fromMs: atMs, actor, recordId }) =>
        void this.#comments.push({ ...payload, atMs, by: payload.person ?? actor, recordId }),
      'snapshot-taken': (payload, dated) =>
        void this.#snapshots.set(payload.snapshotId, {
          ...payload,
          ...plain(dated),
          takenAtMs: dated.fromMs,
          acknowledgements: [],
        }),
      'snapshot-acknowledged': ({ snapshotId, party, person }, { fromMs: atMs }) =>
        change(this.#snapshots, snapshotId, (known) => ({
          ...known,
          acknowledgements: [...known.acknowledgements, { party, person, atMs }],
        })),
      'framework-imported': (payload, dated) =>
        void this.#frameworks.set(payload.frameworkId, { ...payload, ...plain(dated) }),
      'framework-removed': ({ frameworkId }, dated) => {
        end(this.#frameworks, frameworkId, dated.fromMs);
        // What maps to something that is gone maps to nothing.
        for (const [key, { sourceFrameworkId, targetFrameworkId }] of this.#mappings)
          if (sourceFrameworkId === frameworkId || targetFrameworkId === frameworkId)
            end(this.#mappings, key, dated.fromMs);
      },
      'mapping-imported': (payload, dated) =>
        void this.#mappings.set(`${payload.sourceFrameworkId} ${payload.targetFrameworkId}`, {
          ...payload,
          ...plain(dated),
        }),
    } satisfies Partial<Appliers>;
  }
}

const unseen = (assetId: string): EntitledAsset => ({
  assetId,
  operationalAtMs: undefined,
  evidenceId: undefined,
  handbackAcceptedAtMs: undefined,
});

/** As it is opened: the tier's party has said yes by offering it; all others are asked. */
export function unsettled(
  { to, ...item }: ActPayload<'handover-opened'>['items'][number],
  atMs: number,
): HandoverItem {
  return {
    ...item,
    taker: to,
    acceptedBy: to === undefined ? undefined : `${to}, by offering the tier`,
    acceptedAtMs: to === undefined ? undefined : atMs,
    riskAcceptedUntilMs: undefined,
    settledBy: undefined,
    settledAtMs: undefined,
  };
}

const plain = ({ fromMs, toMs, recordId }: Recorded): Recorded => ({ fromMs, toMs, recordId });

function change<T>(map: Map<string, T>, key: string, with_: (known: T) => T): void {
  const known = map.get(key);
  if (known !== undefined) map.set(key, with_(known));
}

/** What ends twice ended the first time. */
function end<T extends Interval>(map: Map<string, T>, key: string, atMs: number): void {
  // What ends before it began never held: an empty interval, not one that runs backwards.
  change(map, key, (known) => ({
    ...known,
    toMs: Math.max(known.fromMs, Math.min(atMs, known.toMs ?? Number.POSITIVE_INFINITY)),
  }));
}

/** The first time counts, and only before it ended by itself. */
function revoke<T extends Interval & { readonly revoked: Revocation | undefined }>(
  map: Map<string, T>,
  key: string,
  atMs: number,
  reason: string,
): void {
  change(map, key, (known) =>
    inForce(known, atMs) ? { ...known, toMs: atMs, revoked: { atMs, reason } } : known,
  );
}

/** Returns what it ended. */
function endLast<T extends Interval>(list: T[], is: (item: T) => boolean, atMs: number): T | undefined {
  const at = list.findLastIndex((item) => is(item) && (item.toMs === undefined || item.toMs > atMs));
  const found = list[at];
  if (found !== undefined) list[at] = { ...found, toMs: atMs };
  return found;
}
