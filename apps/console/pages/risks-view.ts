/** What the risk page works out by itself: pure. */
import type { RiskRow, Risks } from '@demarc/platform/contract/assurance/workbook';
import type { PageSearch } from '../app/page-search.ts';

/** `4 × 5 = 20 (4.0 of 5)`: both scales. */
export const scoreText = ({ likelihood, impact, score, sourceScore }: RiskRow['inherent']): string =>
  `${likelihood} × ${impact} = ${score} (${sourceScore.toFixed(1)} of 5)`;

export type Band = 'low' | 'moderate' | 'high' | 'very-high';

/** Of the field, on the scale 1 to 25; the words are NIST SP 800-30's. */
export function bandOf(score: number): Band {
  if (score >= 15) return 'very-high';
  if (score >= 10) return 'high';
  return score >= 5 ? 'moderate' : 'low';
}

export const BAND_WORDS: Readonly<Record<Band, string>> = {
  low: 'Low',
  moderate: 'Moderate',
  high: 'High',
  'very-high': 'Very high',
};

/** The heat map’s fields as rows of a table, likelihood 5 first. */
export function heatRows(heat: Risks['heat']): readonly (readonly Risks['heat'][number][])[] {
  return [5, 4, 3, 2, 1].map((likelihood) =>
    heat.filter((field) => field.likelihood === likelihood).toSorted((a, b) => a.impact - b.impact),
  );
}

export function risksOf(risks: readonly RiskRow[], search: PageSearch): readonly RiskRow[] {
  const words = (search['text'] ?? '').toLowerCase();
  const keep = FILTERS[search['show'] ?? 'open']?.[1] ?? (() => true);
  return risks.filter(
    (risk) =>
      keep(risk) &&
      `${risk.riskId} ${risk.title} ${risk.scenario} ${risk.owner}`.toLowerCase().includes(words),
  );
}

export const FILTERS: Readonly<Record<string, readonly [string, (risk: RiskRow) => boolean]>> = {
  open: ['Open', ({ state }) => state === 'open'],
  above: ['Above the appetite', ({ aboveAppetite }) => aboveAppetite],
  tasks: ['To be decided', ({ tasks }) => tasks.length > 0],
  closed: ['Closed', ({ state }) => state === 'closed'],
};

/** The controls that would lower it, most first; those whose steps are not yet taken off and would change the score. */
export function wouldHelp(risk: RiskRow): readonly RiskRow['mitigations'][number][] {
  return risk.mitigations
    .filter(({ scoreIfHeld }) => scoreIfHeld !== null && scoreIfHeld < risk.residual.score)
    .toSorted((a, b) => (a.scoreIfHeld ?? 0) - (b.scoreIfHeld ?? 0));
}
