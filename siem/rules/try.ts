/** A rule on some events, without storing either: what it matches, and why. */
import type { RulesTried, TryRules } from '@demarc/platform/contract/detection';
import { evaluate, explain, looksAt, regexes, type SigmaEvent } from '@demarc/platform/sigma';
import type { Siem } from '../siem.ts';
import { explained } from './explained.ts';

const EXPLAINED_MAX = 100;
const MATCHES_MAX = 10_000;

export async function tryRules(siem: Siem, { text, events }: TryRules): Promise<RulesTried> {
  const { detections, refused } = await siem.compiler.compile([{ file: 'tried.yml', text }], undefined);
  const views = events.map((event): SigmaEvent => siem.view.of(event));
  const pairs = views.flatMap((view, event) => detections.map((rule) => ({ rule, view, event })));
  const matches = pairs.filter(
    ({ rule, view }) => looksAt(rule.logsource, view.logsources) && evaluate(rule.condition, view, regexes),
  );
  return {
    refused: refused.slice(0, 100).map(({ line, because }) => ({ line, because })),
    matches: matches.slice(0, MATCHES_MAX).map(({ rule, event }) => ({ event, ruleId: rule.id })),
    explained: pairs.slice(0, EXPLAINED_MAX).map(({ rule, view, event }) => ({
      event,
      ruleId: rule.id,
      tree: explained(explain(rule, view, regexes)),
    })),
  };
}
