/** Settling a hand-over: who takes each duty, what is ticked, both signatures. */
import { assuranceErrors } from '../errors.ts';
import type { ActPayload } from '../model/acts.ts';
import { type HandoverState, inForce, type Standing } from '../model/standing.ts';
import {
  everOperational,
  type HandoverSide,
  isOpen,
  isSigned,
  itemState,
  partiesOf,
} from '../rules/handover.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { handoverErrors } from './handover-errors.ts';

/** Whoever acts: by name, and for which parties an acceptance or a signature of theirs counts. */
export interface Signer {
  readonly person: string;
  speaksFor(party: string): boolean;
}

/** A taker, or until when nobody has it and the customer accepts that. */
export interface Settlement {
  /** Has it once somebody who speaks for it accepts; the one who settles, where that is them. */
  readonly taker?: string;
  readonly riskAcceptedUntilMs?: number;
}

/**
 * @param items those of the hand-over, or all that are open
 * @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_HANDOVER_CLOSED, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_PARTY_NOT_YOURS,
 *   ASSURANCE_DATE_INVALID
 */
export function settleItems(
  settling: {
    readonly handoverId: string;
    readonly items?: readonly string[];
    readonly signer: Signer;
  } & Settlement,
): Command<{ readonly settled: number; readonly proposed: number }> {
  return (context) => {
    const { handoverId, items, signer, ...settlement } = settling;
    const handover = changeable(context, handoverId);
    const entitlement = context.standing.entitlements.get(handover.entitlementId);
    const ended = entitlement?.toMs !== undefined && entitlement.toMs <= context.nowMs;
    if (handover.direction === 'onboarding')
      throw handoverErrors.make('ASSURANCE_HANDOVER_CLOSED', {
        because: 'what a purchase moves goes to the party of the tier',
      });
    const untilMs = Math.max(context.nowMs, ended ? 0 : handover.effectiveAtMs);
    const wanted = handover.items.filter((item) =>
      items === undefined ? isOpen(item, untilMs) : items.includes(item.itemId),
    );
    knows(handover, items ?? [], wanted);
    const taken = wanted.find((item) => ended && itemState(item, context.nowMs) === 'taken');
    if (taken !== undefined)
      throw handoverErrors.make('ASSURANCE_HANDOVER_CLOSED', {
        because: `${taken.taker ?? ''} has the duty to ${taken.duty} ${taken.controlId} since the service ended`,
      });
    // What somebody has agreed to is theirs, or the tenant's, to change.
    for (const item of wanted)
      if (!isOpen(item, context.nowMs) && !signer.speaksFor('customer'))
        mustSpeakFor(signer, item.taker ?? 'customer', 'change what was agreed');
    const payloads = wanted.map(({ itemId }) =>
      settled(context, handoverId, itemId, settlement, signer, untilMs),
    );
    const proposed = payloads.filter(
      ({ taker, acceptedBy }) => taker !== undefined && acceptedBy === undefined,
    );
    return {
      acts: payloads.map((payload) => act(context, 'handover-item-settled', payload)),
      result: { settled: payloads.length - proposed.length, proposed: proposed.length },
      says: 'duties of a hand-over were settled',
    };
  };
}

/**
 * A party takes what was proposed to it.
 *
 * @param items those named, or all that are proposed to a party that the signer speaks for
 * @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_HANDOVER_CLOSED, ASSURANCE_NOTHING_PROPOSED, ASSURANCE_PARTY_NOT_YOURS
 */
export function acceptItems(acceptance: {
  readonly handoverId: string;
  readonly items?: readonly string[];
  readonly signer: Signer;
}): Command<{ readonly accepted: number }> {
  return (context) => {
    const { handoverId, items, signer } = acceptance;
    const handover = changeable(context, handoverId);
    const proposed = handover.items.filter((item) => itemState(item, context.nowMs) === 'proposed');
    const wanted = proposed.filter(({ itemId, taker }) =>
      items === undefined ? signer.speaksFor(taker ?? '') : items.includes(itemId),
    );
    knows(handover, items ?? [], handover.items);
    const [first] = wanted;
    if (first === undefined) throw handoverErrors.make('ASSURANCE_NOTHING_PROPOSED', { handoverId });
    for (const { taker } of wanted) mustSpeakFor(signer, taker ?? '', 'accept its duties');
    return {
      acts: wanted.map(({ itemId, taker }) =>
        act(context, 'handover-item-accepted', {
          handoverId,
          itemId,
          party: taker ?? '',
          person: signer.person,
        }),
      ),
      result: { accepted: wanted.length },
      says: 'duties of a hand-over were accepted',
    };
  };
}

/**
 * @param items those named, or all that are not ticked
 * @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_HANDOVER_CLOSED
 */
export function checkItems(checking: {
  readonly handoverId: string;
  readonly items?: readonly string[];
  readonly signer: Signer;
}): Command<{ readonly checked: number }> {
  return (context) => {
    const { handoverId, items, signer } = checking;
    const handover = changeable(context, handoverId);
    const wanted = handover.checklist.filter(
      ({ itemId, checkedBy }) => checkedBy === undefined && (items?.includes(itemId) ?? true),
    );
    knows(handover, items ?? [], handover.checklist);
    return {
      acts: wanted.map(({ itemId }) =>
        act(context, 'handover-item-checked', { handoverId, itemId, person: signer.person }),
      ),
      result: { checked: wanted.length },
      says: 'items of a hand-over were ticked',
    };
  };
}

/**
 * Each side signs, neither for the other, once all of it is settled and ticked.
 *
 * @param party of that side; the first one that the signer speaks for where it is left out
 * @throws ASSURANCE_HANDOVER_UNKNOWN, ASSURANCE_HANDOVER_CLOSED, ASSURANCE_HANDOVER_OPEN, ASSURANCE_PARTY_NOT_YOURS,
 *   ASSURANCE_SIGNED_TWICE
 */
export function sign(signature: {
  readonly handoverId: string;
  readonly side: HandoverSide;
  readonly party?: string;
  readonly signer: Signer;
}): Command<{ readonly party: string }> {
  return (context) => {
    const { handoverId, side, signer } = signature;
    const handover = changeable(context, handoverId);
    const open = openOf(context, handover);
    if (open.length > 0) throw assuranceErrors.make('ASSURANCE_HANDOVER_OPEN', { open: open.join(', ') });
    const parties = partiesOf(handover, side);
    const other = handover.signatures.find((made) => made.side !== side);
    const party =
      signature.party ??
      parties.find((each) => signer.speaksFor(each) && each !== other?.party) ??
      parties[0] ??
      '';
    if (!parties.includes(party))
      throw handoverErrors.make('ASSURANCE_PARTY_NOT_YOURS', {
        party: parties.join(' or '),
        act: `sign for the ${side} side`,
      });
    mustSpeakFor(signer, party, `sign for the ${side} side`);
    if (other?.by === context.actor || other?.party === party)
      throw assuranceErrors.make('ASSURANCE_SIGNED_TWICE', { person: signer.person });
    return {
      acts: [act(context, 'handover-signed', { handoverId, side, party, person: signer.person })],
      result: { party },
      says: `a hand-over was signed by the ${side} side`,
    };
  };
}

/**
 * The tenant takes back what an ended service had on one asset.
 *
 * @throws ASSURANCE_HANDBACK_NOT_DUE, ASSURANCE_PARTY_NOT_YOURS
 */
export function acceptHandback(handback: {
  readonly entitlementId: string;
  readonly assetId: string;
  readonly signer: Signer;
}): Command {
  return (context) => {
    const { entitlementId, assetId, signer } = handback;
    const entitlement = context.standing.entitlements.get(entitlementId);
    const asset = entitlement?.assets.get(assetId);
    const due =
      entitlement?.toMs !== undefined &&
      entitlement.toMs <= context.nowMs &&
      asset?.operationalAtMs !== undefined &&
      asset.handbackAcceptedAtMs === undefined;
    if (!due) throw assuranceErrors.make('ASSURANCE_HANDBACK_NOT_DUE', { assetId });
    mustSpeakFor(signer, 'customer', 'take duties back');
    return {
      acts: [act(context, 'handback-accepted', { entitlementId, assetId })],
      result: undefined,
      says: 'a hand-back was accepted',
    };
  };
}

/** @throws ASSURANCE_PARTY_UNKNOWN */
export function knownParty({ standing, nowMs }: CommandContext, partyId: string): string {
  const registered = standing.parties.get(partyId);
  const built = partyId === 'provider' || partyId === 'customer' || partyId === 'ams';
  if (!built && (registered === undefined || !inForce(registered, nowMs)))
    throw assuranceErrors.make('ASSURANCE_PARTY_UNKNOWN', { partyId });
  return partyId;
}

/** The one that is open for the end of an entitlement; a withdrawn one is not. */
export function openHandover({ handovers }: Standing, entitlementId: string): HandoverState | undefined {
  return [...handovers.values()].findLast(
    (handover) =>
      handover.entitlementId === entitlementId &&
      handover.direction === 'offboarding' &&
      handover.toMs === undefined,
  );
}

/**
 * @param untilMs an acceptance that nobody has a duty reaches beyond this instant, or it would be open at the end
 * @throws ASSURANCE_PARTY_UNKNOWN, ASSURANCE_PARTY_NOT_YOURS, ASSURANCE_DATE_INVALID
 */
export function settled(
  context: CommandContext,
  handoverId: string,
  itemId: string,
  { taker, riskAcceptedUntilMs }: Settlement,
  signer: Signer,
  untilMs: number,
): ActPayload<'handover-item-settled'> {
  const { person } = signer;
  if (taker !== undefined)
    return {
      handoverId,
      itemId,
      person,
      taker: knownParty(context, taker),
      ...(signer.speaksFor(taker) ? { acceptedBy: person } : {}),
    };
  if ((riskAcceptedUntilMs ?? 0) <= untilMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', {
      because: 'a duty without a taker needs a date, after the service’s end, until which that is accepted',
    });
  mustSpeakFor(signer, 'customer', 'accept that nobody has a duty');
  return {
    handoverId,
    itemId,
    person,
    ...(riskAcceptedUntilMs === undefined ? {} : { riskAcceptedUntilMs }),
  };
}

/** What keeps a hand-over from being signed, in words. */
export function openOf(
  { standing, nowMs }: Pick<CommandContext, 'standing' | 'nowMs'>,
  handover: HandoverState,
): readonly string[] {
  const entitlement = standing.entitlements.get(handover.entitlementId);
  const ended = entitlement?.toMs !== undefined && entitlement.toMs <= nowMs;
  const untilMs = ended ? nowMs : Math.max(nowMs, handover.effectiveAtMs);
  // Nothing moved, nothing returns; before the end it still may have.
  const returns = entitlement === undefined || everOperational(entitlement) || !ended;
  return [
    ...(returns ? handover.items : [])
      .filter((item) => isOpen(item, untilMs))
      .map(({ duty, controlId }) => `${duty} ${controlId}`),
    ...handover.checklist.filter(({ checkedBy }) => checkedBy === undefined).map(({ text }) => text),
  ];
}

function changeable({ standing }: CommandContext, handoverId: string): HandoverState {
  const handover = standing.handovers.get(handoverId);
  if (handover === undefined) throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', { handoverId });
  if (handover.toMs !== undefined)
    throw handoverErrors.make('ASSURANCE_HANDOVER_CLOSED', { because: 'the notice was withdrawn' });
  if (isSigned(handover))
    throw handoverErrors.make('ASSURANCE_HANDOVER_CLOSED', { because: 'both sides have signed it' });
  return handover;
}

function knows(
  { handoverId }: HandoverState,
  wanted: readonly string[],
  there: readonly { readonly itemId: string }[],
): void {
  const missing = wanted.find((itemId) => !there.some((item) => item.itemId === itemId));
  if (missing !== undefined)
    throw assuranceErrors.make('ASSURANCE_HANDOVER_UNKNOWN', { handoverId: `${handoverId} ${missing}` });
}

function mustSpeakFor(signer: Signer, party: string, what: string): void {
  if (!signer.speaksFor(party)) throw handoverErrors.make('ASSURANCE_PARTY_NOT_YOURS', { party, act: what });
}
