/** SigmaHQ's rules from the corpora. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import type { RuleFile } from '../../platform/sigma/rules/rules.ts';
import { smoke } from './measure.ts';

const CORPUS = '../shared/corpora/sigma';

/** All of them; every other one in a smoke run, which is about whether they can be read. */
export function sigmaHqFiles(): RuleFile[] {
  if (!existsSync(CORPUS)) return [];
  return globSync(`${CORPUS}/rules*/**/*.yml`)
    .sort()
    .filter((_, at) => !smoke || at % 2 === 0)
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}
