/** What the stack page works out from what the server says: slider positions and areas. Pure. */
import type { Stack, Timeline } from '@demarc/platform/contract/assurance/responsibility';

export type StackCell = Stack['layers'][number]['cells'][number];

/** The point that an instant is at or after; the last one is now. */
export function positionOf(timeline: Timeline, asOf: string | undefined): number {
  const last = timeline.points.length - 1;
  if (asOf === undefined) return last;
  const at = Date.parse(asOf);
  const found = timeline.points.findLastIndex((point) => Date.parse(point.at) <= at);
  return Math.max(0, found);
}

/** Undefined, which is now, for the last position. */
export function asOfAt(timeline: Timeline, position: number): string | undefined {
  return position >= timeline.points.length - 1 ? undefined : timeline.points[position]?.at;
}

export interface Area {
  readonly owner: string;
  /** SVG path, in the given width and height. */
  readonly path: string;
}

/** Stacked areas with steps: a duty is with one party until it is with another, never half way between. */
export function areasOf(timeline: Timeline, width: number, height: number): readonly Area[] {
  const { points, owners } = timeline;
  const most = Math.max(1, ...points.map(({ duties }) => duties.reduce((sum, count) => sum + count, 0)));
  const x = (index: number): number => (points.length < 2 ? 0 : (index * width) / (points.length - 1));
  const y = (count: number): number => height - (count * height) / most;
  const round = (value: number): string => value.toFixed(1);
  return owners.map((owner, place) => {
    const below = points.map(({ duties }) => sum(duties.slice(0, place)));
    const above = points.map(({ duties }) => sum(duties.slice(0, place + 1)));
    const upper = above.map((count, index) =>
      index === 0 ? `M0,${round(y(count))}` : `H${round(x(index))}V${round(y(count))}`,
    );
    // Back along the lower edge, from the right: down at each step, then left to where it began.
    const lower = below
      .map((count, index) => `V${round(y(count))}${index === points.length - 1 ? '' : `H${round(x(index))}`}`)
      .reverse();
    return { owner, path: `${[...upper, ...lower].join('')}Z` };
  });
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** The first sentence of why, for hover and focus: `Provider, because …`. */
export function whyOfCell(cell: StackCell, nameOf: (party: string | null, state: string) => string): string {
  if (cell.dutyCount === 0) return 'No control of this layer applies here.';
  return cell.shares
    .map(({ party, state, because }) => `${nameOf(party, state)}, because ${because[0]?.text ?? ''}.`)
    .join(' ');
}
