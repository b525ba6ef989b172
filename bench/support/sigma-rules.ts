/** SigmaHQ's rules from the corpora. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import type { RuleFile } from '../../platform/sigma/rules/rules.ts';

const CORPUS = '../shared/corpora/sigma';

export function sigmaHqFiles(): RuleFile[] {
  if (!existsSync(CORPUS)) return [];
  return globSync(`${CORPUS}/rules*/**/*.yml`)
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}
