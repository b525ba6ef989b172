/**
 * Door: pairs of rules and events with the verdict that an engine has to come to, worked out by the oracle.
 *
 * Deterministic: the same seed, the same pairs. Consecutive rules go through every modifier in every legal
 * combination (`chains.ts`), so a few thousand pairs cover all of them.
 */
import type { SigmaEvent } from '../event.ts';
import { oracleFor } from '../oracle/oracle.ts';
import { mutated } from './mutations.ts';
import { Random } from './random.ts';
import { generateRule } from './rules.ts';
import { CONFORMANCE_PLACEHOLDERS } from './vocabulary.ts';

export { CONFORMANCE_PLACEHOLDERS };

export interface ConformancePair {
  /** One detection rule, sometimes with a filter for it; with `CONFORMANCE_PLACEHOLDERS`. */
  readonly ruleText: string;
  readonly event: SigmaEvent;
  readonly expected: boolean;
}

const EVENTS_PER_RULE = 10;

export function* conformancePairs(seed: number, count: number): Iterable<ConformancePair> {
  const random = new Random(seed);
  let made = 0;
  for (let turn = 0; made < count; turn += 1) {
    const rule = generateRule(turn, random);
    const [oracle] = oracleFor(rule.text, CONFORMANCE_PLACEHOLDERS);
    if (oracle === undefined) throw new Error('a generated rule is no rule');
    for (let at = 0; at < EVENTS_PER_RULE && made < count; at += 1) {
      const likely = rule.event(random);
      const fields = random.isLucky(0.4) ? mutated(likely, random) : likely;
      const event: SigmaEvent = { logsources: [], fields };
      made += 1;
      yield { ruleText: rule.text, event, expected: oracle(event) };
    }
  }
}
