/** State of a source, and where its records are: shape, word and colour together. */
import type { MarkProps } from '@demarc/platform/contract/console';
import type { Source } from '@demarc/platform/contract/intake';
import { Mark } from '../../parts/marks.tsx';
import { figure, type Part, placesOf } from './sources-view.ts';

const STATES: Readonly<Record<Source['state'], MarkProps>> = {
  disabled: { word: 'Disabled', colour: 'var(--d-unknown)', shape: 'dash' },
  idle: { word: 'Ready', colour: 'var(--d-holds)', shape: 'hollow' },
  carrying: { word: 'Carrying', colour: 'var(--d-holds)', shape: 'full' },
  'store-away': { word: 'Store away', colour: 'var(--d-partly)', shape: 'dashed' },
  failed: { word: 'Failed', colour: 'var(--d-fails)', shape: 'square' },
};

export const SourceMark = ({ state }: Pick<Source, 'state'>) => <Mark {...STATES[state]} />;

/** How each place looks, also without colour. */
const LOOKS: Readonly<Partial<Record<Part['key'], string>>> = {
  stored: 'var(--d-holds)',
  duplicates: 'repeating-linear-gradient(90deg, var(--d-unknown) 0 2px, transparent 2px 5px)',
  quarantined: 'repeating-linear-gradient(45deg, var(--d-nobody) 0 3px, transparent 3px 6px)',
  waiting: 'repeating-linear-gradient(0deg, var(--d-provider) 0 2px, transparent 2px 4px)',
  refused: 'repeating-linear-gradient(-45deg, var(--d-fails) 0 4px, transparent 4px 6px)',
  dropped: 'var(--d-fails)',
};

/** One bar: where every record is that was ever received. */
export function PlacesBar({ accounting }: Pick<Source, 'accounting'>) {
  const places = placesOf(accounting);
  const says = places.map(({ words, count }) => `${figure(count)} ${words}`).join(', ');
  return (
    <div className="d-bar" role="img" aria-label={says === '' ? 'Nothing has been received' : says}>
      {places.map(({ key, count }) => (
        <i key={key} style={{ flexGrow: count, background: LOOKS[key] }} />
      ))}
    </div>
  );
}

export function PlacesLegend({ accounting }: Pick<Source, 'accounting'>) {
  return (
    <ul className="d-legend">
      {placesOf(accounting).map(({ key, words, count }) => (
        <li key={key} className="d-share">
          <i style={{ background: LOOKS[key] }} aria-hidden="true" />
          {figure(count)} {words}
        </li>
      ))}
    </ul>
  );
}
