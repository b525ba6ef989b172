/**
 * Claims: who says that a party is to have duties, and what the parties say to it. Nobody has what they have not
 * accepted, and only the party that a claim names can accept it.
 *
 * Whether the account speaks for `party` is for the caller to know (`speaksFor`); what the party may do is
 * decided here.
 */
import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { Control } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import { movedTo, selects } from '../evaluation/duties.ts';
import type { ActPayload, Scope } from '../model/acts.ts';
import { type ClaimStanding, type ClaimState, inForce, standingOf } from '../model/standing.ts';
import { claimErrors } from './claims-errors.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { knownParty } from './services.ts';

export interface Proposal {
  readonly controls: readonly string[];
  readonly duties: readonly Duty[];
  readonly party: string;
  readonly scope: Scope;
  readonly kind: 'assign' | 'carve-out';
  readonly source: ActPayload<'claim-proposed'>['source'];
  readonly reason: string;
  /** The party on whose behalf it is proposed; a proposal for oneself is accepted with it. */
  readonly proposer: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** What a party says of a claim. */
export interface Say {
  readonly claimId: string;
  readonly party: string;
  readonly reason: string;
}

/**
 * @throws ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID, CLAIM_CONTROL_UNKNOWN, CLAIM_SCOPE_UNKNOWN, CLAIM_FLOOR,
 *   CLAIM_CARVE_OUT_BY_SERVICE
 */
export function proposeClaim(
  proposal: Proposal,
): Command<{ readonly claimId: string; readonly accepted: boolean }> {
  return (context) => {
    const { fromMs, toMs, ...rest } = proposal;
    knownParty(context, proposal.party);
    knownParty(context, proposal.proposer);
    knownScope(context, proposal.scope);
    checkDates(context, proposal);
    const controls = selected(context, proposal.controls);
    refuseFloor(proposal.controls, controls);
    if (proposal.kind === 'carve-out') refuseCarveOutByService(context, proposal, controls);
    const claimId = context.newId();
    const payload = {
      ...rest,
      claimId,
      controls: [...proposal.controls],
      duties: DUTIES.filter((duty) => proposal.duties.includes(duty)),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    const accepted = proposal.party === proposal.proposer;
    const person = context.actor;
    return {
      acts: [
        act(context, 'claim-proposed', payload),
        ...(accepted ? [act(context, 'claim-accepted', { claimId, party: proposal.party, person })] : []),
      ],
      result: { claimId, accepted },
      says: `a claim was proposed to ${proposal.party}`,
    };
  };
}

/** @throws CLAIM_UNKNOWN, CLAIM_NOT_THEIRS, CLAIM_SETTLED */
export function acceptClaim({ claimId, party }: Omit<Say, 'reason'>): Command {
  return (context) => {
    named(openClaim(context, claimId, ['proposed'], 'accept it'), party, 'accept it');
    return {
      acts: [act(context, 'claim-accepted', { claimId, party, person: context.actor })],
      result: undefined,
      says: `${party} accepted a claim`,
    };
  };
}

/** @throws CLAIM_UNKNOWN, CLAIM_NOT_THEIRS, CLAIM_SETTLED */
export function declineClaim({ claimId, party, reason }: Say): Command {
  return (context) => {
    named(openClaim(context, claimId, ['proposed', 'disputed'], 'decline it'), party, 'decline it');
    return {
      acts: [act(context, 'claim-declined', { claimId, party, person: context.actor, reason })],
      result: undefined,
      says: `${party} declined a claim`,
    };
  };
}

/**
 * By a party of the claim, by the customer, whose estate it is, or by one that has one of its duties now. While it
 * lasts, they are contested.
 *
 * @throws CLAIM_UNKNOWN, CLAIM_NOT_THEIRS, CLAIM_SETTLED
 */
export function disputeClaim({ claimId, party, reason }: Say): Command {
  return (context) => {
    const claim = openClaim(context, claimId, ['proposed', 'accepted'], 'dispute it');
    const ofClaim = [claim.party, claim.proposer, 'customer'].includes(party);
    if (!ofClaim && !ownsSome(context, claim, party))
      throw claimErrors.make('CLAIM_NOT_THEIRS', { partyId: party, doing: 'dispute this claim' });
    return {
      acts: [act(context, 'claim-disputed', { claimId, party, person: context.actor, reason })],
      result: undefined,
      says: `${party} disputes a claim`,
    };
  };
}

/** By who disputed it, and nobody else. @throws CLAIM_UNKNOWN, CLAIM_NOT_THEIRS, CLAIM_SETTLED */
export function withdrawDispute({ claimId, party, reason }: Say): Command {
  return (context) => {
    const claim = openClaim(context, claimId, ['disputed'], 'withdraw a dispute');
    if (standingOf(claim, context.nowMs)?.party !== party)
      throw claimErrors.make('CLAIM_NOT_THEIRS', { partyId: party, doing: 'withdraw this dispute' });
    return {
      acts: [act(context, 'claim-dispute-withdrawn', { claimId, party, person: context.actor, reason })],
      result: undefined,
      says: `${party} withdrew a dispute`,
    };
  };
}

/**
 * By who proposed it, or by the customer, whose estate it is. Who accepted what another proposed cannot shed it
 * alone: they dispute it, or the other side ends it.
 *
 * @throws CLAIM_UNKNOWN, CLAIM_NOT_THEIRS, CLAIM_SETTLED, ASSURANCE_DATE_INVALID
 */
export function endClaim({ claimId, party, reason, atMs }: Say & { readonly atMs?: number }): Command {
  return (context) => {
    const claim = openClaim(context, claimId, ['proposed', 'accepted', 'disputed'], 'end it');
    const ofCustomer = party === 'customer' && claim.party !== 'customer';
    if (party !== (claim.proposer ?? claim.party) && !ofCustomer)
      throw claimErrors.make('CLAIM_NOT_THEIRS', { partyId: party, doing: 'end this claim' });
    if (atMs !== undefined && atMs < context.nowMs)
      throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'a claim cannot end in the past' });
    return {
      acts: [act(context, 'claim-ended', { claimId, reason }, atMs)],
      result: undefined,
      says: `${party} ended a claim`,
    };
  };
}

export interface Answer {
  readonly decisionId: string;
  readonly answer: string;
  readonly scope: Scope;
  readonly party?: string;
  readonly duties: readonly Duty[];
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Parties that the account speaks for: an answer that names one of them is accepted with it. */
  readonly speaksFor: readonly string[];
}

/**
 * An answer to one of the catalogue's operating-model questions, in the place of the one that was given for the
 * same scope. Where it names a party, it is a claim to that party on the controls that the question affects.
 *
 * @throws DECISION_UNKNOWN, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID, CLAIM_SCOPE_UNKNOWN
 */
export function recordDecision(
  answer: Answer,
): Command<{ readonly claimId: string | null; readonly accepted: boolean }> {
  return (context) => {
    const { decisionId, party, fromMs, toMs, speaksFor, duties, ...rest } = answer;
    if (!context.catalogue.decisions.some(({ id }) => id === decisionId))
      throw claimErrors.make('DECISION_UNKNOWN', { decisionId });
    if (party !== undefined) knownParty(context, party);
    knownScope(context, answer.scope);
    checkDates(context, answer);
    const claimId = party === undefined ? undefined : context.newId();
    const accepted = party !== undefined && speaksFor.includes(party);
    const payload = {
      ...rest,
      decisionId,
      duties: DUTIES.filter((duty) => duties.includes(duty)),
      ...(party === undefined ? {} : { party }),
      ...(claimId === undefined ? {} : { claimId }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    };
    const acts = [act(context, 'decision-recorded', payload)];
    if (accepted && claimId !== undefined)
      acts.push(act(context, 'claim-accepted', { claimId, party, person: context.actor }));
    return { acts, result: { claimId: claimId ?? null, accepted }, says: `${decisionId} was answered` };
  };
}

/** @throws CLAIM_UNKNOWN, CLAIM_SETTLED */
function openClaim(
  { standing, nowMs }: CommandContext,
  claimId: string,
  allowed: readonly ClaimStanding[],
  doing: string,
): ClaimState {
  const claim = standing.claims.get(claimId);
  if (claim === undefined) throw claimErrors.make('CLAIM_UNKNOWN', { claimId });
  const ended = claim.toMs !== undefined && claim.toMs <= nowMs;
  const now = standingOf(claim, nowMs)?.standing ?? 'proposed';
  if (ended || !allowed.includes(now))
    throw claimErrors.make('CLAIM_SETTLED', { claimId, standing: ended ? 'ended' : now, doing });
  return claim;
}

function named(claim: ClaimState, partyId: string, doing: string): void {
  if (claim.party !== partyId) throw claimErrors.make('CLAIM_NOT_THEIRS', { partyId, doing });
}

/** Whether a party has one duty, at least, of those that the claim is about. */
function ownsSome({ evaluation }: CommandContext, claim: ClaimState, party: string): boolean {
  for (const { control, asset } of evaluation.pairs()) {
    if (!selects(claim.controls, control) || evaluation.population.covers(claim.scope, asset) === undefined)
      continue;
    const { duties } = evaluation.cell(control, asset);
    const holds = (duty: Duty, at: number): boolean =>
      claim.duties.includes(duty) && duties[at]?.party?.split('+').includes(party) === true;
    if (DUTIES.some(holds)) return true;
  }
  return false;
}

/** @throws CLAIM_CONTROL_UNKNOWN */
function selected({ catalogue }: CommandContext, selectors: readonly string[]): readonly Control[] {
  const controls = [...catalogue.controls.values()];
  for (const selector of selectors)
    if (!controls.some((control) => selects([selector], control)))
      throw claimErrors.make('CLAIM_CONTROL_UNKNOWN', { selector });
  return controls.filter((control) => selects(selectors, control));
}

/** One that is named, or nothing but them: a claim on an area leaves those in it as they are. @throws CLAIM_FLOOR */
function refuseFloor(selectors: readonly string[], controls: readonly Control[]): void {
  const floor = controls.filter((control) => control.floor);
  const refused = floor.length === controls.length ? floor : floor.filter(({ id }) => selectors.includes(id));
  if (refused.length > 0)
    throw claimErrors.make('CLAIM_FLOOR', { controls: refused.map(({ id }) => id).join(', ') });
}

/** Nobody sheds by a carve-out what a service gives to them. @throws CLAIM_CARVE_OUT_BY_SERVICE */
function refuseCarveOutByService(
  { standing, nowMs }: CommandContext,
  { party, duties }: Proposal,
  controls: readonly Control[],
): void {
  for (const entitlement of standing.entitlements.values())
    if (
      inForce(entitlement, nowMs) &&
      controls.some((control) => duties.some((duty) => movedTo(control, duty, entitlement) === party))
    )
      throw claimErrors.make('CLAIM_CARVE_OUT_BY_SERVICE', { partyId: party });
}

/** @throws CLAIM_SCOPE_UNKNOWN */
function knownScope({ standing, evaluation, nowMs }: CommandContext, scope: Scope): void {
  if (scope.kind === 'asset' && evaluation.population.find(scope.assetId) === undefined)
    throw claimErrors.make('CLAIM_SCOPE_UNKNOWN', { scope: `asset ${scope.assetId}` });
  if (scope.kind !== 'group') return;
  const group = standing.groups.get(scope.groupId);
  if (group === undefined || !inForce(group, nowMs))
    throw claimErrors.make('CLAIM_SCOPE_UNKNOWN', { scope: `group ${scope.groupId}` });
}

/** @throws ASSURANCE_DATE_INVALID */
function checkDates(
  { nowMs }: CommandContext,
  { fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number },
): void {
  if (fromMs !== undefined && fromMs < nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', {
      because: 'nobody has a duty before they accepted it, so it cannot begin in the past',
    });
  if (toMs !== undefined && toMs <= Math.max(fromMs ?? nowMs, nowMs))
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: 'it ends before it begins' });
}
