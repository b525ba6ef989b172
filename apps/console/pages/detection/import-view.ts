/** Rule files on their way to the server: which are taken, in which order, in how many requests. Pure. */
import {
  type ImportedRule,
  RULE_BODY_BYTES_MAX,
  RULE_FILE_CHARACTERS_MAX,
  RULE_FILES_MAX,
  type RulesImported,
} from '@demarc/platform/contract/detection';
import type * as z from 'zod';

export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

export type Imported = z.infer<typeof ImportedRule>;
export type ImportedRules = z.infer<typeof RulesImported>;

/** What a body has beside its files. */
const BODY_BYTES_AROUND = 1_024;
const NAME_CHARACTERS_MAX = 512;

export const isRuleFile = (name: string): boolean => /\.ya?ml$/i.test(name);

/** Those that the server would not take as they are, with the reason; they are shown beside what it refuses. */
export function refusedHere(files: readonly RuleFile[]): readonly Imported[] {
  return files.flatMap(({ file, text }) => {
    const because =
      text.length > RULE_FILE_CHARACTERS_MAX
        ? `The file has ${text.length} characters; ${RULE_FILE_CHARACTERS_MAX} are taken.`
        : file.length > NAME_CHARACTERS_MAX
          ? `Its path has ${file.length} characters; ${NAME_CHARACTERS_MAX} are taken.`
          : undefined;
    return because === undefined
      ? []
      : [
          {
            file: file.slice(0, NAME_CHARACTERS_MAX),
            line: 1,
            ruleId: null,
            title: null,
            outcome: 'refused' as const,
            because,
          },
        ];
  });
}

/**
 * Requests within the API's bounds. What refers to other rules (correlations, filters) comes last, so that what
 * it refers to is there already.
 */
export function chunksOf(files: readonly RuleFile[]): readonly (readonly RuleFile[])[] {
  const taken = files.filter(
    ({ file, text }) => text.length <= RULE_FILE_CHARACTERS_MAX && file.length <= NAME_CHARACTERS_MAX,
  );
  const refers = ({ text }: RuleFile): boolean => /^(?:correlation|filter)\s*:/m.test(text);
  const chunks: RuleFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of [...taken.filter((each) => !refers(each)), ...taken.filter(refers)]) {
    const own = encoder.encode(JSON.stringify(file)).length + 1;
    if (bytes + own > RULE_BODY_BYTES_MAX - BODY_BYTES_AROUND || chunks.at(-1)?.length === RULE_FILES_MAX) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(file);
    bytes += own;
  }
  return chunks;
}

const encoder = new TextEncoder();

export const NOTHING: ImportedRules = {
  rules: [],
  newCount: 0,
  changedCount: 0,
  unchangedCount: 0,
  refusedCount: 0,
};
export function added(a: ImportedRules, b: ImportedRules): ImportedRules {
  return {
    rules: [...a.rules, ...b.rules],
    newCount: a.newCount + b.newCount,
    changedCount: a.changedCount + b.changedCount,
    unchangedCount: a.unchangedCount + b.unchangedCount,
    refusedCount: a.refusedCount + b.refusedCount,
  };
}

/** Refused first: they are what somebody must do something about. */
const ORDER: readonly Imported['outcome'][] = ['refused', 'changed', 'new', 'unchanged'];

export function inOrder(rules: readonly Imported[]): readonly Imported[] {
  return rules.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
}

/** `3 new, 1 changed, 0 unchanged, 2 refused`. */
export function importWords({ newCount, changedCount, unchangedCount, refusedCount }: ImportedRules): string {
  return `${newCount} new, ${changedCount} changed, ${unchangedCount} unchanged, ${refusedCount} refused`;
}
