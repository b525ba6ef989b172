/** What was registered, claimed, decided and kept, as lists. */
import type {
  Claim,
  Group,
  InventoryAsset,
  Party,
  Question,
  Snapshot,
} from '@demarc/platform/contract/assurance/responsibility';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import { Population } from '../../evaluation/population.ts';
import { type ClaimState, inForce, type Standing, standingOf } from '../../model/standing.ts';
import { scopeName } from './words.ts';

const HISTORY_MAX = 1_000;
const BUILT_IN = [
  ['provider', 'Provider', 'organization'],
  ['customer', 'Customer', 'organization'],
  ['ams', 'AMS team', 'team'],
] as const;

/** What is asked at an instant. */
/** Of what is being looked at; it goes on changing, so nothing of it may be kept. */
export const standsAt = ({ world: { standing }, t }: Evaluation): At => ({ standing, asOfMs: t });

export interface At {
  readonly standing: Standing;
  readonly asOfMs: number;
}
/** Whether whoever asks speaks for a party. */
export type Voice = (party: string) => boolean;

export function partiesOf({ standing, asOfMs }: At, speaksFor: Voice): readonly Party[] {
  const registered = [...standing.parties.values()].filter((party) => inForce(party, asOfMs));
  return [
    ...BUILT_IN.map(([partyId, name, kind]) => ({
      partyId,
      name,
      kind,
      role: partyId,
      contact: '',
      builtIn: true,
      since: null,
      yours: speaksFor(partyId),
    })),
    ...registered.map(({ partyId, name, kind, role, contact, fromMs }) => ({
      partyId,
      name,
      kind,
      role,
      contact,
      builtIn: false,
      since: instant(fromMs),
      yours: speaksFor(partyId),
    })),
  ];
}

export function groupsOf({ standing, asOfMs }: At): readonly Group[] {
  const population = new Population(standing, asOfMs);
  return [...standing.groups.values()]
    .filter((group) => inForce(group, asOfMs))
    .map(({ groupId, name, priority, labels, fromMs }) => ({
      groupId,
      name,
      priority,
      labels,
      assetCount: population.assets.filter(
        (asset) => population.covers({ kind: 'group', groupId }, asset) !== undefined,
      ).length,
      since: instant(fromMs),
    }));
}

export function assetsOf({ standing, asOfMs }: At): readonly InventoryAsset[] {
  const population = new Population(standing, asOfMs);
  const groups = [...standing.groups.values()].filter((group) => inForce(group, asOfMs));
  return population.assets.map((asset) => ({
    ...asset,
    labels: { ...asset.labels },
    groups: groups
      .filter(({ groupId }) => population.covers({ kind: 'group', groupId }, asset) !== undefined)
      .map(({ groupId }) => groupId),
  }));
}

/** Newest first, those that ended among them. */
export function claimsOf({ standing, asOfMs }: At, speaksFor: Voice): readonly Claim[] {
  return [...standing.claims.values()]
    .map((claim) => claimShown(claim, standing, asOfMs, speaksFor))
    .reverse();
}

function claimShown(claim: ClaimState, standing: Standing, t: number, speaksFor: Voice): Claim {
  const state = claimStateAt(claim, t);
  const proposer = claim.proposer ?? null;
  return {
    claimId: claim.claimId,
    controls: [...claim.controls],
    duties: [...claim.duties],
    party: claim.party,
    scope: claim.scope,
    about: scopeName(claim.scope, standing),
    kind: claim.kind,
    source: claim.source,
    reason: claim.reason,
    proposer,
    state,
    since: instant(state === 'ended' ? (claim.toMs ?? t) : (standingOf(claim, t)?.atMs ?? claim.fromMs)),
    from: instant(claim.fromMs),
    to: claim.toMs === undefined ? null : instant(claim.toMs),
    recordId: standingOf(claim, t)?.recordId ?? claim.recordId,
    history: claim.history
      .slice(-HISTORY_MAX)
      .map(({ standing: said, atMs, by, party, reason, recordId }) => ({
        standing: said,
        at: instant(atMs),
        by,
        party: party ?? null,
        reason,
        recordId,
      })),
    says: sayings(claim, state, t).filter(({ party }) => speaksFor(party)),
  };
}

function claimStateAt(claim: ClaimState, t: number): Claim['state'] {
  if (claim.toMs !== undefined && claim.toMs <= t) return 'ended';
  return standingOf(claim, t)?.standing ?? 'proposed';
}

/** As the commands would allow; the present owner may dispute, too, which the command finds out. */
function sayings(claim: ClaimState, state: Claim['state'], t: number): Claim['says'] {
  const proposer = claim.proposer ?? claim.party;
  const disputing = [...new Set([claim.party, proposer, 'customer'])];
  const ending = [...new Set([proposer, ...(claim.party === 'customer' ? [] : ['customer'])])].map(
    (party) => ({ saying: 'end' as const, party }),
  );
  switch (state) {
    case 'proposed':
      return [
        { saying: 'accept', party: claim.party },
        { saying: 'decline', party: claim.party },
        ...disputing.map((party) => ({ saying: 'dispute' as const, party })),
        ...ending,
      ];
    case 'accepted':
      return [...disputing.map((party) => ({ saying: 'dispute' as const, party })), ...ending];
    case 'disputed': {
      const by = standingOf(claim, t)?.party;
      return [
        ...(by === undefined ? [] : [{ saying: 'withdraw' as const, party: by }]),
        { saying: 'decline', party: claim.party },
        ...ending,
      ];
    }
    case 'declined':
    case 'ended':
      return [];
  }
}

/** The catalogue's questions, each with the answers that hold or are to hold. */
export function questionsOf(catalogue: Catalogue, { standing, asOfMs }: At): readonly Question[] {
  return catalogue.decisions.map((question) => ({
    decisionId: question.id,
    question: question.question,
    typicalAnswers: question.typical_answers,
    suggested: question.suggested_default,
    usualScope: question.scope,
    controls: question.affects.map((controlId) => ({
      controlId,
      title: catalogue.controls.get(controlId)?.title ?? '',
    })),
    answers: standing.decisions
      .filter(({ decisionId, toMs }) => decisionId === question.id && (toMs === undefined || toMs > asOfMs))
      .map(({ answer, scope, party, duties, fromMs, toMs, decidedBy, recordId, claimId }) => {
        const claim = claimId === undefined ? undefined : standing.claims.get(claimId);
        return {
          answer,
          scope,
          about: scopeName(scope, standing),
          party: party ?? null,
          duties: [...duties],
          from: instant(fromMs),
          to: toMs === undefined ? null : instant(toMs),
          by: decidedBy,
          recordId,
          claimId: claimId ?? null,
          standing: claim === undefined ? ('none' as const) : claimStateAt(claim, asOfMs),
        };
      }),
  }));
}

/** Newest first. */
export function snapshotsOf({
  standing,
  asOfMs,
}: Pick<Assessment, 'standing' | 'asOfMs'>): readonly Snapshot[] {
  return [...standing.snapshots.values()]
    .filter((snapshot) => inForce(snapshot, asOfMs))
    .map((snapshot) => ({
      snapshotId: snapshot.snapshotId,
      asOf: instant(snapshot.asOfMs),
      knownAt: instant(snapshot.knownAtMs),
      takenAt: instant(snapshot.takenAtMs),
      digest: snapshot.digest,
      purpose: snapshot.purpose ?? ('agreement' as const),
      duties: snapshot.duties ?? null,
      acknowledgements: snapshot.acknowledgements.map(({ party, person, atMs }) => ({
        party,
        person,
        at: instant(atMs),
      })),
      recordId: snapshot.recordId,
    }))
    .reverse();
}
