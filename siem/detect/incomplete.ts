import type { Analytic } from './finding.ts';

/**
 * An event on which the rules could not be evaluated to their end. Whoever can write a log line can make one
 * that costs more than any event may, or holds more than is looked at; that it was not judged is then what there is to
 * know.
 */
export const INCOMPLETE: Analytic = {
  id: '5f3f5b5e-7c55-4c0a-9f0f-2f6b5e0f6c01',
  title: 'Evaluation incomplete',
  description:
    'The event holds more than rules look at, or the work that one event may cost was used up before every rule had been evaluated on it. Events are made like this to hide something, or to keep the detection busy: look at the event itself.',
  level: 'medium',
  tags: ['attack.defense-evasion', 'attack.t1562'],
};
