/** Level of a rule or finding, and where a rule stands: shape, word and colour together, never colour alone. */
import type { MarkProps } from '@demarc/platform/contract/console';
import { RuleLevel } from '@demarc/platform/contract/detection';
import { Mark } from '../../parts/marks.tsx';
import { type Attack, attackPage, attackWords } from './attack-view.ts';
import type { Standing } from './rules-view.ts';

const WORDS: Readonly<Record<RuleLevel, string>> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

export const levelWord = (level: RuleLevel): string => WORDS[level];

/** As many bars as the level is high, of five. */
export function LevelMark({ level }: { readonly level: RuleLevel | undefined }) {
  if (level === undefined) return <span className="d-quiet">no level</span>;
  const rank = RuleLevel.options.indexOf(level);
  return (
    <span className="d-mark" style={{ color: `var(--d-level-${level})` }}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
        {RuleLevel.options.map((each, bar) => (
          <rect
            key={each}
            x={bar * 3}
            y={10 - bar * 2.4}
            width="2"
            height={2 + bar * 2.4}
            fill="currentColor"
            opacity={bar <= rank ? 1 : 0.22}
          />
        ))}
      </svg>
      {WORDS[level]}
    </span>
  );
}

const STANDINGS: Readonly<Record<Standing, MarkProps>> = {
  fires: { word: 'Fires', colour: 'var(--d-holds)', shape: 'full' },
  quiet: { word: 'Can fire', colour: 'var(--d-provider)', shape: 'hollow' },
  never: { word: 'Cannot fire', colour: 'var(--d-partly)', shape: 'dashed' },
  off: { word: 'Switched off', colour: 'var(--d-unknown)', shape: 'dash' },
  refused: { word: 'Refused', colour: 'var(--d-fails)', shape: 'square' },
};

export const StandingMark = ({ is }: { readonly is: Standing }) => <Mark {...STANDINGS[is]} />;

/** A technique or tactic by id and name, with the way to MITRE's page and to what else is of it. */
export function AttackList({
  attacks,
  onFilter,
}: {
  readonly attacks: readonly Attack[];
  readonly onFilter?: ((uid: string) => void) | undefined;
}) {
  if (attacks.length === 0) return <span className="d-quiet">The rule names none.</span>;
  return (
    <ul className="d-plain">
      {attacks.map((attack) => (
        <li key={attack.uid}>
          <a href={attackPage(attack.uid)} target="_blank" rel="noreferrer">
            {attackWords(attack)}
          </a>
          {attack.tactic === undefined ? null : <span className="d-quiet"> for {attack.tactic}</span>}
          {onFilter === undefined ? null : (
            <>
              {' '}
              <button
                type="button"
                className="d-link"
                aria-label={`others of ${attack.uid}`}
                onClick={() => onFilter(attack.uid)}
              >
                others
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
