/** How states look: a word, a colour and a shape together, never colour alone. */
import type { MarkProps } from '@demarc/platform/contract/console';
import type { JobRow, PlannedWork } from '../api.ts';
import { DECISION_WORDS, JOB_WORDS, RESULT_WORDS } from './words.ts';

type Look = Omit<MarkProps, 'word'>;

const DECISIONS: Readonly<Record<PlannedWork['decision'], Look>> = {
  immediate: { colour: 'var(--d-fails)', shape: 'square' },
  'out-of-cycle': { colour: 'var(--d-partly)', shape: 'half' },
  scheduled: { colour: 'var(--d-provider)', shape: 'hollow' },
  defer: { colour: 'var(--d-unknown)', shape: 'dash' },
};
const STATES: Readonly<Record<JobRow['state'], Look>> = {
  resolving: { colour: 'var(--d-unknown)', shape: 'dashed' },
  proposed: { colour: 'var(--d-stale)', shape: 'hollow' },
  declined: { colour: 'var(--d-unknown)', shape: 'dash' },
  held: { colour: 'var(--d-stale)', shape: 'dashed' },
  waiting: { colour: 'var(--d-provider)', shape: 'hollow' },
  running: { colour: 'var(--d-provider)', shape: 'half' },
  ended: { colour: 'var(--d-unknown)', shape: 'full' },
  missed: { colour: 'var(--d-fails)', shape: 'dashed' },
  cancelled: { colour: 'var(--d-unknown)', shape: 'dash' },
  'going-back': { colour: 'var(--d-stale)', shape: 'half' },
  'taken-back': { colour: 'var(--d-unknown)', shape: 'hollow' },
};
const RESULTS: Readonly<Record<NonNullable<JobRow['result']>, Look>> = {
  done: { colour: 'var(--d-holds)', shape: 'full' },
  partly: { colour: 'var(--d-partly)', shape: 'half' },
  failed: { colour: 'var(--d-fails)', shape: 'square' },
  refused: { colour: 'var(--d-fails)', shape: 'hollow' },
  ready: { colour: 'var(--d-provider)', shape: 'hollow' },
};

export const ofDecision = (decision: PlannedWork['decision']): MarkProps => ({
  word: DECISION_WORDS[decision],
  ...DECISIONS[decision],
});
/** How it ended says more than that it did. */
export const ofJob = ({ state, result }: Pick<JobRow, 'state' | 'result'>): MarkProps =>
  state === 'ended' && result !== null
    ? { word: RESULT_WORDS[result], ...RESULTS[result] }
    : { word: JOB_WORDS[state], ...STATES[state] };
