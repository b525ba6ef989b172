/** How far each duty of a hand-over has come at an instant, and who may sign for which side. */
import type { EntitlementState, HandoverItem, HandoverState } from '../model/standing.ts';

/** `lapsed`: that nobody has it was accepted until a date, and the date has come: it is open again. */
export type HandoverItemState = 'open' | 'proposed' | 'taken' | 'risk-accepted' | 'lapsed';

export function itemState(
  item: Pick<HandoverItem, 'taker' | 'acceptedAtMs' | 'riskAcceptedUntilMs'>,
  t: number,
): HandoverItemState {
  if (item.taker !== undefined) return item.acceptedAtMs === undefined ? 'proposed' : 'taken';
  if (item.riskAcceptedUntilMs === undefined) return 'open';
  return item.riskAcceptedUntilMs > t ? 'risk-accepted' : 'lapsed';
}

/** Without a taker and without an acceptance that reaches beyond `t`. */
export function isOpen(item: HandoverItem, t: number): boolean {
  const state = itemState(item, t);
  return state !== 'taken' && state !== 'risk-accepted';
}

/** What has never been operational has moved nothing, and gives nothing back. */
export function everOperational({ assets }: Pick<EntitlementState, 'assets'>): boolean {
  return [...assets.values()].some(({ operationalAtMs }) => operationalAtMs !== undefined);
}

export type HandoverSide = HandoverState['signatures'][number]['side'];

/** The parties that give the duties up, or that get them; each of them may sign for its side. */
export function partiesOf(
  { direction, items }: Pick<HandoverState, 'direction' | 'items'>,
  side: HandoverSide,
): readonly string[] {
  const tenants = (direction === 'onboarding') === (side === 'releasing');
  const named = items.flatMap(({ from, taker, acceptedAtMs }) =>
    side === 'releasing' ? from.split(', ') : acceptedAtMs === undefined ? [] : [taker ?? ''],
  );
  // One side is the tenant's, whoever else takes part in it; the other is the service's.
  const parties = named.flatMap((party) => party.split('+')).filter((party) => !NOBODY.includes(party));
  if (tenants) return [...new Set(['customer', ...parties])];
  return parties.length === 0 ? ['provider'] : [...new Set(parties)];
}

const NOBODY = ['', 'nobody', 'disputed'];

/** Both sides have signed: what it says is not changed any more. */
export function isSigned({ signatures }: Pick<HandoverState, 'signatures'>): boolean {
  return (
    signatures.some(({ side }) => side === 'releasing') && signatures.some(({ side }) => side === 'receiving')
  );
}
