/** Rules with the samples that stand beside them: `rule.samples.jsonl`, a line for each. */
import { existsSync, readFileSync } from 'node:fs';
import { evaluate, looksAt, regexes } from '@demarc/platform/sigma';
import { type EventView, normalise, readRules } from '@demarc/siem/detection';
import * as z from 'zod';

const Sample = z.looseObject({
  match: z.boolean(),
  /** An event as it is, … */
  event: z.record(z.string(), z.unknown()).optional(),
  /** … or records as their source sends them. */
  records: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  says: z.string().optional(),
});

export interface SampleLine {
  readonly file: string;
  readonly line: number;
  readonly expected: boolean;
  readonly outcome: 'passed' | 'failed' | 'unreadable';
  readonly because: string | null;
}

/** Of one rule file. Correlations are judged by their own suite, for what they need is many events. */
export function runSamples(ruleFile: string, view: EventView): readonly SampleLine[] {
  const file = ruleFile.replace(/\.ya?ml$/, '.samples.jsonl');
  if (!existsSync(file)) return [];
  const { detections, refused } = readRules(
    [{ file: ruleFile, text: readFileSync(ruleFile, 'utf8') }],
    undefined,
  );
  const problem = refused[0]?.because;
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index): readonly SampleLine[] => {
      if (text.trim() === '') return [];
      const at = { file, line: index + 1 };
      const read = Sample.safeParse(parsed(text));
      if (!read.success)
        return [{ ...at, expected: false, outcome: 'unreadable', because: z.prettifyError(read.error) }];
      const { match, event, records, says = null } = read.data;
      if (problem !== undefined) return [{ ...at, expected: match, outcome: 'failed', because: problem }];
      const events = event === undefined ? [] : [view.of(event)];
      for (const record of records ?? [])
        events.push(
          view.ofOcsf(normalise(record, { uid: 'sample', receivedAtMs: Date.now(), peer: undefined }).event),
        );
      const matches = events.some((seen) =>
        detections.some(
          (rule) => looksAt(rule.logsource, seen.logsources) && evaluate(rule.condition, seen, regexes),
        ),
      );
      return [{ ...at, expected: match, outcome: matches === match ? 'passed' : 'failed', because: says }];
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
