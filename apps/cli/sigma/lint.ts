/** Rules of a path: what becomes of each, and of their samples. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type LintLine, lintLines } from '@demarc/platform/sigma';
import { linkCorrelations } from '@demarc/platform/sigma/correlation';
import {
  type CompiledRules,
  compileHere,
  readRules,
  type SampleResult,
  sampleRunner,
} from '@demarc/siem/detection';
import { readRulePath } from './rule-files.ts';

/** One line per rule, by file and place. */
export function lintRules(path: string): readonly LintLine[] {
  const files = readRulePath(path);
  const read = readRules(files, undefined);
  const linked = linkCorrelations(read.correlations, read.detections);
  const gone = new Set(linked.refused.map(({ rule }) => rule));
  const refused = linked.refused.map(
    ({ rule: { file, line, id, title }, refused: { code, because, line: at = line } }) => ({
      file,
      line: at,
      kind: 'correlation' as const,
      id,
      title,
      code,
      because,
    }),
  );
  return [
    ...lintLines({
      detections: read.detections,
      correlations: read.correlations.filter((rule) => !gone.has(rule)),
      filters: read.filters,
      refused: [...read.refused, ...refused],
    }),
  ];
}

export async function compileRules(path: string): Promise<CompiledRules> {
  return compileHere(readRulePath(path), undefined);
}

export async function testRules(
  path: string,
): Promise<{ readonly lines: readonly SampleResult[]; readonly without: number }> {
  const isDirectory = statSync(path).isDirectory();
  const rules = await compileRules(path);
  const run = sampleRunner(rules);
  let without = 0;
  const lines = rules.files.flatMap(({ file }) => {
    const samples = file.replace(/\.ya?ml$/, '.samples.jsonl');
    const found = run(file, isDirectory ? join(path, samples) : samples);
    if (found.length === 0) without += 1;
    return found;
  });
  return { lines, without };
}
