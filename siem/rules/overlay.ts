/**
 * What a tenant changes of a rule without changing the rule: off, another level, so many before it counts, and
 * events that it is not about here. Judged after the rule has matched, so that it costs nothing where nothing
 * matches, and so that a change holds at once without anything being compiled.
 */
import type { RuleLevel, RuleThreshold } from '@demarc/platform/contract/detection';
import {
  type Condition,
  evaluate,
  loadRules,
  type RegexSource,
  type SigmaEvent,
} from '@demarc/platform/sigma';
import { ruleErrors } from './errors.ts';

export interface StoredException {
  readonly exceptionId: string;
  readonly title: string;
  readonly reason: string;
  /** YAML, as below `detection:` in a rule. */
  readonly detection: string;
  readonly untilMs: number | null;
  readonly by: string;
  readonly atMs: number;
}

export interface StoredOverlay {
  readonly enabled: boolean;
  readonly level: RuleLevel | null;
  readonly threshold: RuleThreshold | null;
  readonly exceptions: readonly StoredException[];
  readonly reason: string;
}

interface Exception {
  readonly exceptionId: string;
  readonly untilMs: number;
  readonly condition: Condition;
}

export interface Overlay {
  readonly stored: StoredOverlay;
  readonly version: number;
  readonly by: string;
  readonly atMs: number;
  readonly exceptions: readonly Exception[];
}

/** By exception: matches that it kept from being findings. */
export type HeldBack = Map<string, number>;

/** @throws RULE_EXCEPTION_INVALID */
export function compileOverlay(
  stored: StoredOverlay,
  of: { readonly version: number; readonly by: string; readonly atMs: number },
): Overlay {
  return {
    stored,
    ...of,
    exceptions: stored.exceptions.map((exception) => ({
      exceptionId: exception.exceptionId,
      untilMs: exception.untilMs ?? Number.POSITIVE_INFINITY,
      condition: conditionOf(exception),
    })),
  };
}

/**
 * Whether a match stays one.
 *
 * @param nowMs an exception that is over by then hides nothing
 */
export function stands(
  overlay: Overlay,
  event: SigmaEvent,
  nowMs: number,
  regexes: RegexSource,
  heldBack: HeldBack,
): boolean {
  if (!overlay.stored.enabled) return false;
  for (const { exceptionId, untilMs, condition } of overlay.exceptions) {
    if (nowMs >= untilMs || !evaluate(condition, event, regexes)) continue;
    heldBack.set(exceptionId, (heldBack.get(exceptionId) ?? 0) + 1);
    return false;
  }
  return true;
}

/** The searches of an exception, read as those of a rule. */
function conditionOf({ title, detection }: Pick<StoredException, 'title' | 'detection'>): Condition {
  const indented = detection.replaceAll(/^/gm, '  ');
  const text = `title: exception\nlogsource:\n  category: exception\ndetection:\n${indented}\n`;
  const { detections, refused } = loadRules([{ file: 'exception.yml', text }]);
  const [rule] = detections;
  const [problem] = refused;
  if (rule === undefined || problem !== undefined || detections.length > 1)
    throw ruleErrors.make('RULE_EXCEPTION_INVALID', {
      title,
      because: problem?.because ?? 'it is not one search',
    });
  return rule.condition;
}
