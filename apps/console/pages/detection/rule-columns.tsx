/** The columns of the table of rules. */
import type { Column } from '@demarc/platform/contract/console';
import type { RuleSummary } from '@demarc/platform/contract/detection';
import { Instant } from '../../parts/parts.tsx';
import { attacksOfTags } from './attack-view.ts';
import { LevelMark, StandingMark } from './marks.tsx';
import { ORIGIN_WORDS } from './rule-words.ts';
import { sourceWords, standingOf } from './rules-view.ts';

/** @param firedDays over which `firedCount` counts */
export function columnsOf(firedDays: number): readonly Column<RuleSummary>[] {
  return [
    {
      key: 'title',
      title: 'Rule',
      width: 'minmax(13rem, 1.8fr)',
      render: ({ title, kind, isTuned }) => (
        <>
          {title} {kind === 'detection' ? null : <span className="d-tag">{kind}</span>}{' '}
          {isTuned ? <span className="d-tag">tuned</span> : null}
        </>
      ),
    },
    { key: 'level', title: 'Level', width: '9.8rem', render: ({ level }) => <LevelMark level={level} /> },
    {
      key: 'source',
      title: 'Log source',
      width: 'minmax(9.5rem, 1fr)',
      render: ({ logsource }) => sourceWords(logsource),
    },
    {
      key: 'attack',
      title: 'ATT&CK',
      width: '7rem',
      render: ({ tags }) => <span className="d-mono">{attacksOfTags(tags).techniques.join(' ')}</span>,
    },
    {
      key: 'fired',
      title: `Fired ${firedDays} d`,
      width: '8rem',
      render: ({ firedCount, lastFiredAt }) =>
        firedCount === 0 ? (
          <span className="d-quiet">0</span>
        ) : (
          <>
            {firedCount}, <Instant at={lastFiredAt} />
          </>
        ),
    },
    { key: 'origin', title: 'From', width: '6.2rem', render: ({ origin }) => ORIGIN_WORDS[origin] },
    {
      key: 'state',
      title: 'State',
      width: 'minmax(16rem, 2fr)',
      render: (rule) => {
        const { is, because } = standingOf(rule);
        return (
          <>
            <StandingMark is={is} />{' '}
            <span className="d-quiet" title={because}>
              {because}
            </span>
          </>
        );
      },
    },
  ];
}
