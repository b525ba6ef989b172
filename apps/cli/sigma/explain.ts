import type { Explained } from '@demarc/platform/contract/detection';
import { evaluate, explain, looksAt, regexes } from '@demarc/platform/sigma';
import { eventView, explained, readRules } from '@demarc/siem/detection';
import { cliErrors } from '../errors.ts';
import { type Format, readEvents } from './events.ts';
import { readRulePath } from './rule-files.ts';

export interface ExplainedRule {
  readonly rule: string;
  readonly title: string;
  readonly event: number;
  readonly matches: boolean;
  /** False when the event is of another log source: then the rule never looks at it. */
  readonly looksAt: boolean;
  readonly tree: Explained;
  readonly words: string;
}

/** @throws CLI_FILE_UNREADABLE, CLI_USAGE */
export async function explainRule(
  ruleFile: string,
  of: { readonly file: string; readonly format: Format; readonly index: number },
): Promise<readonly ExplainedRule[]> {
  const { detections, refused } = readRules(readRulePath(ruleFile), undefined);
  const [problem] = refused;
  if (problem !== undefined)
    throw cliErrors.make('CLI_USAGE', { because: `${problem.file}:${problem.line}: ${problem.because}` });
  for await (const { index, event } of readEvents({ ...of, view: eventView(), onProblem: () => undefined })) {
    if (index !== of.index) continue;
    return detections.map((rule) => {
      const isLookedAt = looksAt(rule.logsource, event.logsources);
      const tree = explained(explain(rule, event, regexes));
      const matches = isLookedAt && evaluate(rule.condition, event, regexes);
      const head = isLookedAt ? '' : '  the event is of another log source: the rule does not look at it\n';
      const words = `${head}${inLines(tree, 1)}`;
      return { rule: rule.id, title: rule.title, event: index, matches, looksAt: isLookedAt, tree, words };
    });
  }
  throw cliErrors.make('CLI_USAGE', { because: `${of.file} has no event ${of.index}` });
}

function inLines(tree: Explained, depth: number): string {
  const mark = `${'  '.repeat(depth)}${tree.holds ? '✔' : '✘'}`;
  if (tree.op === 'test') {
    const held =
      tree.values.length === 0 ? 'nothing' : tree.values.map((value) => JSON.stringify(value)).join(', ');
    return `${mark} ${tree.field ?? 'any field'} ${tree.says}: ${held}`;
  }
  return [`${mark} ${tree.op}`, ...tree.of.map((part) => inLines(part, depth + 1))].join('\n');
}
