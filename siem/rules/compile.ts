/** Compiles rules in this thread: for few rules, tests, and the worker that does it for many. */
import {
  type CorrelationRule,
  compileEngine,
  compileTables,
  correlationParser,
  loadRules,
  type Refusal,
  type RuleMemory,
  type Tables,
} from '@demarc/platform/sigma';
import { ALL_RECOGNITIONS } from '../detect/view.ts';
import type { CompiledRules, Compiler, SourceFile } from './compiler.ts';

export const compileHere: Compiler['compile'] = async (files, beside) => {
  const read = readRules(files, beside);
  return { ...read, engine: compileEngine(read.detections, { recognitions: ALL_RECOGNITIONS }) };
};

/** What a worker can hand over. */
export interface CompiledTables {
  readonly read: Omit<CompiledRules, 'engine' | 'files'>;
  readonly tables: Tables;
}

export function tablesOf(
  files: readonly SourceFile[],
  beside: Parameters<Compiler['compile']>[1],
  memory?: RuleMemory<CorrelationRule>,
): CompiledTables {
  const { files: _, ...read } = readRules(files, beside, memory);
  return { read, tables: compileTables(read.detections, { recognitions: ALL_RECOGNITIONS }) };
}

/** All but the engine. */
export function readRules(
  files: readonly SourceFile[],
  beside: Parameters<Compiler['compile']>[1],
  memory?: RuleMemory<CorrelationRule>,
): Omit<CompiledRules, 'engine'> {
  const loaded = loadRules<CorrelationRule>(files, {
    parseCorrelation: correlationParser,
    ...(memory === undefined ? {} : { memory }),
  });
  const taken = new Map(
    [...(beside?.detections ?? []), ...(beside?.correlations ?? [])].map((rule) => [rule.id, rule]),
  );
  const refused: Refusal[] = [...loaded.refused];
  const isFree = (rule: CorrelationRule | (typeof loaded.detections)[number]): boolean => {
    const other = taken.get(rule.id);
    if (other === undefined) return true;
    const because = `The id is that of ${JSON.stringify(other.title)}, which is in force already; give the rule one of its own.`;
    refused.push({ ...placeOf(rule), code: 'duplicate-id', because });
    return false;
  };
  const detections = loaded.detections.filter(isFree);
  const correlations = loaded.correlations.filter(isFree);
  return { files, detections, correlations, filters: loaded.filters, refused };
}

function placeOf({ file, line, id, title }: { file: string; line: number; id: string; title: string }) {
  return { file, line, id, title };
}
