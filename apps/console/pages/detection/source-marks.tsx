/** State of a source, and where its records are: shape, word and colour together. */
import type { Source } from '@demarc/platform/contract/intake';
import { figure, type Part, placesOf } from './sources-view.ts';

const STATES: Readonly<Record<Source['state'], readonly [word: string, colour: string]>> = {
  disabled: ['Disabled', 'var(--d-unknown)'],
  idle: ['Ready', 'var(--d-holds)'],
  carrying: ['Carrying', 'var(--d-holds)'],
  'store-away': ['Store away', 'var(--d-partly)'],
  failed: ['Failed', 'var(--d-fails)'],
};

export function SourceMark({ state }: { readonly state: Source['state'] }) {
  const [word, colour] = STATES[state];
  return (
    <span className="d-mark" style={{ color: colour }}>
      <svg
        width="12"
        height="12"
        viewBox="0 0 12 12"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
      >
        {state === 'idle' ? <circle cx="6" cy="6" r="5" /> : null}
        {state === 'carrying' ? <circle cx="6" cy="6" r="5" fill="currentColor" stroke="none" /> : null}
        {state === 'store-away' ? <circle cx="6" cy="6" r="5" strokeDasharray="2.6 2" /> : null}
        {state === 'failed' ? (
          <rect x="1" y="1" width="10" height="10" fill="currentColor" stroke="none" />
        ) : null}
        {state === 'disabled' ? <path d="M1 6h10" /> : null}
      </svg>
      {word}
    </span>
  );
}

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
