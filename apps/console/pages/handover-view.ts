/** What the pages about services and hand-overs say, worked out without a browser. */
import type {
  Handover,
  HandoverItem,
  Outlook,
  RiskOutlook,
} from '@demarc/platform/contract/assurance/handover';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** `in 12 days`, `in 5 h`, `3 days ago`: how much time is left, or by how much it has passed. */
export function countdown(at: string, nowMs: number): string {
  const leftMs = Date.parse(at) - nowMs;
  const span = spanOf(Math.abs(leftMs));
  return leftMs >= 0 ? `in ${span}` : `${span} ago`;
}

function spanOf(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} days`;
  if (ms >= 2 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.max(1, Math.round(ms / 60_000))} min`;
}

/** 00:00 UTC of a day as a date field gives it; undefined for what is no day, or is not to come. */
export function instantOfDay(day: string, nowMs: number): string | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00.000Z`) : Number.NaN;
  return Number.isNaN(at) || at <= nowMs ? undefined : new Date(at).toISOString();
}

export const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(1)} %`;

/** `+3.2 points` against the first one; nothing for the first. */
export function difference(outlook: readonly Outlook[], at: number): string {
  const [first] = outlook;
  const score = outlook[at]?.score ?? null;
  if (at === 0 || first === undefined || first.score === null || score === null) return '';
  const points = (score - first.score) * 100;
  if (Math.abs(points) < 0.05) return 'no change';
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points`;
}

export const changing = (risks: readonly RiskOutlook[]): readonly RiskOutlook[] =>
  risks.filter(({ residual }) => new Set(residual).size > 1);

const ITEM_WORDS: Readonly<Record<HandoverItem['state'], string>> = {
  open: 'Open: nobody takes it yet',
  proposed: 'Proposed, not accepted',
  taken: 'Taken',
  'risk-accepted': 'Nobody’s, accepted',
  lapsed: 'Open again: the date has passed',
};
export const itemWord = ({ state }: Pick<HandoverItem, 'state'>): string => ITEM_WORDS[state];

const STATE_WORDS: Readonly<Record<Handover['state'], string>> = {
  open: 'Open',
  'ready-to-sign': 'Ready to sign',
  complete: 'Complete',
  withdrawn: 'Withdrawn',
};

export const stateWord = (state: Handover['state']): string => STATE_WORDS[state];

/** Why it is in its state. */
export function whyOf(handover: Handover): string {
  switch (handover.state) {
    case 'open':
      return `${handover.open.length} open: ${handover.open.slice(0, 3).join(', ')}`;
    case 'ready-to-sign': {
      const missing = (['releasing', 'receiving'] as const).filter(
        (side) => !handover.signatures.some((signed) => signed.side === side),
      );
      return `the ${missing.join(' and the ')} side has not signed`;
    }
    case 'complete':
      return 'settled, ticked and signed by both sides';
    case 'withdrawn':
      return 'the notice was withdrawn';
  }
}

/** When the duties move, in words. */
export function whenOf(
  { direction, effectiveAt, ended, operationalCount, assets }: Handover,
  nowMs: number,
): string {
  if (direction === 'onboarding') return `operational on ${operationalCount} of ${assets.total}`;
  return ended ? `ended ${countdown(effectiveAt, nowMs)}` : countdown(effectiveAt, nowMs);
}

/** An end whose date has passed and that nobody has confirmed. */
export const isOverdue = ({ direction, state, ended, effectiveAt }: Handover, nowMs: number): boolean =>
  direction === 'offboarding' && state !== 'withdrawn' && !ended && Date.parse(effectiveAt) < nowMs;
